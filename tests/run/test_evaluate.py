"""The real evaluate.py on nets that train.py just made."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from stylenet import metrics
from stylenet.apply import DESCRIPTION, Stylizer, save_model
from stylenet.apply.model_file import build_architecture
from stylenet.evaluation import painting
from stylenet.images import contact_sheet
from stylenet.losses import PerceptualLoss, StyleTerm
from stylenet.metrics import measure
from stylenet.run import evaluating

Script = Callable[..., int]
PADDING = {"_target_": "stylenet.nets.Padding", "margin": 0, "mode": "reflect", "residual": 1}
ARCHITECTURE = {
    "_target_": "stylenet.nets.TransformerNet",
    "width": 0.0625,
    "blocks": 1,
    "norm": {"_target_": "torch.nn.InstanceNorm2d", "_partial_": True, "affine": True},
    "padding": PADDING,
    "upsample": {"_target_": "stylenet.nets.NearestUpsample", "_partial_": True},
}


@pytest.fixture
def of_norm(trained: Callable[..., Path], tiny: list[str], tmp_path: Path) -> Callable[[str], Path]:
    """``of_norm(norm)``: a run directory that train.py really left."""
    common = [*tiny, "trainer.max_steps=2", "logger=none"]
    return lambda norm: trained(tmp_path / norm, *common, f"norm={norm}")


@pytest.fixture
def net(tmp_path: Path, photos: Path) -> Path:
    """A run directory as train.py leaves it, of a net with its first weights."""
    folder = tmp_path / "net"
    folder.mkdir()
    torch.manual_seed(0)
    save_model(folder, build_architecture(ARCHITECTURE), {"architecture": ARCHITECTURE})
    Image.open(photos / "07.jpg").save(folder / "style.png")
    return folder


def describe_style(net: Path, style: Any) -> None:
    """Leave the net without style.png, and ``style`` in its description."""
    (net / "style.png").unlink(missing_ok=True)
    description = json.loads((net / DESCRIPTION).read_text())
    (net / DESCRIPTION).write_text(json.dumps({**description, "style": style}))


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_models_side_by_side(
    script: Script,
    of_norm: Callable[[str], Path],
    photos: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    runs = [of_norm(norm) for norm in ("instance", "batch")]
    (photos / "broken.jpg").write_bytes((photos / "00.jpg").read_bytes()[:200])
    out = tmp_path / "out"
    models = f"model=[{runs[0]},{runs[1] / 'model.safetensors'}]"
    assert script("evaluate.py", models, f"content={photos}", f"out={out}") == 0
    said = capfd.readouterr()
    assert "broken.jpg" in said.out + said.err
    table = rows(out)
    assert {row["model"] for row in table} == {"instance", "batch"}
    assert len(table) == 2 * 8
    for row in table:
        assert row["loss_network"] == "compact_vgg"
        assert float(row["content"]) > 0
        assert float(row["style"]) > 0
        assert float(row["tv"]) >= 0
        assert -1 <= float(row["ssim"]) <= 1
        assert float(row["milliseconds"]) > 0
    with Image.open(out / "instance" / "03.png") as painted, Image.open(photos / "03.jpg") as photo:
        assert painted.size == photo.size == (51, 48)
    assert (out / "sheet.png").is_file()
    assert "means of 8 pictures under compact_vgg" in said.out


def recorded(net: Path, name: str, overrides: list[str], style: str = "udnie") -> Path:
    """A copy of ``net`` whose description says what its run was started with."""
    copied = net.with_name(name)
    shutil.copytree(net, copied)
    file = copied / DESCRIPTION
    description = json.loads(file.read_text())
    description |= {"training": {"overrides": overrides}, "style": {"name": style}}
    file.write_text(json.dumps(description))
    return copied


QUICK = ["metrics=none", "content=chelsea"]


def test_labels_are_what_differs_and_hyper_parameters_are_columns(
    script: Script, net: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    common = ["style=udnie", "data.root=somewhere"]
    long = "2026-01-01_12-00-00_a_name_that_no_table_of_eighty_columns_has_any_room_for"
    first = recorded(net, f"{long}_1", [*common, "norm=batch", "loss.style_weight=3"])
    second = recorded(net, f"{long}_2", [*common, "norm=instance", "loss.style_weight=10"])
    assert script("evaluate.py", f"model=[{first},{second}]", "out=out", *QUICK) == 0
    labels = ["norm=batch, style_weight=3", "norm=instance, style_weight=10"]
    table = rows(Path("out"))
    assert [row["label"] for row in table] == labels
    assert [row["model"] for row in table] == [first.name, second.name]
    assert [row["config/loss.style_weight"] for row in table] == ["3", "10"]
    assert [row["config/style"] for row in table] == ["udnie", "udnie"]
    assert table[0]["picture"] == "chelsea.png"
    lines = capfd.readouterr().out.splitlines()
    start = lines.index("means of 1 picture")
    assert lines[start + 1].split() == ["model", "ms", "style_bytes"]
    for line, label in zip(lines[start + 3 : start + 5], labels, strict=True):
        assert line.startswith(label)
        assert len(line) <= 80


def test_names_are_labels_and_folders(script: Script, net: Path) -> None:
    models = f"model=[{net},{recorded(net, 'other', ['norm=batch'])}]"
    assert script("evaluate.py", models, "names=[old,a new one]", "out=out", *QUICK) == 0
    assert [row["label"] for row in rows(Path("out"))] == ["old", "a new one"]
    assert Path("out/a new one/chelsea.png").is_file()


@pytest.mark.parametrize("names", ["[a]", "[a,a]", "[a,b/c]"])
def test_names_that_cannot_be_are_refused(
    script: Script, net: Path, names: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("evaluate.py", f"model=[{net},{net}]", f"names={names}", *QUICK) == 2
    assert "'names=[a,b]'" in capfd.readouterr().err


def test_one_model_is_labelled_by_its_style(script: Script, net: Path) -> None:
    model = recorded(net, "some_run", ["norm=batch"], style="the_scream")
    assert script("evaluate.py", f"model={model}", "out=out", *QUICK) == 0
    assert [row["label"] for row in rows(Path("out"))] == ["the_scream"]


@pytest.mark.parametrize(
    ("format_", "words"),
    [("markdown", "| model | ms | style_bytes |"), ("latex", r"model & ms & style\_bytes \\")],
)
def test_tables_for_papers(
    script: Script, net: Path, format_: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("evaluate.py", f"model={net}", f"format={format_}", *QUICK) == 0
    assert words in capfd.readouterr().out


def test_one_picture_and_a_model_far_from_its_run(
    script: Script, of_norm: Callable[[str], Path], photos: Path, tmp_path: Path
) -> None:
    """Without the run directory the style is looked for by name, and given by hand."""
    run = of_norm("instance")
    for suffix in ("safetensors", "json"):
        shutil.copy(run / f"model.{suffix}", tmp_path / f"moved.{suffix}")
    out = tmp_path / "out"
    common = [f"model={tmp_path / 'moved.safetensors'}", f"content={photos / '01.jpg'}"]
    assert script("evaluate.py", *common, f"out={out}", f"style={photos / '07.jpg'}") == 0
    assert float(rows(out)[0]["style"]) > 0
    assert script("evaluate.py", *common, f"out={out}", f"paths.cache={tmp_path}") == 0
    assert rows(out)[0]["style"] == ""
    assert rows(out)[0]["model"] == "moved"


def test_any_loss_is_measured(
    script: Script, of_norm: Callable[[str], Path], photos: Path, tmp_path: Path
) -> None:
    """Each term has its column, unweighted, even where the loss's file has a weight for it."""
    common = [f"model={of_norm('instance')}", f"content={photos / '01.jpg'}", "loss=optimised"]
    assert script("evaluate.py", *common, f"out={tmp_path / 'out'}") == 0
    (row,) = rows(tmp_path / "out")
    assert list(row)[5:11] == ["content", "style", "tv", "deviation", "range", "ssim"]
    assert script("evaluate.py", *common, "loss.terms.range=null", "out=fewer") == 0
    (fewer,) = rows(Path("fewer"))
    assert list(fewer)[5:10] == ["content", "style", "tv", "deviation", "ssim"]
    assert fewer["style"] == row["style"]
    with Image.open(tmp_path / "out" / "instance" / "01.png") as painted:
        pixels = np.asarray(painted) / 255
    half_sum = ((pixels - pixels.mean()) ** 2).sum() / 2
    assert float(row["deviation"]) == pytest.approx(half_sum, rel=5e-2)
    assert float(row["range"]) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "/nowhere"}, ["/nowhere", "run directory"]),
        ({"content": "/nowhere.jpg"}, ["/nowhere.jpg"]),
        ({"device": "cuda:9"}, ["cuda"]),
        ({"loss_network": "vgg"}, ["vgg16", "Did you mean"]),
        ({"device": "gpu"}, ["device=gpu", "device=cpu"]),
        ({"device": "meta"}, ["device=meta", "device=cpu"]),
        ({"content": "empty"}, ["content=empty", "no picture"]),
        ({"content": "broken"}, ["content=broken", "none could be used"]),
        ({"content": "broken/a.jpg"}, ["broken/a.jpg", "Fetch"]),
        ({"content": "small.png"}, ["small.png", "3x40 px", "Enlarge"]),
        ({"content": "thin.png"}, ["thin.png", "too small for layer", "larger"]),
        ({"content": "[]"}, ["content=[]"]),
        ({"model": "[]"}, ["model=[]"]),
        ({"region_styles": "1"}, ["region_styles=1", "Mapping"]),
        ({"style_weights": "[udnie]"}, ["style_weights=['udnie']", "Mapping"]),
        ({"loss.content_layers": "[nowhere]"}, ["nowhere", "relu3_2"]),
        ({"loss.content_weight": "2"}, ["loss.content_weight", "unweighted"]),
        ({"loss": "optimised", "loss.range_weight": "2"}, ["loss.range_weight", "unweighted"]),
        ({"loss.style_weight": "0"}, ["loss.style_weight", "unweighted"]),
        ({"loss.terms.tv.weight": "1e-3"}, ["loss.terms.tv.weight", "unweighted"]),
        ({"loss.terms.content.layers": "[1,2]"}, ["no layer '1'", "(This is about loss.terms.c"]),
        ({"loss.terms.tv": "5"}, ["loss.terms.tv=5", "_target_"]),
        ({"loss.terms.tv.variation": "[1,2]"}, ["loss.terms.tv.variation=[1, 2]", "Callable"]),
    ],
)
def test_refusals_are_said_in_words(
    script: Script,
    net: Path,
    photos: Path,
    tmp_path: Path,
    change: dict[str, str],
    words: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    for folder in ("empty", "broken"):
        (tmp_path / folder).mkdir()
    (tmp_path / "broken" / "a.jpg").write_bytes(b"")
    Image.new("RGB", (3, 40)).save(tmp_path / "small.png")
    Image.new("RGB", (6, 40)).save(tmp_path / "thin.png")
    settings = {"model": str(net), "content": str(photos / "00.jpg"), **change}
    layers = ["loss.style_layers=[relu5_1]"] if "thin.png" in settings["content"] else []
    assert script("evaluate.py", *layers, *(f"{k}={v}" for k, v in settings.items())) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "Traceback" not in said
    message = said.partition("Error: ")[2]  # Hydra repeats the command line before it
    for word in words:
        assert word in message


def test_weights_of_one_are_no_weights(script: Script, net: Path, photos: Path) -> None:
    common = [f"model={net}", f"content={photos / '00.jpg'}"]
    assert script("evaluate.py", *common, "out=plain") == 0
    assert script("evaluate.py", *common, "out=given", "loss.style_weight=1") == 0
    assert rows(Path("given"))[0]["style"] == rows(Path("plain"))[0]["style"]


def test_no_picture_overwrites_another(script: Script, net: Path, photos: Path) -> None:
    """Folders are mirrored, equal names numbered, and folders painted in the order of paths."""
    first, second = Path("first"), Path("second")
    for place in (first / "a.jpg", first / "sub" / "a.jpg", first / "b.jpg", second / "a.jpg"):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos / "00.jpg", place)
    Image.open(photos / "01.jpg").save(first / "a.png")
    contents = f"content=[{first},{second},{first / 'b.jpg'}]"
    assert script("evaluate.py", f"model={net}", contents, "out=out") == 0
    pictures = [row["picture"] for row in rows(Path("out"))]
    assert pictures == ["a.jpg", "a.png", "b.jpg", "sub/a.jpg", "a.jpg", "b.jpg"]
    painted = sorted(p.relative_to("out/net").as_posix() for p in Path("out/net").rglob("*.png"))
    assert painted == ["a.png", "a_2.png", "a_3.png", "b.png", "b_2.png", "sub/a.png"]
    with Image.open("out/net/a_2.png") as second_a:
        assert second_a.size == (49, 48)


