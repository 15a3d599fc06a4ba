"""Warping error: nothing for what moves with the scene, as much as there is of noise."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan

import numpy as np
import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.metrics import warping_errors

pytest.importorskip("cv2", reason="the extra video is not installed")


@pytest.fixture
def frames(scene: Callable[..., list[np.ndarray]]) -> list[Tensor]:
    """Twelve that move by two pixels each time."""
    return [torch.from_numpy(f.copy()).permute(2, 0, 1) / 255 for f in scene(12, 96, 128)]


def shift(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The true flow between two frames of the scene that follow one another."""
    return np.full((*here.shape, 2), (2, 0), np.float32)


def test_what_moves_along_has_no_error_and_noise_its_own(frames: list[Tensor]) -> None:
    generator = torch.Generator().manual_seed(0)
    noisy = [f + 0.1 * torch.randn(f.shape, generator=generator) for f in frames]
    still = [frames[0]] * len(frames)
    painted = {"same": frames, "inverted": [1 - f for f in frames], "noisy": noisy, "still": still}
    # a flow that is right one way and wrong the other would be trusted nowhere
    both = iter([1, -1] * len(frames))
    errors = warping_errors(frames, painted, flow=lambda a, b: next(both) * shift(a, b))
    assert errors["same"] == pytest.approx(0, abs=1e-6)
    assert errors["inverted"] == pytest.approx(0, abs=1e-6)
    assert errors["noisy"] == pytest.approx(0.1 * 2**0.5, rel=0.02)
    assert errors["still"] > 0.01


def test_flow_is_found_where_none_is_given(frames: list[Tensor]) -> None:
    errors = warping_errors(frames, {"same": frames}, apart=3)
    assert errors["same"] < 0.02


def test_clips_too_short_have_none(frames: list[Tensor]) -> None:
    assert isnan(warping_errors(frames, {"same": frames}, apart=12)["same"])


def test_other_frames_than_the_originals_are_refused(frames: list[Tensor]) -> None:
    with pytest.raises(StylenetError, match="has 11 frames"):
        warping_errors(frames, {"short": frames[1:]})
