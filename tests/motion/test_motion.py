"""Flow finds what moved; warping undoes it; what is hidden is not trusted."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from stylenet.errors import StylenetError
from stylenet.motion import DisFlow, Effort, flow_at, trusted, warp

Scene = Callable[..., list[np.ndarray]]
pytest.importorskip("cv2", reason="the extra video is not installed")


def grey(pixels: np.ndarray) -> np.ndarray:
    return pixels.mean(-1).astype(np.uint8)


@pytest.mark.parametrize("effort", [Effort.FAST, Effort.MEDIUM])
def test_flow_finds_a_shift_and_warping_undoes_it(scene: Scene, effort: Effort) -> None:
    before, now = scene(2, 96, 128)
    flow = DisFlow(effort)(grey(now), grey(before))
    inner = flow[8:-8, 8:-8]
    assert np.abs(inner - (2, 0)).mean() < 0.2
    carried = warp(before.astype(np.float32), flow)
    assert np.abs(carried - now)[8:-8, 8:-8].mean() < 1 < np.abs(1.0 * before - now).mean()


def test_frames_smaller_than_a_patch_have_flow_too(scene: Scene) -> None:
    before, now = scene(2, 9, 11)
    assert DisFlow()(grey(now), grey(before)).shape == (9, 11, 2)


@pytest.mark.parametrize("sharp", [False, True])
def test_warping_by_whole_pixels_moves_them(sharp: bool) -> None:
    image = np.random.default_rng(0).random((12, 20, 3), dtype=np.float32)
    flow = np.zeros((12, 20, 2), np.float32)
    flow[..., 0], flow[..., 1] = 3, -2
    warped = warp(image, flow, sharp=sharp)
    assert np.allclose(warped[2:, :-3], image[:-2, 3:], atol=1e-6)
    assert np.allclose(warped[0, -1], image[0, -1])  # beyond: the nearest of the border


def test_what_leaves_the_frame_or_comes_back_elsewhere_is_not_trusted() -> None:
    here, back = np.zeros((2, 10, 30, 2), np.float32)
    here[..., 0], back[..., 0] = 4, -4
    agreed = trusted(here, back)
    assert agreed[:, :26].all()
    assert not agreed[:, 26:].any()
    back[:, 10:15] = 0  # shows something else
    agreed = trusted(here, back)
    assert not agreed[:, 6:11].any()
    assert agreed[:, :6].all()


def test_flow_at_another_size_is_as_many_times_longer() -> None:
    flow = np.full((6, 8, 2), (1, 2), np.float32)
    assert np.allclose(flow_at(flow, 18, 16), (2, 6))


def test_without_opencv_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(StylenetError, match=r"needs OpenCV.*stylenet\[video\]"):
        DisFlow()(np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.uint8))


def test_flows_are_trusted_by_the_formula_of_sundaram_et_al() -> None:
    random = np.random.default_rng(2)
    here = (4 * random.standard_normal((20, 30, 2))).astype(np.float32)
    back = (-here + 0.6 * random.standard_normal(here.shape)).astype(np.float32)
    rows, columns = np.mgrid[:20, :30]
    x, y = columns + here[..., 0], rows + here[..., 1]
    returned = warp(back, here).astype(float)
    apart = ((here + returned) ** 2).sum(-1)
    length = (here.astype(float) ** 2).sum(-1) + (returned**2).sum(-1)
    wanted = (apart < 0.01 * length + 0.5) & (x >= 0) & (x <= 29) & (y >= 0) & (y <= 19)
    assert 0 < wanted.mean() < 0.9
    np.testing.assert_array_equal(trusted(here, back), wanted)
