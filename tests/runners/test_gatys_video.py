"""The real train.py with task=gatys_video: frames that are optimised and do not flicker."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.images import read_image, write_image
from stylenet.losses import PerceptualLoss, TotalVariationTerm
from stylenet.metrics import warping_errors
from stylenet.runners.gatys_video import _Clip, _grey

av = pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")

Script = Callable[..., int]
Interrupt = Callable[[int], AbstractContextManager[None]]
Scene = Callable[..., list[NDArray[np.uint8]]]


def tensor(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255


@pytest.fixture
def small(photos: Path, clip: Callable[..., Path], scene: Scene, tmp_path: Path) -> list[str]:
    return [
        "task=gatys_video",
        f"content={clip('clip.mp4', scene(5))}",
        f"style={photos / '07.jpg'}",
        "content_size.px=64",
        "loss.style_scales=[1]",
        "loss.style_layers=[relu1_2,relu2_2]",
        "loss.content_layers=[relu2_2]",
        "clip.frames=4",
        "trainer.accelerator=cpu",
        "precision=32",
        "callbacks=none",
        "logger=none",
    ]


def frames_in(run: Path) -> list[Tensor]:
    return [read_image(file) for file in sorted((run / "frames").iterdir())]


def test_frames_flicker_less_than_without_the_term(
    script: Script, small: list[str], scene: Scene, tmp_path: Path
) -> None:
    found = {}
    for name, weight in (("held", 5000), ("free", 0)):
        run = tmp_path / name
        more = [f"clip.weight={weight}", "trainer.max_steps=40", f"run.dir={run}"]
        assert script("train.py", *small, *more) == 0
        found[name] = frames_in(run)
        assert len(found[name]) == 4
        with av.open(str(run / "result.mp4")) as clip:
            assert sum(1 for _ in clip.decode(video=0)) == 4
        assert torch.equal(read_image(run / "result.png"), found[name][-1])
    original = [tensor(pixels)[0] for pixels in scene(4)]
    errors = warping_errors(original, found)
    assert errors["held"] < 0.7 * errors["free"]


def test_a_run_that_was_stopped_goes_on_with_the_same_frames(
    script: Script, small: list[str], tmp_path: Path, interrupt_at: Interrupt
) -> None:
    """In the second of two passes, which goes backwards."""
    whole, parted = tmp_path / "whole", tmp_path / "parted"
    small = [a for a in small if a != "callbacks=none"]
    small += ["clip.passes=2", "clip.frames=3", "trainer.max_steps=12"]
    assert script("train.py", *small, f"run.dir={whole}") == 0
    with interrupt_at(9):
        assert script("train.py", *small, f"run.dir={parted}") == 128 + signal.SIGINT
    assert not (parted / "result.mp4").exists()
    assert script("train.py", f"resume={parted}") == 0
    assert len(frames_in(whole)) == 3
    for one, other in zip(frames_in(whole), frames_in(parted), strict=True):
        assert torch.equal(one, other)
    assert torch.equal(read_image(whole / "result.png"), frames_in(whole)[0])


def moving(scene: Scene, folder: Path, count: int = 6) -> _Clip:
    frames = [tensor(pixels) for pixels in scene(count, 96, 128)]
    for number, frame in enumerate(frames):
        write_image(folder / "frames" / f"{number + 1:05d}.png", frame)
    return _Clip(frames, [_grey(frame) for frame in frames], folder, [1, 2, 4], 10)


def test_what_is_carried_along_is_the_frame_where_both_show_it(
    scene: Scene, fake_network: torch.nn.Module, tmp_path: Path
) -> None:
    clip = moving(scene, tmp_path)
    loss = PerceptualLoss({"tv": TotalVariationTerm(0)}, fake_network)
    changed = clip.terms([0, 1, 2, 3], 4, loss)
    assert list(changed.terms) == ["tv", "warped_1", "warped_2", "warped_4"]
    near, far = changed.terms["warped_1"], changed.terms["warped_4"]
    assert near.seen.mean() > 0.9
    inner = near.seen.bool().expand_as(near.target)
    assert (near.target - clip.frames[4])[inner].abs().mean() < 0.01
    # each place belongs to the nearest frame that shows it
    total = sum(changed.terms[name].seen for name in ("warped_1", "warped_2", "warped_4"))
    assert total.max() == 1
    assert far.seen.mean() < 0.05
    assert changed(clip.frames[4], clip.frames[4]).total < 1e-2
    assert changed(1 - clip.frames[4], clip.frames[4]).total > 0.1
    first = clip.terms([], 0, loss)
    assert first(1 - clip.frames[0], clip.frames[0]).total == 0


def test_a_frame_starts_from_the_one_before_it(scene: Scene, tmp_path: Path) -> None:
    clip = moving(scene, tmp_path)
    (tmp_path / "frames" / "00003.png").unlink()  # not painted yet
    painted = 1 - clip.frames[1]
    start = clip.begin([0, 1], 1, 2, painted)
    torch.testing.assert_close(
        read_image(tmp_path / "frames" / "00002.png")[None], painted, atol=3e-3, rtol=0
    )
    inner = (..., slice(10, -10), slice(10, -10))
    assert (start - (1 - clip.frames[2]))[inner].abs().mean() < 0.02
    write_image(tmp_path / "frames" / "00003.png", clip.frames[2])  # in the pass before
    between = clip.begin([0, 1], 1, 2, painted)
    assert (between - 0.5)[inner].abs().mean() < 0.02
    assert torch.equal(
        clip.begin([], 1, 2, painted), read_image(tmp_path / "frames/00003.png")[None]
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("content=null", "Got content=null, but task=gatys_video paints a clip"),
        ("clip.frames=1", r"Got clip.frames=1 .*expected 2 frames or more"),
        ("trainer.max_steps=3", "for 1 x 4 frames, expected at least a step for each"),
        ("content=none.mp4", "There is no file"),
        ("scales=coarse_to_fine", "several sizes"),
        ("colours=luminance", "colours of the content"),
    ],
)
def test_what_has_no_meaning_is_said(
    script: Script,
    small: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    wrong: str,
    words: str,
) -> None:
    more = [wrong, "style_size.px=64", f"run.dir={tmp_path / 'run'}"]
    more += [] if "max_steps" in wrong else ["trainer.max_steps=40"]
    key = wrong.partition("=")[0]
    small = [a for a in small if not a.startswith(f"{key}=")]
    if key == "scales":
        more += ["content_size.px=300", "scales.first_px=128", "scales.steps=5"]
        small = [a for a in small if not a.startswith("content_size")]
    assert script("train.py", *small, *more) == 2
    assert re.search(words, capfd.readouterr().err)
