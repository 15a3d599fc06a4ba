"""The real train.py with task=pyramid, and with loss/laplacian=on."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import DictConfig
from torch import Tensor

from stylenet.images import contact_sheet, read_image
from stylenet.losses.laplacian import laplacian_loss
from stylenet.regions import level_pictures
from stylenet.run.preparing import prepare

Script = Callable[..., int]
Interrupt = Callable[[int], AbstractContextManager[None]]
Losses = Callable[[Path], dict[tuple[int, str], float]]


SHALLOW = ["loss.style_layers=[relu2_2]", "loss.content_layers=[relu2_2]"]


@pytest.fixture
def small(photos: Path, tmp_path: Path) -> list[str]:
    return [
        "task=pyramid",
        f"content={photos / '03.jpg'}",
        f"style={photos / '07.jpg'}",
        "content_size.px=40",
        "loss.style_scales=[1]",  # at half their size these images are too small for relu5_1
        "trainer.accelerator=cpu",
        "trainer.log_every_n_steps=1",
        "callbacks.snapshots.every=3",
        "precision=32",
        "logger=none",
        f"run.dir={tmp_path / 'run'}",
    ]


def test_the_second_transfer_is_an_ordinary_one_in_the_style_of_the_first(
    losses: Losses,
    script: Script,
    small: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run, plain = tmp_path / "run", tmp_path / "plain"
    settings = ["trainer.max_steps=5", "pyramid.levels=3"]
    assert script("train.py", *small, *settings) == 0
    assert "sheet.png" in capfd.readouterr().out

    def read(name: str) -> Tensor:
        return read_image(run / f"{name}.png")

    content, painted, result = (read(name) for name in ("content", "intermediate", "result"))
    assert torch.equal(painted, read("snapshots/step_000003"))  # the larger half of 5 steps
    levels = level_pictures(content.permute(1, 2, 0).double().numpy(), 3)
    for number, level in enumerate(levels, 1):
        shown = read(f"level_{number}").permute(1, 2, 0).numpy()
        np.testing.assert_allclose(shown, level, atol=2 / 255)  # of a rounded content
    row = [content, read("style"), *(read(f"level_{n}") for n in (1, 2, 3)), painted, result]
    sheet, wanted = read("sheet"), contact_sheet([row], column_titles=["x"] * 7)
    assert sheet.shape == wanted.shape
    assert torch.equal(sheet[:, 40:], wanted[:, 40:])  # below the titles

    logged = losses(run)
    layers = {f"train/loss/content/relu{n}" for n in ("1_2", "2_2", "3_2")}
    assert layers == {n for s, n in logged if s == 3 and n.startswith("train/loss/content/")}
    assert logged[5, "train/loss/total"] < logged[4, "train/loss/total"]
    facts = json.loads((run / "result.json").read_text())
    assert (facts["steps"], facts["finished"]) == (5, True)

    # without `task=` of `small`, as anyone would do it by hand
    whole = [f"style={run / 'intermediate.png'}", f"run.dir={plain}"]
    ordinary = ["task=gatys", *small[1:], *whole, "trainer.max_steps=2"]
    assert script("train.py", *ordinary) == 0
    assert torch.equal(result, read_image(plain / "result.png"))


def test_a_run_interrupted_in_either_transfer_goes_on_as_if_it_had_not_been(
    losses: Losses, script: Script, small: list[str], tmp_path: Path, interrupt_at: Interrupt
) -> None:
    """Of two sizes each: a checkpoint's size does not say which transfer it belongs to."""
    scales = ["scales=coarse_to_fine", "scales.first_px=30", "scales.steps=1"]
    common = [*small, *scales, "pyramid.steps=3", "trainer.max_steps=7", "pyramid.levels=2"]
    whole = tmp_path / "whole"
    assert script("train.py", *common, f"run.dir={whole}") == 0
    for stop in (1, 5):
        parted = tmp_path / f"{stop}"
        with interrupt_at(stop):
            code = script("train.py", *common, f"run.dir={parted}")
        assert code == 128 + signal.SIGINT
        assert (parted / "sheet.png").is_file()
        assert (parted / "intermediate.png").is_file() == (stop > 3)
        assert script("train.py", f"resume={parted}") == 0
        assert losses(parted) == losses(whole)
        for name in ("intermediate", "result", "sheet"):
            pictures = [read_image(run / f"{name}.png") for run in (whole, parted)]
            assert torch.equal(*pictures), name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trainer.max_steps=1"], ["pyramid.steps=1", "trainer.max_steps=1", "two transfers"]),
        (["pyramid.levels=1"], ["pyramid.levels=1", "2 levels or more"]),
        (["pyramid.levels=6"], ["pyramid.levels=6", "relu4_2", "2 to 5 levels"]),
        (["pyramid.levels=2", "pyramid.layers=[relu1_1]"], ["[relu1_1]", "a layer for each"]),
        (["pyramid.levels=2", "pyramid.layers=[relu1_1,relu9_1]"], ["relu9_1"]),
        (["content_size.px=12", *SHALLOW], ["3 levels", "12 x", "expected 1 to 2"]),
        (["content=null"], ["content=null", "content=chelsea"]),
        (["loss=texture"], ["without content", "loss=optimised"]),
        (["scales=coarse_to_fine", "scales.first_px=10"], ["two transfers", "scales.steps"]),
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
    assert script("train.py", *small, "trainer.max_steps=4", *arguments) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "Traceback" not in said
    for word in words:
        assert word in said


def test_the_laplacian_loss_keeps_a_pictures_edges(
    script: Script, small: list[str], tmp_path: Path
) -> None:
    plain = [s for s in small[1:] if not s.startswith("callbacks.")] + ["callbacks=none"]
    distances = {}
    for weight in (0, 1e5):
        run = tmp_path / f"{weight:g}"
        own = ["loss/laplacian=on", f"loss.laplacian_weight={weight}", "trainer.max_steps=8"]
        settings = ["task=gatys", *plain, "loss.laplacian_pools=[2,4]", "start=noise", *own]
        assert script("train.py", *settings, f"run.dir={run}") == 0
        result, content = (read_image(run / f"{name}.png")[None] for name in ("result", "content"))
        distances[weight] = float(laplacian_loss(result, content, 2))
        found = json.loads((run / "result.json").read_text())["losses"]
        assert found["laplacian"] == pytest.approx(
            found["laplacian/2"] + found["laplacian/4"], rel=1e-5
        )
    assert distances[1e5] < 0.5 * distances[0]


def test_its_weight_goes_with_the_style_weight(composed: Callable[..., DictConfig]) -> None:
    on = "loss/laplacian=on"
    for overrides, style in (
        (["style=udnie.jpg"], composed().loss_network.squared.style_weight),
        (["task=gatys"], composed().loss_network.optimised.style_weight),
        (["loss.style_weight=2"], 2.0),
        (["task=invert"], 1.0),
    ):
        config = prepare(composed(on, "logger=none", *overrides))
        assert config.loss.terms.laplacian.weight == 10 * style
    assert prepare(composed(on, "loss.laplacian_weight=7")).loss.terms.laplacian.weight == 7


def test_a_net_is_trained_with_it_and_its_description_says_so(
    script: Script, tiny: list[str], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    own = ["loss/laplacian=on", "trainer.max_steps=1", "logger=none", "callbacks=none"]
    assert script("train.py", *tiny, *own, f"run.dir={run}") == 0
    facts = json.loads((run / "model.json").read_text())["losses"]
    assert facts["laplacian_pools"] == [4]
    assert facts["laplacian_weight"] > 0
    assert facts["final"]["val/loss/laplacian/4"] > 0
