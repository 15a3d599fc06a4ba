"""Two frames of a clip: where the second shows what the first does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.motion import DisFlow, carried, followed, one_threaded, opencv

pytest.importorskip("cv2", reason="the extra video is not installed")


def texture(side: int, seed: int = 0) -> Tensor:
    coarse = torch.rand(1, 3, side // 4, side // 4, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)[0]


def test_the_first_frame_carried_is_the_second_where_it_is_seen() -> None:
    wide = texture(128)
    first, second = wide[:, 16:112, 16:112], wide[:, 19:115, 11:107]
    moved = followed(first, second, DisFlow())
    found = carried(first[None], moved.grid[None])[0]
    seen = moved.seen[0] > 0
    assert seen.float().mean() > 0.8
    assert (found - second).abs()[:, seen].mean() < 0.02
    assert (first - second).abs()[:, seen].mean() > 0.1
    # what came in from the left and from below is in no place of the first
    assert not moved.seen[0, :, :4].any()
    assert not moved.seen[0, -2:].any()


def test_frames_at_rest_are_seen_in_place() -> None:
    frame = texture(64)
    moved = followed(frame, frame, DisFlow())
    assert moved.seen.all()
    torch.testing.assert_close(carried(frame[None], moved.grid[None])[0], frame)


def test_nothing_is_seen_across_a_cut() -> None:
    moved = followed(texture(64), texture(64, seed=5), DisFlow())
    assert not moved.seen.any()


def test_what_was_hidden_is_not_seen() -> None:
    # a thing moves by 12 pixels over a scene at rest
    here, back = np.zeros((96, 96, 2), np.float32), np.zeros((96, 96, 2), np.float32)
    here[30:62, 32:64, 0], back[30:62, 20:52, 0] = -12, 12
    flows = iter([here, back])
    seen = followed(texture(96), texture(96), lambda *_: next(flows)).seen[0]
    assert not seen[30:62, 20:32].any()  # what the thing has left
    assert seen[30:62, 32:64].all()
    assert seen[:, 64:].all()


def test_the_number_of_threads_changes_nothing() -> None:
    wide = texture(160)
    frames = wide[:, :128, :128], wide[:, 7:135, 3:131]
    cv2, found = opencv(), []
    before = cv2.getNumThreads()
    try:
        for threads in (1, 2):
            cv2.setNumThreads(threads)
            found.append(followed(*frames, DisFlow()))
            assert cv2.getNumThreads() == threads  # as it was
    finally:
        cv2.setNumThreads(before)
    torch.testing.assert_close(found[0].grid, found[1].grid, rtol=0, atol=0)
    with one_threaded():
        assert cv2.getNumThreads() == 1
    assert np.isfinite(found[0].grid.numpy()).all()
