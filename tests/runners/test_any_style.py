"""task=any_style from the command line to painting, and what a net's training begins with."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file

from stylenet.apply import Request, Stylizer, in_styles, load_model, zoo
from stylenet.errors import StylenetError
from stylenet.images import read_image
from stylenet.run import train
from stylenet.run.preparing import prepare

Script = Callable[..., int]
Compose = Callable[..., DictConfig]


@pytest.fixture(scope="module")
def photos_of_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    from PIL import Image

    for number in range(6):
        generator = torch.Generator().manual_seed(number)
        pixels = torch.rand(5, 6, 3, generator=generator).mul(255).byte().numpy()
        Image.fromarray(pixels).resize((72, 60), Image.Resampling.BICUBIC).save(
            folder / f"{number}.png"
        )
    return folder


@pytest.fixture(scope="module")
def run(photos_of_module: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of two steps."""
    from stylenet import compose

    folder = tmp_path_factory.mktemp("runs") / "any"
    config = compose(
        "task=any_style",
        f"styles.roots=[{photos_of_module}]",
        f"styles.val_root={photos_of_module}/held",
        "styles.val_count=2",
        "styles.val_size=48",
        "net.net.width=0.125",
        "data=folder",
        f"data.root={photos_of_module}",
        "data.val_count=2",
        "data.size=48",
        "data.val_size=48",
        "data.batch_size=2",
        "data.num_workers=0",
        "trainer.accelerator=cpu",
        "trainer.max_steps=2",
        "logger=none",
        "precision=32",
        f"run.dir={folder}",
    )
    held = photos_of_module / "held"
    held.mkdir()
    for name in ("4.png", "5.png"):
        (photos_of_module / name).rename(held / name)
    train(config)
    return folder


def test_a_run_shows_styles_that_it_does_not_learn_from(run: Path) -> None:
    assert {file.name for file in (run / "styles").iterdir()} == {"4.png", "5.png"}
    assert (run / "pictures" / "step_000002.png").stat().st_size > 0
    losses = (run / "losses.csv").read_text()
    assert "val/loss/4/style" in losses


