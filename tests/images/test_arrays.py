"""Images as arrays are those of tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.images import LongerSide, SizeError, open_image, sample_photographs, to_pil, to_tensor
from stylenet.images.arrays import by_longer_side, from_array, to_array


@pytest.fixture
def photo() -> Image.Image:
    return open_image(sample_photographs()["chelsea"]).resize((131, 97))


def test_they_are_read_and_written_alike(photo: Image.Image) -> None:
    array = to_array(photo)
    assert array.dtype == np.float32
    assert np.array_equal(array, to_tensor(photo).numpy())
    assert from_array(array).tobytes() == photo.tobytes()
    beyond = torch.linspace(-0.3, 1.3, 3 * 50 * 40).reshape(3, 50, 40)
    assert from_array(beyond.numpy()).tobytes() == to_pil(beyond).tobytes()


@pytest.mark.parametrize("px", [1, 13, 64, 131, 200])
def test_they_are_resized_alike(photo: Image.Image, px: int) -> None:
    ours, wanted = by_longer_side(to_array(photo), px), LongerSide(px)(to_tensor(photo)).numpy()
    assert ours.shape == wanted.shape
    assert np.abs(ours - wanted).max() < 1e-5


def test_a_size_that_no_image_can_have_is_refused(photo: Image.Image) -> None:
    with pytest.raises(SizeError, match="cannot be resized"):
        by_longer_side(to_array(photo), 100_000)
