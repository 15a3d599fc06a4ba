"""Total variation in a form that is not a sum of squares."""

from __future__ import annotations

import torch
from torch import Tensor


def variation_to_a_power(image: Tensor, exponent: float = 1.25) -> Tensor:
    """Sum over channels and pixels of (down^2 + across^2)^exponent: (N,C,H,W) -> (N,).

    ``down`` and ``across`` are the differences from the pixel below and the one to the right;
    pixels that lack one of the two are left out. In float32, or float64 where ``image`` is. Not
    divided by the size. Below an ``exponent`` of 1 flat places would have an infinite gradient.

    Source: ``total_variation_loss`` of keras-team/keras-io,
    examples/generative/neural_style_transfer.py, commit 0896b2e698bb67de992027929cd1199462272074.
    """
    image = image if image.dtype == torch.float64 else image.float()
    down = image[..., 1:, :-1] - image[..., :-1, :-1]
    across = image[..., :-1, 1:] - image[..., :-1, :-1]
    return ((down**2 + across**2) ** exponent).sum((1, 2, 3))
