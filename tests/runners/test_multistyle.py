"""The real train.py, evaluate.py and `stylenet bank` on nets of several styles."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from stylenet.apply import BankError, Model, Stylizer, load_model, merge, save_model
from stylenet.images import read_image

Script = Callable[..., int]
Losses = Callable[[Path], dict[tuple[int, str], float]]
NAMES = ("sand", "moss", "coal")
STYLENET = "src/stylenet/__main__.py"
BOTH = {
    "stylebank": ["net=stylebank"],
    "conditional": ["net=johnson", "norm=conditional_instance", "net.blocks=1"],
}


@pytest.fixture
def several(tiny: list[str], photos: Path, tmp_path: Path) -> list[str]:
    """Overrides for a tiny net of three styles."""
    folder = tmp_path / "styles"
    folder.mkdir()
    for number, name in enumerate((*NAMES, "rust")):
        shutil.copy(photos / f"{number:02d}.jpg", folder / f"{name}.jpg")
    rest = [argument for argument in tiny if not argument.startswith("style=")]
    return [
        *rest,
        "task=multistyle",
        f"style=[{','.join(NAMES)}]",
        f"paths.styles={folder}",
        "logger=none",
        "trainer.max_steps=4",
        "trainer.val_check_interval=2",
        "precision=32",
    ]


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", BOTH)
def test_a_run_leaves_a_net_of_several_styles(
    losses: Losses, trained: Callable[..., Path], several: list[str], tmp_path: Path, kind: str
) -> None:
    run = trained(tmp_path / "run", *several, *BOTH[kind])
    for name in ("config.yaml", "run.json", "curves.png", "checkpoints/last.ckpt"):
        assert (run / name).stat().st_size > 0, name
    assert {p.stem for p in (run / "styles").iterdir()} == set(NAMES)
    with Image.open(run / "pictures" / "step_000004.png") as grid:
        columns = len(NAMES) + (2 if kind == "stylebank" else 1)
        assert grid.width > columns * 48
        assert grid.width < (columns + 1) * 264
    known = {name for step, name in losses(run) if step == 4}
    assert {f"val/loss/{name}/style" for name in NAMES} <= known
    assert ("val/loss/identity" in known) == (kind == "stylebank")

    model = load_model(run)
    assert model.styles == NAMES
    assert model.description["training"]["steps"] == 4
    x = torch.rand(3, 3, 21, 34)
    assert model.net(x, torch.eye(3)).shape == x.shape


@pytest.mark.parametrize("kind", BOTH)
def test_resuming_continues_with_the_same_losses(
    losses: Losses,
    whole_and_parted: Callable[..., tuple[Path, Path]],
    several: list[str],
    kind: str,
) -> None:
    # before a step of the auto-encoder; the content weight would fall by the length of each part
    whole, parted = whole_and_parted([*several, *BOTH[kind], "task.content_start=1"], 2, 5)
    a, b = (load_file(run / "model.safetensors") for run in (whole, parted))
    assert a.keys() == b.keys()
    assert all(torch.equal(a[key], b[key]) for key in a)
    expected, got = losses(whole), losses(parted)
    # by default the steps of the auto-encoder have an optimiser of their own, kept with the run
    kept = torch.load(parted / "checkpoints" / "last.ckpt", weights_only=True)
    assert bool(kept.get("identity_optimizer", {}).get("state")) == (kind == "stylebank")
    shared = {key for key in expected if key in got and "train" in key[1]}
    assert len(shared) > 10
    assert {key: got[key] for key in shared} == {key: expected[key] for key in shared}


def painted(model: Model, number: int, picture: torch.Tensor) -> torch.Tensor:
    return Stylizer(model).paint(picture, torch.eye(len(model.styles))[number])


@pytest.mark.parametrize("kind", BOTH)
def test_a_style_is_added_removed_and_merged(
    losses: Losses,
    script: Script,
    trained: Callable[..., Path],
    several: list[str],
    tmp_path: Path,
    kind: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = trained(tmp_path / "run", *several, *BOTH[kind])
    more, other, joined = (tmp_path / name for name in ("more", "other", "joined"))
    add = [a for a in several if not a.startswith(("task=", "style=", "net."))]
    grow = ["task=add_style", f"bank={run}"]
    assert script("train.py", *add, *grow, "style=rust", f"run.dir={more}") == 0
    old, new = load_model(run), load_model(more)
    assert new.styles == (*NAMES, "rust")
    assert {p.stem for p in (more / "styles").iterdir()} == set(new.styles)
    picture = torch.rand(3, 20, 24)
    for number in range(3):
        before, after = (painted(model, number, picture) for model in (old, new))
        assert torch.equal(before, after)  # bit by bit
    names = {name for _, name in losses(more)}
    assert "val/loss/rust/style" in names
    assert "val/loss/sand/style" not in names

    # removing what was added gives the net before
    assert script(STYLENET, "bank", "remove", str(more), "rust", str(tmp_path / "less")) == 0
    a, b = (load_file(p / "model.safetensors") for p in (run, tmp_path / "less"))
    assert a.keys() == b.keys()
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert script(STYLENET, "bank", "remove", str(more), "moss", str(other)) == 0
    assert load_model(other).styles == ("sand", "coal", "rust")
    assert {p.stem for p in (other / "styles").iterdir()} == {"sand", "coal", "rust"}
    # what is left of one and of the other, together
    alone = tmp_path / "alone"
    assert script(STYLENET, "bank", "remove", str(other), "sand", str(tmp_path / "x")) == 0
    assert script(STYLENET, "bank", "remove", str(tmp_path / "x"), "coal", str(alone)) == 0
    assert script(STYLENET, "bank", "merge", str(run), str(alone), str(joined)) == 0
    a, b = (load_file(p / "model.safetensors") for p in (more, joined))
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert load_model(joined).styles == new.styles
    assert script(STYLENET, "bank", "list", str(joined)) == 0
    assert capfd.readouterr().out.split()[-4:] == list(new.styles)

    for words, arguments in (
        ("both have coal, rust", ("merge", str(more), str(other), str(tmp_path / "y"))),
        ("no style 'rusty'. Did you mean 'rust'?", ("remove", str(more), "rusty", str(alone))),
        ("is the only style", ("remove", str(alone), "rust", str(tmp_path / "y"))),
        ("There is a net in", ("merge", str(run), str(alone), str(joined))),
    ):
        assert script(STYLENET, "bank", *arguments) == 2
        assert words in capfd.readouterr().err


def test_nets_of_different_encoders_are_not_merged(
    script: Script, several: list[str], tmp_path: Path
) -> None:
    made = []
    for seed, style in ((0, "sand"), (1, "moss")):
        run = tmp_path / style
        own = [f"style=[{style}]", f"seed={seed}", f"run.dir={run}", "trainer.max_steps=1"]
        assert script("train.py", *several, *own) == 0
        made.append(load_model(run))
    with pytest.raises(BankError, match=r"encoders of .* differ.*Merge nets that were grown from"):
        merge(*made)
    # as large as each other, and one number apart
    shared = load_model(tmp_path / "sand")
    with torch.no_grad():
        next(iter(shared.net.encoder.parameters())).view(-1)[0].add_(1e-3)  # type: ignore[union-attr, operator]
    facts = [{"name": "other"}]
    (tmp_path / "changed").mkdir()
    save_model(tmp_path / "changed", shared.net, {**shared.description, "styles": facts})
    with pytest.raises(BankError, match="encoders"):
        merge(load_model(tmp_path / "sand"), load_model(tmp_path / "changed"))


@pytest.mark.parametrize("kind", BOTH)
def test_evaluate_paints_mixtures_regions_and_no_style(
    script: Script,
    trained: Callable[..., Path],
    several: list[str],
    photos: Path,
    tmp_path: Path,
    kind: str,
) -> None:
    run = trained(tmp_path / "run", *several, *BOTH[kind])
    one = [a for a in several if not a.startswith(("task=", "style="))]
    single = trained(tmp_path / "single", *one, f"style={photos / '05.jpg'}")
    content = photos / "06.jpg"

    def paint(out: str, *arguments: str, models: str = str(run)) -> dict[str, dict[str, str]]:
        common = [f"model={models}", f"content={content}", f"out={tmp_path / out}"]
        assert script("evaluate.py", *common, *arguments) == 0
        return {row["model"]: row for row in rows(tmp_path / out)}

    def picture(out: str, name: str) -> torch.Tensor:
        return read_image(tmp_path / out / name / "06.png")

    found = paint("each", models=f"[{run},{single}]")
    assert set(found) == {*(f"run_{name}" for name in NAMES), "single"}
    own = {int(found[f"run_{name}"]["style_bytes"]) for name in NAMES}
    assert len(own) == 1
    assert 0 < own.pop() < (run / "model.safetensors").stat().st_size / 3
    assert all(float(row["style"]) > 0 for row in found.values())

    mixed = paint("mixed", "style_weights={sand: 0.6, coal: 0.4}")
    assert set(mixed) == {"run_sand0.6+coal0.4"}
    assert mixed["run_sand0.6+coal0.4"]["style"] == ""  # of no single style
    unmeasured = "metrics=none"
    paint("whole", "style_weights={coal: 1.0}", unmeasured)
    assert torch.equal(picture("whole", "run_coal"), picture("each", "run_coal"))

    with Image.open(content) as photo:
        width, height = photo.size
    regions = Image.new("RGB", (width, height), "red")
    regions.paste((0, 0, 255), (width // 2, 0, width, height))
    regions.save(tmp_path / "map.png")
    styles = "region_styles={red: sand, 0x0000ff: coal}"
    paint("regions", f"region_map={tmp_path / 'map.png'}", styles, unmeasured)
    fused = picture("regions", "run_regions")
    paint(
        "same",
        f"region_map={tmp_path / 'map.png'}",
        "region_styles={red: coal, blue: coal}",
        unmeasured,
    )
    difference = picture("same", "run_regions") - picture("each", "run_coal")
    assert difference.abs().max() < 2 / 255
    assert not torch.equal(fused, picture("same", "run_regions"))

    if kind == "stylebank":
        paint("none", "strength=0", unmeasured)
        paint("plain", "reconstruct=true", unmeasured)
        reconstruction = picture("plain", "run_reconstruction")
        for name in NAMES:
            assert torch.equal(picture("none", f"run_{name}"), reconstruction)
        paint("half", "strength=0.5", "style_weights={sand: 1}", unmeasured)
        assert not torch.equal(picture("half", "run_sand"), picture("each", "run_sand"))


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A net of two styles with its first weights, as a run leaves it."""
    from stylenet.apply.model_file import build_architecture

    nets = "stylenet.nets."
    architecture = {
        "_target_": f"{nets}TransformerNet",
        "width": 0.0625,
        "blocks": 1,
        "norm": {"_target_": f"{nets}ConditionalInstanceNorm", "_partial_": True, "styles": 2},
        "padding": {"_target_": f"{nets}Padding", "margin": 0, "mode": "reflect", "residual": 1},
        "upsample": {"_target_": f"{nets}NearestUpsample", "_partial_": True},
    }
    folder = tmp_path / "bank"
    folder.mkdir()
    facts = {"architecture": architecture, "styles": [{"name": "sand"}, {"name": "moss"}]}
    save_model(folder, build_architecture(architecture), facts)
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reconstruct=true"], "has no reconstruction"),
        (["strength=0.5"], "has no reconstruction"),
        (["strength=2"], "expected 0 to 1"),
        (["style_weights={sand: 0.5}"], "with a sum of 0.5, expected 1"),
        (["style_weights={sant: 1}"], "Did you mean 'sand'?"),
        (["style_weights={sand: 1}", "reconstruct=true"], "expected one"),
        (["region_map=map.png"], "'region_styles={red: sand, blue: moss}'"),
        (["region_styles={red: sand}"], "region_map=<picture"),
        (["region_map=map.png", "region_styles={red: sand}"], "none of red, most of them blue"),
        (["region_map=wide.png", "region_styles={red: sand}"], "expected the same shape"),
    ],
)
def test_what_a_net_cannot_paint_is_refused(
    script: Script,
    bank: Path,
    photos: Path,
    tmp_path: Path,
    arguments: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    half = Image.new("RGB", (48, 48), "red")
    half.paste((0, 0, 255), (0, 0, 48, 24))
    half.save(tmp_path / "map.png")
    Image.new("RGB", (99, 33), "red").save(tmp_path / "wide.png")
    assert script("evaluate.py", f"model={bank}", f"content={photos / '00.jpg'}", *arguments) == 2
    assert words in capfd.readouterr().err


def test_the_net_of_six_that_ships_learns_a_style(
    script: Script, tiny: list[str], tmp_path: Path
) -> None:
    rest = [argument for argument in tiny if not argument.startswith("net.")]
    more = ["task=add_style", "bank=six", "logger=none", "trainer.max_steps=1"]
    assert script("train.py", *rest, *more, f"run.dir={tmp_path / 'more'}") == 0
    assert load_model(tmp_path / "more").styles == (*load_model("six").styles, "07")


def test_a_net_of_one_style_has_no_weights(
    script: Script, photos: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from stylenet.apply.model_file import build_architecture

    architecture = {
        "_target_": "torch.nn.Identity",
    }
    (tmp_path / "net").mkdir()
    save_model(tmp_path / "net", build_architecture(architecture), {"architecture": architecture})
    common = [f"model={tmp_path / 'net'}", f"content={photos / '00.jpg'}"]
    assert script("evaluate.py", *common, "style_weights={sand: 1}") == 2
    assert "is a net of one style. Give it to a net of several" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["net=johnson"], "net=johnson norm=conditional_instance"),
        (["style=[sand,sand]"], "each once"),
        (["style=[]"], "each once"),
        (["content=chelsea"], "content is an input of task=gatys"),
        (["trainer=ddp"], "trained by one process"),
        (["compile=true"], "compiled again and again"),
        (["bank=somewhere"], "bank is an input of task=add_style or task=regions"),
        (["norm=conditional_instance"], "all styles share"),
        (["task=add_style", "style=rust"], "was not told which net"),
        (
            [
                "task=feedforward",
                "style=sand",
                "net=johnson",
                "norm=conditional_instance",
                "loss=perceptual",
            ],
            "task=feedforward trains a net for one style",
        ),
        (["loss.style_weights=[1,2]"], "for 3 styles"),
    ],
)
def test_what_has_no_meaning_is_refused(
    script: Script,
    several: list[str],
    arguments: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    given = several
    if "task=add_style" in arguments:
        given = [a for a in several if not a.startswith(("net.", "style=", "task="))]
    assert script("train.py", *given, *arguments) == 2
    assert words in capfd.readouterr().err


def test_the_description_names_each_style(
    script: Script, several: list[str], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    assert script("train.py", *several, f"run.dir={run}", "trainer.max_steps=1") == 0
    description = json.loads((run / "model.json").read_text())
    assert [style["name"] for style in description["styles"]] == list(NAMES)
    assert description["architecture"]["styles"] == 3
    description["styles"].pop()
    (run / "model.json").write_text(json.dumps(description))
    with pytest.raises(Exception, match="has 3 styles, but its description names sand, moss"):
        _ = load_model(run).styles