@pytest.fixture
def shipped(run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The run as the net ``any`` that ships."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    for kind in ("safetensors", "json"):
        (folder / f"any.{kind}").write_bytes((run / f"model.{kind}").read_bytes())
    monkeypatch.setattr(zoo, "folder", lambda: folder)
    return folder


def test_a_net_for_any_style_paints_as_the_plain_net_it_folds_into(
    shipped: Path, photos_of_module: Path
) -> None:
    style, photo = photos_of_module / "0.png", photos_of_module / "1.png"
    painted = Stylizer.load("any", "cpu", style=style)(read_image(photo))
    model = load_model("any")
    images = {"0": read_image(style)[None]}
    folded = in_styles(model, images)
    assert "predictor" not in "".join(folded.net.state_dict())
    torch.testing.assert_close(
        painted, folded.net(read_image(photo)[None])[0].clamp(0, 1), atol=1e-5, rtol=0
    )
    other = Stylizer.load("any", "cpu", style=photos_of_module / "2.png")(read_image(photo))
    assert (other - painted).abs().max() > 1e-3


def test_strength_leads_from_the_photographs_own_style_to_the_styles(
    shipped: Path, photos_of_module: Path
) -> None:
    style, photo = photos_of_module / "0.png", read_image(photos_of_module / "1.png")
    stylizer = Stylizer.load("any", "cpu", style=style)
    none, half, whole = (stylizer(photo, Request(strength=s)) for s in (0.0, 0.5, 1.0))
    own = Stylizer.load("any", "cpu", style=photo)(photo)
    torch.testing.assert_close(none, own, atol=1e-5, rtol=0)
    torch.testing.assert_close(whole, stylizer(photo))
    assert (half - none).abs().mean() < (whole - none).abs().mean()


def test_a_mixture_is_what_its_weights_say(shipped: Path, photos_of_module: Path) -> None:
    styles = [str(photos_of_module / f"{n}.png") for n in (0, 2)]
    photo = read_image(photos_of_module / "1.png")
    first = Stylizer.load("any", "cpu", style=styles[0])(photo)
    only = Stylizer.load("any", "cpu", style={styles[0]: 2.0, styles[1]: 0.0})(photo)
    torch.testing.assert_close(only, first, atol=1e-5, rtol=0)
    mixed = Stylizer.load("any", "cpu", style=dict.fromkeys(styles, 0.5))(photo)
    assert (mixed - first).abs().max() > 1e-3


def test_styles_and_nets_that_do_not_go_together_are_refused(
    shipped: Path, photos_of_module: Path, run: Path
) -> None:
    with pytest.raises(StylenetError, match="none was named"):
        Stylizer.load("any", "cpu")
    folded = in_styles(load_model("any"), {"a": read_image(photos_of_module / "0.png")[None]})
    with pytest.raises(StylenetError, match="has its own"):
        in_styles(folded, {"a": read_image(photos_of_module / "0.png")[None]})
    with pytest.raises(StylenetError, match="one of them above 0"):
        in_styles(load_model("any"), {"a": torch.rand(1, 3, 32, 32)}, {"a": 0.0})


def test_evaluate_paints_in_each_style_named(
    script: Script, shipped: Path, photos_of_module: Path, tmp_path: Path
) -> None:
    styles = [photos_of_module / f"{n}.png" for n in (0, 2)]
    out, content = tmp_path / "out", f"content={photos_of_module / '1.png'}"
    command = ["evaluate.py", "model=any", content, f"out={out}", "device=cpu"]
    assert script(*command, f"style=[{styles[0]},{styles[1]}]") == 0
    assert {f.name for f in out.iterdir() if f.is_dir()} == {"any_0", "any_2"}
    expected = Stylizer.load("any", "cpu", style=styles[0])(read_image(photos_of_module / "1.png"))
    painted = read_image(out / "any_0" / "1.png")
    assert (painted - expected).abs().max() <= 1 / 255
    with (out / "metrics.csv").open() as file:
        assert all(float(row["style"]) > 0 for row in csv.DictReader(file))
    assert script("evaluate.py", "model=any", content, f"out={out}2", "device=cpu") == 2


def test_a_style_by_its_former_name_is_measured_too(
    script: Script, shipped: Path, photos_of_module: Path, tmp_path: Path
) -> None:
    (tmp_path / "styles").mkdir()
    shutil.copy(photos_of_module / "0.png", tmp_path / "styles" / "cafe_terrace.png")
    command = ["evaluate.py", "model=any", f"content={photos_of_module / '1.png'}", "device=cpu"]
    more = ["style=cafe_terrace", f"paths.styles={tmp_path / 'styles'}", f"out={tmp_path / 'out'}"]
    assert script(*command, *more) == 0
    with (tmp_path / "out" / "metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["model"] == "any_night_cafe"
    assert float(row["style"]) > 0


def tiny(photos: Path, *more: str) -> list[str]:
    return [
        *("data=folder", f"data.root={photos}", "data.val_count=2", "data.size=48"),
        *("data.val_size=48", "data.batch_size=2", "data.num_workers=0", "logger=none"),
        *("trainer.accelerator=cpu", "trainer.max_steps=1", "net.width=0.125"),
        *(f"style={photos / '0.png'}", "style_size=whole", "precision=32", *more),
    ]


@pytest.mark.parametrize("init", ["auto", "any"])
def test_training_begins_with_the_base_nets_prediction(
    shipped: Path, composed: Compose, photos_of_module: Path, tmp_path: Path, init: str
) -> None:
    more = ["optimizer.lr=0", f"run.dir={tmp_path / 'run'}", f"init={init}"]
    config = composed(*tiny(photos_of_module, *more))
    train(config)
    notes = " ".join(json.loads((tmp_path / "run" / "run.json").read_text())["messages"])
    if init == "auto":
        assert OmegaConf.load(tmp_path / "run" / "config.yaml").init == "base"
    assert ("base net's prediction" in notes) == (init == "auto")
    trained = load_file(tmp_path / "run" / "model.safetensors")
    image = read_image(photos_of_module / "0.png")[None]
    folded = in_styles(load_model("any"), {"0": image}).net.state_dict()
    for key, value in trained.items():
        torch.testing.assert_close(value, folded[key])


def test_a_net_of_several_styles_begins_with_the_prediction_for_each(
    shipped: Path, composed: Compose, photos_of_module: Path, tmp_path: Path
) -> None:
    pictures = {name: photos_of_module / f"{name}.png" for name in ("1", "0")}
    styles = f"style=[{','.join(map(str, pictures.values()))}]"
    several = ["task=multistyle", "net=johnson_half", "norm=conditional_instance", styles]
    more = [*several, "optimizer.lr=0", f"run.dir={tmp_path / 'run'}"]
    train(composed(*tiny(photos_of_module, *more)))
    assert OmegaConf.load(tmp_path / "run" / "config.yaml").init == "base"
    trained = load_model(tmp_path / "run").net.state_dict()
    folded = [
        in_styles(load_model("any"), {name: read_image(picture)[None]}).net.state_dict()
        for name, picture in pictures.items()
    ]
    norms = 0
    for key, value in trained.items():
        norm, *style, parameter = key.rsplit(".", 3) if ".styles." in key else (key, "")
        norms += bool(style)
        if style:
            torch.testing.assert_close(value, folded[int(style[1])][f"{norm}.{parameter}"])
        else:  # the prediction's colours are in the last convolution, of which there is one
            torch.testing.assert_close(value, (folded[0][key] + folded[1][key]) / 2)
    assert norms == 2 * 2 * 15  # a scale and a shift of every norm


def test_the_bank_is_no_net_that_the_base_fits(
    shipped: Path, composed: Compose, photos_of_module: Path, tmp_path: Path
) -> None:
    more = ["task=multistyle", f"style=[{photos_of_module / '0.png'}]", f"run.dir={tmp_path}"]
    config = prepare(composed(*tiny(photos_of_module, *more)))
    assert config.init is None
    assert "norm=conditional_instance" in " ".join(config.run.messages)


def test_the_net_reads_styles_by_the_network_that_ships_whatever_the_losses_are_taken_by(
    run: Path, composed: Compose, tmp_path: Path
) -> None:
    before = OmegaConf.to_container(OmegaConf.load(run / "config.yaml"))
    more = ["net.net.width=0.125", "data=folder", "trainer.accelerator=cpu", "precision=32"]
    again = composed(
        *("task=any_style", "loss_network=vgg16_bundled", *more),
        *("trainer.max_steps=1", "logger=none", "data.num_workers=0", f"run.dir={tmp_path}"),
        *(f"{group}.{key}=[{before[group][key][0]}]" for group, key in [("styles", "roots")]),
        *(f"data.{key}={before['data'][key]}" for key in ("root", "size", "val_size", "val_count")),
        *(f"styles.val_root={before['styles']['val_root']}", "styles.val_count=2"),
        *("styles.val_size=48", "data.batch_size=2", "loss.style_layers=[relu1_2,relu2_2]"),
    )
    train(again)
    described = json.loads((tmp_path / "model.json").read_text())
    usual = json.loads((run / "model.json").read_text())
    assert described["any_style"] == usual["any_style"]
    assert described["losses"] != usual["losses"]
    painted = in_styles(load_model(tmp_path), {"a": torch.rand(1, 3, 60, 50)})
    assert painted.net(torch.rand(1, 3, 48, 48)).shape == (1, 3, 48, 48)


@pytest.mark.parametrize("asked", [["init=null"], ["net.blocks=2"], ["norm=batch"]])
def test_training_begins_at_random_where_it_should(
    shipped: Path, composed: Compose, photos_of_module: Path, asked: list[str], tmp_path: Path
) -> None:
    config = prepare(composed(*tiny(photos_of_module, *asked, f"run.dir={tmp_path}")))
    assert config.init is None
    notes = " ".join(config.run.messages)
    assert ("another net than this" in notes) == (asked != ["init=null"])


def test_a_run_begins_with_another_runs_net_and_other_shapes_are_named(
    composed: Compose, photos_of_module: Path, tmp_path: Path
) -> None:
    train(composed(*tiny(photos_of_module, f"run.dir={tmp_path / 'a'}")))
    again = [f"init={tmp_path / 'a'}", "optimizer.lr=0", f"run.dir={tmp_path / 'b'}"]
    train(composed(*tiny(photos_of_module, *again)))
    first, second = (load_file(tmp_path / run / "model.safetensors") for run in "ab")
    for key, value in first.items():
        assert torch.equal(value, second[key])
    other = [f"init={tmp_path / 'a'}", "net.width=0.25", f"run.dir={tmp_path / 'c'}"]
    with pytest.raises(StylenetError, match=r"other tensors than this one: .*for"):
        train(composed(*tiny(photos_of_module, *other)))


def test_a_net_with_a_style_of_its_own_is_no_net_for_any(
    composed: Compose, photos_of_module: Path, tmp_path: Path
) -> None:
    folder = [f"styles.roots=[{photos_of_module}]", "task=any_style", f"run.dir={tmp_path}"]
    with pytest.raises(StylenetError, match="net=any_style"):
        train(composed(*folder, "net=johnson_half", "style=null"))
    with pytest.raises(StylenetError, match="learns from folders"):
        prepare(composed(*folder, "style=udnie"))
