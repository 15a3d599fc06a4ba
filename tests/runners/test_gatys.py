"""The real train.py on one picture: what the run directory holds, resuming, textures, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import DictConfig

from stylenet import compose
from stylenet.apply.contents import find_content
from stylenet.errors import StylenetError
from stylenet.images import read_image
from stylenet.images.colour import to_yiq
from stylenet.run.building import build
from stylenet.run.preparing import prepare
from stylenet.runners.pixels import PixelRunner

Script = Callable[..., int]
Losses = Callable[[Path], dict[tuple[int, str], float]]


@pytest.fixture
def small(photos: Path, tmp_path: Path) -> list[str]:
    return [
        "task=gatys",
        f"content={photos / '03.jpg'}",
        f"style={photos / '07.jpg'}",
        "content_size.px=40",
        "loss.style_scales=[1]",  # at half their size these images are too small for relu5_1
        "trainer.accelerator=cpu",
        "trainer.log_every_n_steps=1",
        "trainer.max_steps=4",
        "callbacks.snapshots.every=2",
        "precision=32",
        f"run.dir={tmp_path / 'run'}",
    ]


def test_a_run_directory_holds_all_that_was_promised(
    losses: Losses,
    script: Script,
    small: list[str],
    tmp_path: Path,
    wandb_history: Callable[[Path], list[dict[str, Any]]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert script("train.py", *small) == 0
    run = tmp_path / "run"
    names = ["result.png", "style.png", "content.png", "filmstrip.png", "losses.csv", "curves.png"]
    for name in [*names, "config.yaml", "run.json", "result.json", "checkpoints/last.ckpt"]:
        assert (run / name).stat().st_size > 0, name
    snapshots = {p.name for p in (run / "snapshots").iterdir()}
    assert snapshots == {f"step_00000{n}.png" for n in (0, 2, 4)}
    assert read_image(run / "result.png").shape == read_image(run / "content.png").shape
    start = read_image(run / "snapshots" / "step_000000.png")
    assert torch.equal(start, read_image(run / "content.png"))
    totals = [losses(run)[step, "train/loss/total"] for step in range(1, 5)]
    assert totals[-1] < totals[0]
    assert {"train/loss/style/relu2_2", "train/loss/content/relu4_2"} <= {
        name for _, name in losses(run)
    }
    facts = json.loads((run / "result.json").read_text())
    assert (facts["steps"], facts["finished"]) == (4, True)
    assert facts["losses"]["total"] > 0
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    keys = set().union(*wandb_history(file))
    assert {"train/loss/total", "train/evaluations", "train/learning_rate"} <= keys
    assert any(key.startswith("train/picture") for key in keys)
    assert "picture   result.png\n" in capfd.readouterr().out


def test_resuming_continues_with_the_same_picture(
    losses: Losses,
    script: Script,
    small: list[str],
    whole_and_parted: Callable[..., tuple[Path, Path]],
) -> None:
    scales = ["scales=coarse_to_fine", "scales.first_px=24", "scales.steps=1"]
    whole, parted = whole_and_parted([*small, *scales, "logger=none"], 4, 7)
    assert losses(parted) == losses(whole)
    results = [read_image(run / "result.png") for run in (whole, parted)]
    assert torch.equal(*results)
    assert script("train.py", f"resume={parted}") == 2  # finished


def test_a_texture_needs_no_content_and_has_any_size(
    losses: Losses, script: Script, small: list[str], tmp_path: Path
) -> None:
    settings = [s for s in small if not s.startswith(("task=", "content"))]
    settings += ["task=texture", "content_size.height=36", "content_size.width=52"]
    assert script("train.py", *settings, "style_size.px=40", "logger=none") == 0
    run = tmp_path / "run"
    assert read_image(run / "result.png").shape == (3, 36, 52)
    assert not (run / "content.png").exists()
    terms = {name.split("/")[2] for _, name in losses(run)}
    assert terms == {"total", "style", "tv", "range", "deviation"}


def test_inversion_has_content_alone_at_the_layer_given(
    losses: Losses, script: Script, small: list[str], tmp_path: Path
) -> None:
    own = ["task=invert", "loss.content_layers=[relu1_1]", "logger=none", "trainer.max_steps=15"]
    settings = [s for s in small[1:] if "style_scales" not in s]  # there is no style
    assert script("train.py", *settings, *own) == 0
    run = tmp_path / "run"
    terms = {name.split("/", 2)[2] for _, name in losses(run)}
    assert terms == {"total", "content", "content/relu1_1", "tv", "range", "deviation"}
    content = read_image(run / "content.png")
    before = (read_image(run / "snapshots" / "step_000000.png") - content).square().mean()
    after = (read_image(run / "result.png") - content).square().mean()
    assert after < 0.5 * before


def test_luminance_keeps_the_photographs_chrominance(
    script: Script, small: list[str], tmp_path: Path, photos: Path
) -> None:
    assert script("train.py", *small, "colours=luminance", "logger=none") == 0
    result = read_image(tmp_path / "run" / "result.png")
    photo = read_image(photos / "03.jpg")[None]
    photo = torch.nn.functional.interpolate(
        photo, result.shape[-2:], mode="bicubic", antialias=True
    )
    off = (to_yiq(result[None])[:, 1:] - to_yiq(photo)[:, 1:]).abs().mean()
    assert off < 0.02
    content = read_image(tmp_path / "run" / "content.png")  # as the loss sees it
    assert (content[0] - content[2]).abs().max() < 0.01


def test_two_styles_are_blended_and_a_list_of_layer_weights_comes_from_the_command_line(
    losses: Losses, script: Script, small: list[str], tmp_path: Path, photos: Path
) -> None:
    layers = "loss.style_layer_weights=[1,0.3,0,1,1,1]"
    two = f"style=[{photos / '07.jpg'},{photos / '05.jpg'}]"
    own = [two, "loss.style_weights=[3,1]", layers, "logger=none"]
    settings = [s for s in small if not s.startswith("style=")]
    assert script("train.py", *settings, *own) == 0
    logged = losses(tmp_path / "run")
    assert logged[4, "train/loss/style/relu2_2"] == 0
    assert logged[4, "train/loss/style/relu4_2"] > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["content=chelsey"], ["content=chelsey", "Did you mean 'chelsea'?", "STYLENET_CONTENTS"]),
        (["start=noise", "start.spread=2"], ["start.spread=2"]),
        (["start=picture"], ["start.picture.path"]),
        (["compile=true"], ["compile=true"]),
        (["trainer.max_epochs=2", "trainer.max_steps=-1"], ["trainer.max_steps", "iterations"]),
        (["scales=coarse_to_fine", "scales.first_px=16"], ["scales.steps", "max_steps"]),
        (["optimizer=lbfgs", "optimizer.memory_gib=0"], ["optimizer.memory_gib", "adam_pixels"]),
        (["style=[]"], ["style=[]"]),
        (["callbacks.snapshots.every=0"], ["callbacks.snapshots.every=0"]),
        (["task=feedforward"], ["content=", "task=gatys", "or task=texture"]),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_refusals_are_said_in_words(
    script: Script,
    small: list[str],
    arguments: list[str],
    words: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    if arguments == ["task=feedforward"]:
        small = [s for s in small if s.startswith("content=")]
    assert script("train.py", *small, "logger=none", *arguments) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "Traceback" not in said
    for word in words:
        assert word in said


def test_null_weights_are_those_for_pictures_and_come_with_their_layers(
    composed: Callable[..., DictConfig],
) -> None:
    def settled(*overrides: str) -> tuple[Any, Any]:
        config = composed("task=gatys", *overrides)
        PixelRunner().validate(config, lambda words: None)
        return config.loss.style_weight, config.loss.style_layer_weights

    optimised = composed("task=gatys").loss_network.optimised.style_weight
    for name in ("vgg19", "compact_vgg"):  # normalised: one weight suits every loss network
        assert settled(f"loss_network={name}") == (optimised, None)
        assert settled(f"loss_network={name}", "loss.style_weight=7") == (7, None)
    assert settled("recipe=gatys2016") == (1000, None)


def test_contents_are_found_by_path_and_by_name(photos: Path) -> None:
    assert find_content(str(photos / "01.jpg"), None) == photos / "01.jpg"
    assert find_content("01", photos) == find_content("01.jpg", photos) == photos / "01.jpg"
    assert find_content("chelsea", photos).name == "chelsea.png"
    with pytest.raises(StylenetError, match=r"content=09.*none in .*photos.*chelsea"):
        find_content("09", photos)


def test_in_bfloat16_the_style_picture_is_near_itself(small: list[str], photos: Path) -> None:
    """Targets come from the network that reads the picture: rounded weights shift both alike.

    From exact targets the distance would be ten times this: Gram matrices alone are rounded.
    """
    parts = build(prepare(compose(*small, "precision=bf16-mixed", "logger=none")))
    style, loss = parts.task.style, parts.task.loss
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        found = loss.compare(style, loss.view_content(style))
    term = loss.terms["style"]
    size = sum(float((target**2).sum()) for name, target in term.named_buffers() if "gram" in name)
    assert 0 < float(found.terms["style"]) < 1e-5 * term.weight * size
