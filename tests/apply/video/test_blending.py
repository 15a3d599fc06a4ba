"""Blending: less flicker, no ghosts of another scene, no drift of what rests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video import ClipOptions, FlowBlend, paint_clip
from stylenet.errors import StylenetError
from stylenet.images import read_image
from stylenet.metrics import warping_errors

pytest.importorskip("cv2", reason="the extra video is not installed")

Scene = Callable[..., list[NDArray[np.uint8]]]


@pytest.fixture
def large(scene: Scene) -> list[NDArray[np.uint8]]:
    return scene(6, 96, 128)


def test_flicker_is_less_than_half_of_what_it_is_frame_by_frame(
    clip: Callable[..., Path], large: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    given = clip("given.mp4", large)

    def painted(name: str, blend: FlowBlend | None) -> list[Tensor]:
        generator = torch.Generator().manual_seed(0)

        def paint(image: Tensor) -> Tensor:
            return image + 0.1 * torch.randn(image.shape, generator=generator)

        paint_clip(given, tmp_path / name / "%03d.png", paint, ClipOptions(blend=blend))
        return [read_image(file) for file in sorted((tmp_path / name).iterdir())]

    clips = {"each": painted("each", None), "blended": painted("blended", FlowBlend())}
    original = [torch.from_numpy(f.copy()).permute(2, 0, 1) / 255 for f in large]
    errors = warping_errors(original, clips)
    assert errors["blended"] < errors["each"] / 2


def test_nothing_is_blended_across_a_cut(large: list[NDArray[np.uint8]]) -> None:
    before, now = large[:2]
    blend = FlowBlend()
    assert blend.motion(before, now) is not None
    assert blend.motion(before, 255 - now[::-1]) is None


def test_what_rests_is_neither_moved_nor_resampled(large: list[NDArray[np.uint8]]) -> None:
    """A thing crosses a background at rest under a painter that flickers: there it settles."""
    random = np.random.default_rng(0)
    background = large[0]
    blend = FlowBlend(0.9)
    before, out = background, random.random(background.shape, dtype=np.float32)
    first = out
    for step in range(1, 6):
        now = background.copy()
        now[30:60, 8 * step : 8 * step + 20] = 255
        motion = blend.motion(before, now)
        assert motion is not None
        assert not motion.flow[70:].any()
        assert (motion.trust[75:] > 0.99).all()
        out = blend(np.zeros_like(out), out, motion)
        before = now
    assert np.allclose(out[80:], first[80:] * 0.9**5, atol=1e-3)


def test_what_comes_into_sight_is_painted_anew(large: list[NDArray[np.uint8]]) -> None:
    before = large[0].copy()
    before[:, 40:70] = (250, 20, 20)
    now = large[0]
    motion = FlowBlend().motion(before, now)
    assert motion is not None
    assert motion.trust[:, 45:65].max() < 0.05
    painted, last = np.zeros((2, *now.shape), np.float32)
    last[:] = 1
    blended = FlowBlend()(painted, last, motion)
    assert blended[:, 45:65].max() < 0.05
    assert blended[:, 100:].min() > 0.6


def test_large_frames_are_blended_at_their_own_size() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (30, 1100, 3), dtype=np.uint8)
    motion = FlowBlend().motion(frame, frame)
    assert motion is not None
    assert motion.flow.shape[1] == 512
    painted = np.ones((30, 1100, 3), np.float32)
    assert FlowBlend()(painted, painted, motion).shape == painted.shape


def test_a_weight_that_never_paints_anew_is_refused() -> None:
    with pytest.raises(StylenetError, match=r"Got blend=1, expected 0 to 0.95"):
        FlowBlend(1)
