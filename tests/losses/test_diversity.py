"""DiversityTerm: what it asks of a batch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.losses import DiversityTerm, View
from stylenet.losses.diversity import to_nearest


def images(count: int = 5) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def values(batch: Tensor) -> Tensor:
    view = View(batch)
    return DiversityTerm(1.0)(view, view)[""]


def test_the_nearest_is_found_among_all() -> None:
    batch = images()
    expected = [
        min(float((a - b).square().mean()) for j, b in enumerate(batch) if j != i)
        for i, a in enumerate(batch)
    ]
    torch.testing.assert_close(to_nearest(batch), torch.tensor(expected))


def test_twice_as_far_apart_is_less_by_the_logarithm_of_two() -> None:
    batch = images()
    torch.testing.assert_close(values(2 * batch), values(batch) - math.log(2), rtol=1e-4, atol=0)


def test_the_order_of_a_batch_does_not_matter() -> None:
    order = torch.tensor([3, 0, 4, 1, 2])
    torch.testing.assert_close(values(images()[order]), values(images())[order])


def test_its_gradient_parts_images_that_are_alike_and_is_finite_where_they_are_the_same() -> None:
    batch = (images(2) * 0.1).requires_grad_()
    values(batch).sum().backward()
    assert batch.grad is not None
    apart = batch.detach() - 0.001 * batch.grad
    assert to_nearest(apart).min() > to_nearest(batch.detach()).min()
    same = images(1).repeat(2, 1, 1, 1).requires_grad_()
    values(same).sum().backward()
    assert same.grad is not None
    assert torch.isfinite(same.grad).all()


def test_one_image_has_no_other() -> None:
    with pytest.raises(StylenetError, match=r"batch of 1 images.*data\.batch_size=4"):
        values(images(1))
