"""Pictures as people have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.images import PictureError, as_tensor, in_kind, read_image, to_pil, write_image

GENERATOR = np.random.default_rng(0)
BYTES = GENERATOR.integers(0, 256, (5, 7, 3), dtype=np.uint8)
EXPECTED = torch.from_numpy(BYTES).permute(2, 0, 1).float() / 255


@pytest.mark.parametrize(
    "given",
    [
        BYTES,
        BYTES.astype(np.float64) / 255,
        Image.fromarray(BYTES),
        EXPECTED,
        EXPECTED[None].double(),
        np.concatenate([BYTES, np.full((5, 7, 1), 255, np.uint8)], 2),
    ],
    ids=["bytes", "floats", "pil", "tensor", "batch", "opaque"],
)
def test_all_kinds_are_the_same_picture(given: Any) -> None:
    found = as_tensor(given)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, EXPECTED)


def test_a_path_is_read(tmp_path: Path) -> None:
    file = write_image(tmp_path / "a.png", EXPECTED)
    assert torch.equal(as_tensor(file), read_image(file))
    assert torch.equal(as_tensor(str(file)), read_image(file))


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_transparency_lies_on_white_and_grey_has_three_channels(kind: Any) -> None:
    high = 255 if kind is np.uint8 else 1
    clear = np.zeros((2, 2, 4), kind)
    clear[0, 0, 3] = high
    found = as_tensor(clear)
    assert found[:, 0, 0].tolist() == [0, 0, 0]
    assert found[:, 1, 1].tolist() == [1, 1, 1]
    grey = as_tensor(np.full((2, 3), high, kind))
    assert torch.equal(grey, torch.ones(3, 2, 3))


@pytest.mark.parametrize(
    "given",
    [
        BYTES.astype(np.int64),
        BYTES.astype(np.uint16),
        BYTES[..., :2],
        BYTES[:0],
        torch.zeros(4, 5, 7),
        torch.zeros(2, 3, 5, 7),
        torch.zeros(3, 5, 7, dtype=torch.uint8),
    ],
)
def test_what_is_no_picture_is_refused_with_what_it_is(given: Any) -> None:
    with pytest.raises(PictureError, match=r"of shape .* and kind .*, expected \("):
        as_tensor(given)


@pytest.mark.parametrize(
    "like", [BYTES, BYTES / np.float32(255), Image.fromarray(BYTES), EXPECTED, EXPECTED[None]]
)
def test_a_picture_goes_there_and_back(like: Any) -> None:
    back = in_kind(as_tensor(like), like)
    assert type(back) is type(like) or isinstance(back, Image.Image)
    torch.testing.assert_close(as_tensor(back), EXPECTED)
    if not isinstance(like, Image.Image):
        assert (back.shape, back.dtype) == (like.shape, like.dtype)


@pytest.mark.parametrize("given", [BYTES.astype(np.float32), EXPECTED * 255])
def test_floats_of_0_to_255_are_refused(given: Any) -> None:
    """They were clamped, and painted as a white picture."""
    with pytest.raises(PictureError, match=r"values up to 248, expected .*Divide it by 255"):
        as_tensor(given)


def test_a_paths_kind_is_pillows() -> None:
    assert np.array_equal(np.asarray(in_kind(EXPECTED, "a.png")), np.asarray(to_pil(EXPECTED)))
