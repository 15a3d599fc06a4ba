"""What no way of sizing does."""

from __future__ import annotations

import pytest
import torch

from stylenet.images import Exactly, ShorterSide, SizeError


def test_a_thread_is_not_enlarged_by_its_shorter_side() -> None:
    """A style of 3 x 5000 pixels became 256 x 426667, and the loss network took all memory."""
    with pytest.raises(SizeError, match=r"at most 100 times the shorter one.*crop the picture"):
        ShorterSide(8)(torch.zeros(3, 101, 1))
    assert ShorterSide(8)(torch.zeros(3, 1, 100)).shape == (3, 8, 800)
    assert ShorterSide(1)(torch.zeros(3, 2, 400)).shape == (3, 1, 200)


@pytest.mark.parametrize(("side", "value"), [("width", -1), ("height", 0), ("width", True)])
def test_exact_sides_are_positive_whole_numbers(side: str, value: int) -> None:
    with pytest.raises(SizeError, match=rf"Exactly\({side}={value}\): {side} must be a whole"):
        Exactly(**{"height": 8, "width": 8, side: value})