def test_pictures_too_small_are_left_out_of_a_folder(
    script: Script, net: Path, photos: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Those too small for one net of two are left out for both."""
    padding = {**PADDING, "margin": 8, "residual": 0}
    padded = {**ARCHITECTURE, "padding": padding}
    other = tmp_path / "other"
    shutil.copytree(net, other)
    save_model(other, build_architecture(padded), {"architecture": padded})
    for name, size in {"net": (3, 40), "loss": (6, 40), "other": (8, 40)}.items():
        Image.new("RGB", size).save(photos / f"too_small_for_{name}.png")
    models = f"model=[{net},{other}]"
    layers = "loss.style_layers=[relu4_2]"
    assert script("evaluate.py", models, f"content={photos}", "out=out", layers) == 0
    said = capfd.readouterr().out
    for name in ("net", "loss", "other"):
        assert f"too_small_for_{name}.png" in said
    assert [row["model"] for row in rows(Path("out"))] == 8 * ["net", "other"]
    assert not list(Path("out").rglob("too_small*"))


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Painting more than 60 pixels in width asks for more memory than any machine has."""
    paint = Stylizer.paint

    def painted(stylizer: Stylizer, picture: Tensor, weights: Tensor | None) -> Tensor:
        if picture.shape[-1] > 60:
            torch.empty(2**50, dtype=torch.uint8)
        return paint(stylizer, picture, weights)

    monkeypatch.setattr(Stylizer, "paint", painted)


@pytest.mark.usefixtures("little_memory")
def test_a_picture_too_large_for_the_memory_is_left_out_of_a_folder_and_named_alone(
    script: Script, net: Path, photos: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    large = photos / "large.png"
    Image.new("RGB", (80, 40)).save(large)
    assert script("evaluate.py", f"model={net}", f"content={photos}", "out=out") == 0
    words = (
        "Memory ran out while painting 80 x 40 pixels (1.05e+06 GiB more could not be obtained)."
    )
    said = capfd.readouterr().out
    assert f"skipped: Picture {large}: {words} Scale it down" in said
    assert "metrics=none" in said
    assert len(rows(Path("out"))) == 8
    assert script("evaluate.py", f"model={net}", f"content={large}", "out=alone") == 2
    assert f"Error: Picture {large}: {words}" in capfd.readouterr().err


def test_what_was_measured_is_there_though_the_last_picture_ends_the_evaluation(
    script: Script, net: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kernel's kill would: nothing is written at the end only."""
    paint = Stylizer.paint
    passes: list[int] = []

    def painted(stylizer: Stylizer, picture: Tensor, weights: Tensor | None) -> Tensor:
        passes.append(1)
        if len(passes) > 4:  # one to warm up
            raise SystemExit(137)
        return paint(stylizer, picture, weights)

    monkeypatch.setattr(Stylizer, "paint", painted)
    assert script("evaluate.py", f"model={net}", f"content={photos}", "out=out") == 137
    assert [row["picture"] for row in rows(Path("out"))] == ["00.jpg", "01.jpg", "02.jpg"]
    with Image.open("out/sheet.png") as sheet:
        assert sheet.height > 3 * 48


def test_without_metrics_pictures_are_painted_and_no_loss_network_is_read(
    script: Script,
    net: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(evaluating, "build_network", None)
    arguments = [f"model={net}", f"content={photos}", "out=out", "metrics=none"]
    assert script("evaluate.py", *arguments) == 0
    assert len(list(Path("out/net").glob("*.png"))) == 8
    (row, *_) = rows(Path("out"))
    assert list(row)[4:] == ["loss_network", "milliseconds", "style_bytes", "label"]
    assert row["loss_network"] == ""
    assert "losses unweighted" not in capfd.readouterr().out


def test_sheet_device_and_warming_up(
    script: Script, net: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sheet is kept small; all is measured on the device; each model is warmed up once."""
    sheets: list[list[list[Tensor]]] = []
    devices: list[Any] = []
    passes: list[str] = []
    paint = Stylizer.paint
    move = PerceptualLoss.to

    def drawn(cells: list[list[Tensor]], **titles: Any) -> Tensor:
        sheets.append(cells)
        return contact_sheet(cells, **titles)

    def measured(*arguments: Any) -> Any:
        devices.append(arguments[3])
        return measure(*arguments)

    def moved(loss: PerceptualLoss, device: Any) -> PerceptualLoss:
        devices.append(device)
        return move(loss, device)

    def painted(stylizer: Stylizer, picture: Tensor, weights: Tensor | None) -> Tensor:
        passes.append(stylizer.model.name)
        return paint(stylizer, picture, weights)

    monkeypatch.setattr(painting, "contact_sheet", drawn)
    monkeypatch.setattr(metrics, "measure", measured)
    monkeypatch.setattr(PerceptualLoss, "to", moved)
    monkeypatch.setattr(Stylizer, "paint", painted)
    large = Path("large.png")
    Image.new("RGB", (400, 300)).save(large)
    contents = f"content=[{large},{photos / '00.jpg'},{photos / '01.jpg'}]"
    assert script("evaluate.py", f"model={net}", contents, "out=out", "device=cpu") == 0
    assert [tuple(cell.shape) for cell in sheets[0][0]] == 2 * [(3, 192, 256)]
    assert devices == 4 * [torch.device("cpu")]
    assert len(passes) == 1 + 3


def test_a_style_by_name_has_the_size_and_bytes_of_training(
    script: Script,
    net: Path,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    sizes: list[tuple[int, ...]] = []
    make = StyleTerm.__init__

    def made(term: StyleTerm, network: Any, style: Tensor, *rest: Any, **more: Any) -> None:
        sizes.append(tuple(style.shape[-2:]))
        make(term, network, style, *rest, **more)

    monkeypatch.setattr(StyleTerm, "__init__", made)
    digest = hashlib.sha256((photos / "07.jpg").read_bytes()).hexdigest()
    common = [f"model={net}", f"content={photos / '00.jpg'}", f"paths.styles={photos}", "out=out"]
    for size, expected in (
        ({"_target_": "stylenet.images.CentreSquare", "px": 40}, (40, 40)),
        ({"_target_": "stylenet.images.Height", "px": 36}, (36, 41)),
        (None, (512, 587)),
    ):
        describe_style(net, {"name": "07", "sha256": digest, "size": size})
        assert script("evaluate.py", *common) == 0
        assert sizes[-1] == expected
        assert "SHA-256" not in capfd.readouterr().out
    describe_style(net, {"name": "07", "sha256": "0" * 64})
    assert script("evaluate.py", *common) == 0
    said = capfd.readouterr().out
    assert "SHA-256" in said
    assert digest in said


@pytest.mark.parametrize(
    "size",
    [
        {"_target_": "os.system", "command": "touch trace"},
        {"_target_": "stylenet.images.read_image", "path": "trace"},
        {"_target_": "stylenet.images.LongerSide", "pixels": 3},
        {"px": 3},
        3,
    ],
)
def test_a_size_from_a_stranger_runs_nothing(
    script: Script, net: Path, photos: Path, size: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    describe_style(net, {"name": "07", "size": size})
    common = [f"model={net}", f"content={photos / '00.jpg'}", f"paths.styles={photos}"]
    assert script("evaluate.py", *common) == 2
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert "size of its style" in said
    assert not Path("trace").exists()


@pytest.mark.parametrize("style", [None, {}, {"name": None}, "udnie"])
def test_a_model_that_names_no_style(
    script: Script, net: Path, photos: Path, style: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    describe_style(net, style)
    assert script("evaluate.py", f"model={net}", f"content={photos / '00.jpg'}", "out=out") == 0
    assert "names no style" in capfd.readouterr().out
    assert rows(Path("out"))[0]["style"] == ""
    assert float(rows(Path("out"))[0]["content"]) > 0


def test_a_net_that_gives_no_picture_is_no_fault_of_the_content(
    script: Script, net: Path, photos: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    diverged = build_architecture(ARCHITECTURE)
    for parameter in diverged.parameters():
        torch.nn.init.constant_(parameter, torch.nan)
    save_model(net, diverged, {"architecture": ARCHITECTURE})
    assert script("evaluate.py", f"model={net}", f"content={photos}", "out=out") == 2
    said = capfd.readouterr()
    assert "diverged" in said.err
    assert "skipped" not in said.out
