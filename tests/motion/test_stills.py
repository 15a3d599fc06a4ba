"""Second frames made of stills: they show what the stills show, elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.motion import StillMotion, carried, located

NEITHER = {"noise": 0.0, "light": 0.0}


def stills(count: int = 3, height: int = 40, width: int = 56) -> Tensor:
    """Smooth, so that interpolation is exact but for a little."""
    coarse = torch.rand(count, 3, 5, 7, generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_shift_by_whole_pixels_moves_them() -> None:
    still = stills()
    flow = torch.tensor([3.0, -2.0])[:, None, None].expand(3, 2, 40, 56)
    grid, seen = located(flow)
    moved = carried(still, grid)
    torch.testing.assert_close(moved[..., 2:, :-3], still[..., :-2, 3:], atol=1e-5, rtol=0)
    assert seen[..., 2:, :-3].min() == 1
    assert seen[..., :2, :].max() == seen[..., -3:].max() == 0  # these came from outside


def test_carrying_agrees_with_opencv() -> None:
    cv2 = pytest.importorskip("cv2", reason="the extra video is not installed")
    still = stills(1)
    flow = StillMotion(6, 2).flow(still, drawn())
    ours = carried(still, located(flow)[0])[0].permute(1, 2, 0).numpy()
    rows, columns = np.mgrid[:40, :56].astype(np.float32)
    theirs = cv2.remap(
        still[0].permute(1, 2, 0).contiguous().numpy(),
        columns + flow[0, 0].numpy(),
        rows + flow[0, 1].numpy(),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # it rounds places to a 32nd of a pixel
    np.testing.assert_allclose(ours, theirs, atol=0.02)


def test_without_noise_and_light_it_is_the_still_carried() -> None:
    still = stills()
    moved = StillMotion(**NEITHER)(still, drawn())
    torch.testing.assert_close(moved.image, carried(still, moved.grid).clamp(0, 1))
    assert (moved.image - still).abs().max() > 0.05


def test_at_rest_all_is_seen_and_differs_by_noise_and_light_alone() -> None:
    still = stills(64)
    moved = StillMotion(0, 0)(still, drawn())
    assert moved.seen.min() == 1
    torch.testing.assert_close(carried(still, moved.grid), still, atol=1e-5, rtol=0)
    light = (moved.image.mean((1, 2, 3)) / still.mean((1, 2, 3))).sub(1).abs()
    assert 0.03 < light.max() < 0.06
    dark = StillMotion(0, 0, light=0)(still, drawn()).image - still
    inner = (still > 0.1) & (still < 0.9)
    assert 0.005 < dark[inner].std() < 0.02


def test_flow_is_smooth_and_as_far_as_asked() -> None:
    flow = StillMotion(8, 0).flow(stills(256), drawn())
    assert 7 < flow.abs().max() <= 8
    assert (flow - flow.mean((2, 3), keepdim=True)).abs().max() < 1e-4
    bent = StillMotion(0, 2).flow(stills(256), drawn())
    assert bent.diff(dim=-1).abs().max() < 1  # nothing folds over
    assert 0.5 < bent.std() < 2


def test_the_same_seed_gives_the_same_frames_in_the_memory_layout_of_the_stills() -> None:
    still = stills().contiguous(memory_format=torch.channels_last)
    first, again, other = (StillMotion()(still, drawn(seed)) for seed in (3, 3, 4))
    assert torch.equal(first.image, again.image)
    assert not torch.equal(first.image, other.image)
    assert first.image.is_contiguous(memory_format=torch.channels_last)
    assert 0 <= first.image.min() <= first.image.max() <= 1


@pytest.mark.parametrize("wrong", [{"shift_px": -1.0}, {"noise": -0.1}, {"cells": 1}])
def test_numbers_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(StylenetError, match=r"Got loss.temporal_shift_px=.*expected 0 or more"):
        StillMotion(**wrong)
