"""Every command of README and docs/ is run: the set-up ones by CI, the others here, made small."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from stylenet.app import site
from stylenet.cli import main

ROOT = Path(__file__).parents[1]
PAGES = {
    file.relative_to(ROOT).as_posix(): file.read_text()
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}


def blocks(language: str) -> list[str]:
    """The code blocks of all pages in ``language``."""
    pattern = re.compile(rf"```{language}\n(.*?)```", re.DOTALL)
    return [block for page in PAGES.values() for block in pattern.findall(page)]


# once each: README's recipes also stand in the pages that they lead to
COMMANDS = list(dict.fromkeys(line for b in blocks("sh") for line in b.splitlines() if line))
SET_UP = "python3 -m venv .uv && .uv/bin/pip install -q uv && .uv/bin/uv run "
RUN = "runs/2026-01-01_12-00-00_udnie-3f2a"
BANK = "runs/2026-01-01_12-00-00_four-styles"
PIXELS = {f"task={name}" for name in ("gatys", "texture", "invert", "pyramid", "sketch")}
WHOLE = {
    "recipe=pytorch_examples",
    "recipe=engstrom2016",
    "style_size=whole",
}  # own size
Script = Callable[..., int]
pytestmark = pytest.mark.usefixtures("drawn_once")


def test_the_two_commands_are_those_of_ci_and_of_a_newcomer() -> None:
    set_up = [command for command in COMMANDS if command.startswith(SET_UP)]
    assert set_up == [
        SET_UP + "python train.py style=udnie norm=instance",
        SET_UP + "pytest",
    ]
    assert "grep -m1 'uv run pytest' README.md" in (ROOT / ".ci" / "run").read_text()


@pytest.fixture
def place(
    script: Script,
    photos: Path,
    own_parts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A working directory with the folders and files that the pages name."""
    for photo in sorted(photos.iterdir())[4:]:  # each that is evaluated takes a while
        photo.unlink()
    shutil.copy(photos / "00.jpg", photos / "me.jpg")
    styles = tmp_path / "styles"
    styles.mkdir()
    for name in ("udnie", "wave", "the_scream", "starry_night"):
        shutil.copy(photos / "01.jpg", styles / f"{name}.jpg")
    monkeypatch.setenv("STYLENET_STYLES", str(styles))
    shutil.copytree(photos, tmp_path / "photos_val")
    write_coco(photos, tmp_path / "coco")
    for name, of in (("map", photos / "me.jpg"), ("style_map", styles / "wave.jpg")):
        with Image.open(of) as picture:
            half = Image.new("RGB", picture.size, "red")
        half.paste((0, 0, 255), (0, 0, half.width // 2, half.height))
        half.save(tmp_path / f"{name}.png")
    drawing = Image.new("L", (96, 96), 255)
    ImageDraw.Draw(drawing).ellipse((16, 24, 80, 72), outline=0, width=2)
    drawing.save(tmp_path / "drawing.png")
    return tmp_path


def write_coco(photos: Path, folder: Path) -> None:
    """``photos`` as COCO's archives for 2017 unpack."""
    names = sorted(photo.name for photo in photos.iterdir())
    listing = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    (folder / "annotations").mkdir(parents=True)
    for split in ("train2017", "val2017"):
        shutil.copytree(photos, folder / split)
        file = folder / "annotations" / f"instances_{split}.json"
        file.write_text(json.dumps({"images": listing, "annotations": [], "categories": []}))


def small(arguments: list[str]) -> list[str]:
    """What is added to a command of README, so that it takes a second."""
    if PIXELS & set(arguments):
        sizes = [a for a in arguments if a.startswith("content_size.")]
        small_sizes = [f"{a.partition('=')[0]}=48" for a in sizes] or ["content_size.px=48"]
        rest = [a for a in arguments if a not in sizes]
        return [*rest, *small_sizes, "style_size.px=48", "logger=none", "trainer.max_steps=2"]
    if "task=texture_net" in arguments:
        sizes = ["data.size=48", "data.val_size=48", "data.val_count=2", "style_size.px=48"]
        return [*arguments, *sizes, "logger=none", "trainer.max_steps=1"]
    added = ["data.size=48", "data.val_size=48", "data.batch_size=2", "data.num_workers=0"]
    if "task=distill" in arguments:
        widths = "student.net.widths=[[4,4],[4,4],[4,4],[6,6],[8]]"
        teacher = "loss_network/weights@teacher.weights=random"
        return [*arguments, *added, widths, teacher, "logger=none", "trainer.max_steps=1"]
    added += ["net.width=0.125", "style_size.px=32", "logger=none"]
    if "task=any_style" in arguments:
        added[added.index("net.width=0.125")] = "net.net.width=0.125"
        added.remove("style_size.px=32")
        added += ["styles.val_count=1", "styles.val_size=48"]
        return [*arguments, *added, "trainer.max_steps=1"]
    if "init=base" in arguments:
        added.remove("net.width=0.125")  # the net that ships has another
    if WHOLE & set(arguments):
        added.remove("style_size.px=32")
    if any(a.endswith((".mat", ".pth", "=vgg16_caffe.safetensors")) for a in arguments):
        # neither file can be had here: tests/losses reads such files, made up
        arguments = [a for a in arguments if not a.startswith("loss_network.")]
        added += ["loss_network/weights=random", "trainer.max_epochs=null"]
    if "loss_network=vgg16" in arguments:  # a download
        added.append("loss_network/weights=random")
    arguments = [a for a in arguments if not a.startswith("trainer.max_steps")]
    if "task=add_style" in arguments or "net=tint" in arguments:
        added.remove("net.width=0.125")  # the bank's, or none
    return [*arguments, *added, "trainer.max_steps=1"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def trained(script: Script, place: Path, made: Path) -> Callable[..., None]:
    """``trained(folder, *overrides)``: a run that README's commands name, made once and copied."""

    def train(folder: str, *overrides: str) -> None:
        kept = made / overrides[0]
        if not kept.exists():
            assert script("train.py", *small([*overrides, f"run.dir={folder}"])) == 0
            shutil.copytree(folder, kept)
        elif not Path(folder).exists():
            shutil.copytree(kept, folder)

    return train


@pytest.fixture
def bank(trained: Callable[..., None]) -> Callable[[], None]:
    """Trains the net of four styles that README's commands name."""
    style = "style=[udnie,wave,the_scream,starry_night]"
    return lambda: trained(BANK, "task=multistyle", style)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python train.py")])
def test_train_commands(
    command: str,
    script: Script,
    place: Path,
    bank: Callable[[], None],
    trained: Callable[..., None],
) -> None:
    arguments = shlex.split(command)[2:]
    if BANK in command:
        bank()
    if f"init={RUN}" in command:
        trained(RUN, "style=udnie")
    if "resume" not in command:
        assert script("train.py", *small(arguments)) == 0
        return
    trained(RUN, "style=udnie")
    if "max_steps" not in command:  # a finished run says that it is
        assert script("train.py", *arguments) == 2
        return
    more = [re.sub(r"max_steps=\d+", "max_steps=2", a) for a in arguments]
    assert script("train.py", *more) == 0


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python evaluate.py")])
def test_evaluate_commands(
    command: str,
    script: Script,
    place: Path,
    bank: Callable[[], None],
    trained: Callable[..., None],
) -> None:
    if BANK in command:
        bank()
    for run in (RUN, "runs/a", "runs/b"):
        if run in command:
            trained(run, "style=udnie")
    if "model=runs/mine" in command:
        own = ["task=noisy", "norm=group", "net=tint", "net_packages=[mine]"]
        trained("runs/mine", "--config-dir=mine", *own)
    assert script("evaluate.py", *shlex.split(command)[2:]) == 0
    (out,) = re.findall(r"out=(\w+)", command)
    assert (place / out / "sheet.png").is_file()
    assert (place / out / "metrics.csv").is_file()


def test_painting_from_python(place: Path, bank: Callable[[], None]) -> None:
    code, _ = [block for block in blocks("python") if "stylenet.apply" in block]
    bank()
    exec(code, {})
    with Image.open(place / "mixed.png") as painted, Image.open(place / "photos/me.jpg") as photo:
        assert painted.size == photo.size


def test_painting_clips_from_python(place: Path, shipped: Path, clip: Callable[..., Path]) -> None:
    _, code = [block for block in blocks("python") if "stylenet.apply" in block]
    clip("clips/me.mp4")
    exec(code, {})
    assert (place / "painted.mp4").is_file()


def typed(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command as a shell gives it to the console script, which ends well."""
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Gradio, to itself
@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("stylenet ")])
def test_stylenet_commands(
    command: str,
    place: Path,
    bank: Callable[[], None],
    shipped: Path,
    clip: Callable[..., Path],
    trained: Callable[..., None],
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if BANK in command:
        bank()
    if RUN in command:
        trained(RUN, "style=udnie")
    words = shlex.split(command)
    if "six" in words:  # the nets that ship are small ones here
        trained("six", "task=multistyle", "style=[udnie,wave]")
    if words[1] == "sweep":
        overrides = small(["-m", "style=udnie", "seed=0,1", f"hydra.sweep.dir={words[2]}"])
        assert script("train.py", *overrides) == 0
    if words[1] == "texture":
        assert script("train.py", *small(["task=texture_net", "style=wave"])) == 0
    if words[1] == "tune":
        words = [*words[:2], *small(words[2:]), "tune.trials=1", "comparison=fixed"]
        words += ["objective=balanced", "trainer.val_check_interval=1"]
    if words[1] == "app":  # it would serve until Ctrl-C
        gradio = pytest.importorskip("gradio", reason="gradio is not installed")
        monkeypatch.setattr(gradio.Blocks, "block_thread", lambda page: None)
    if words[1] == "site":  # it would ask npm
        monkeypatch.setattr(site, "_runtime", lambda names: dict.fromkeys(names, b""))
    if "udnie_small" in command:
        trained("udnie", "style=udnie")
        if words[1] == "train":
            typed(["stylenet", "prune", "udnie", "-o", "udnie_small"], monkeypatch)
            words += [one for one in small([]) if not one.startswith("net.width")]
    if "--sheet" in words or words[1] == "video":
        words += ["--size", "64"]
    if words[1] == "video":
        for name in ("me", "other"):
            clip(f"clips/{name}.mp4", sound=True)
    typed(words, monkeypatch)
    if "-o" in words:
        assert (place / words[words.index("-o") + 1]).exists()
    if words[1] == "video":
        (target,) = (w for w in words if w.startswith(("painted", "part", "animation", "frames")))
        assert (place / target.partition("%")[0]).exists()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python benchmarks/")])
def test_benchmark_commands_have_tests_of_their_own(command: str) -> None:
    name = Path(command.split()[1]).stem
    assert (ROOT / "benchmarks" / f"{name}.py").is_file()
    assert f'benchmark_of("{name}")' in (ROOT / "tests" / "test_benchmarks.py").read_text()


def test_no_command_is_left_out() -> None:
    known = (SET_UP, "python train.py", "python evaluate.py")
    known += ("python benchmarks/", "stylenet ")
    assert [c for c in COMMANDS if not c.startswith(known)] == []
    # started otherwise than by python: tests/run/test_ddp.py and test_wandb_sweep.py do
    lines = [line for block in blocks("text") for line in block.splitlines()]
    others = {line.split()[0] for line in lines if line[0] != "#"}
    assert others == {"python", "torchrun", "srun", "wandb"}


@pytest.mark.parametrize("page", PAGES)
def test_choices_exist(page: str) -> None:
    for group, names in re.findall(r"`([a-z_/]+)=([a-z0-9_|\\]+)[`\s]", PAGES[page]):
        if not (ROOT / "conf" / group).is_dir():
            continue
        for name in names.replace("\\", "").split("|"):
            assert (ROOT / "conf" / group / f"{name}.yaml").is_file(), f"{group}={name}"


def test_every_page_is_linked_and_no_link_is_dead() -> None:
    found = set()
    for page, text in (*PAGES.items(), ("CONTRIBUTING.md", (ROOT / "CONTRIBUTING.md").read_text())):
        for link in re.findall(r"\]\(([^):#]+)\)", text):
            target = (ROOT / page).parent / link
            assert target.exists(), f"{page}: {link}"
            if page == "README.md":
                found.add(target.relative_to(ROOT).as_posix())
    assert {page for page in PAGES if page.startswith("docs/")} <= found
