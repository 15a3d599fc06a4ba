"""evaluate.py with frames: how much a painted clip flickers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

av = pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")

Script = Callable[..., int]


@pytest.fixture
def net(run_of_one: Path, photos: Path) -> Path:
    """With the style that it is measured against."""
    Image.open(photos / "07.jpg").save(run_of_one / "style.png")
    return run_of_one


def test_warping_errors_stand_beside_the_style_loss(
    script: Script,
    net: Path,
    clip: Callable[..., Path],
    scene: Callable[..., list[NDArray[np.uint8]]],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    given = clip("clip.mp4", scene(13, 64, 64))
    words = [f"model={net}", f"content={given}", "frames=12", f"out={out}", "style_size.px=32"]
    assert script("evaluate.py", *words, "loss.style_layers=[relu2_2]") == 0
    with (out / "flicker.csv").open() as file:
        floor, painted = csv.DictReader(file)
    assert (floor["clip"], floor["frames"], floor["style"]) == ("original", "12", "")
    assert 0 < float(floor["warp_1"]) < 0.02
    assert float(painted["warp_1"]) > float(floor["warp_1"])
    assert float(painted["warp_10"]) > 0
    with (out / "metrics.csv").open() as file:
        styles = [float(row["style"]) for row in csv.DictReader(file)]
    assert len(styles) == 12
    assert float(painted["style"]) == pytest.approx(np.mean(styles), abs=1e-4)
    assert "original  warp_1 " in capfd.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [("none.mp4", "There is no file"), ("[a.mp4,b.mp4]", "expected 2 frames or more of one clip")],
)
def test_what_is_no_clip_is_said(
    script: Script,
    net: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    content: str,
    words: str,
) -> None:
    out = tmp_path / "out"
    assert (
        script("evaluate.py", f"model={net}", f"content={content}", "frames=3", f"out={out}") == 2
    )
    assert words in capfd.readouterr().err
