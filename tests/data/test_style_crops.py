"""Style images of a step: a function of the step and the seed."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.data import CentreSquare, MemoryPictures, RandomCrop, StyleCrops
from stylenet.errors import StylenetError
from stylenet.images import PictureError

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)]
PICTURES = MemoryPictures(list("abcde"), [Image.new("RGB", (40, 30), c) for c in COLOURS])
NOISE = MemoryPictures(
    ["noise"],
    [Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))],
)


def colours(square: torch.Tensor) -> set[tuple[int, ...]]:
    return {tuple(round(v * 255) for v in p) for p in square.flatten(1).T.tolist()}


def test_a_step_always_has_the_same_images_and_another_seed_others() -> None:
    crops = StyleCrops(NOISE, RandomCrop(), 16, seed=1)
    first = crops.batch(3, 2)
    assert first.shape == (2, 3, 16, 16)
    crops.batch(9, 2)
    assert torch.equal(crops.batch(3, 2), first)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(StyleCrops(NOISE, RandomCrop(), 16, seed=2).batch(3, 2), first)


def test_all_styles_are_dealt_before_one_comes_again() -> None:
    crops = StyleCrops(PICTURES, CentreSquare(), 8, seed=0, mixed=0)
    seen = [colours(square) for step in range(5) for square in crops.batch(step, 3)]
    for first in (0, 5, 10):
        assert set().union(*seen[first : first + 5]) == set(COLOURS)


def test_the_next_step_is_made_ahead_and_an_error_of_it_is_told_when_it_is_asked_for() -> None:
    spoilt = threading.Event()

    class Spoilt(MemoryPictures):
        loads = 0

        def load(self, number: int) -> Image.Image:
            self.loads += 1
            if self.loads == 2:
                spoilt.set()
                raise PictureError("b", "gone", "mend it")
            return super().load(number)

    crops = StyleCrops(Spoilt(PICTURES.names, PICTURES.images), CentreSquare(), 8, seed=0, mixed=0)
    first = crops.batch(0, 1)
    assert spoilt.wait(10)
    assert torch.equal(copy.deepcopy(crops).batch(0, 1), first)
    with pytest.raises(PictureError, match="gone"):
        crops.batch(1, 1)
    assert crops.batch(1, 1).shape == (1, 3, 8, 8)  # of another try


def test_a_mixed_square_stands_side_by_side() -> None:
    crops = StyleCrops(PICTURES, CentreSquare(), 20, seed=0, mixed=1)
    squares = [square for step in range(10) for square in crops.batch(step, 4)]
    counts = [len(colours(square)) for square in squares]
    assert set(counts) <= {1, 2}  # one: a style beside itself
    assert counts.count(2) > 20
    for square in squares:
        assert torch.equal(square, square[:, :1].expand(-1, 20, -1))  # cut from top to bottom


def test_a_fraction_beyond_1_is_refused() -> None:
    with pytest.raises(StylenetError, match="mixed=2"):
        StyleCrops(PICTURES, CentreSquare(), 8, seed=0, mixed=2)
