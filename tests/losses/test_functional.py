"""The formulas against plain NumPy, and the laws they obey."""

from __future__ import annotations

import doctest
import inspect

import numpy as np
import pytest
import torch
from torch import Tensor

from stylenet.losses import functional
from stylenet.losses.functional import (
    content_loss,
    gram_matrix,
    mean_of_entries,
    pixel_loss,
    style_loss,
    sum_of_entries,
    total_variation,
)
from stylenet.losses.moments import CELLS


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)


def test_gram_matrix_is_the_sum_of_products_over_chw():
    features = noise(2, 3, 4, 5, dtype=torch.float64)
    expected = np.zeros((2, 3, 3))
    for n, i, j, y, x in np.ndindex(2, 3, 3, 4, 5):
        expected[n, i, j] += float(features[n, i, y, x] * features[n, j, y, x]) / (3 * 4 * 5)
    np.testing.assert_allclose(gram_matrix(features).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(gram_matrix(features.float()).numpy(), expected, rtol=1e-4)


def test_gram_matrix_does_not_know_where_things_are():
    features = noise(1, 3, 4, 5)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(2))
    shuffled = features.flatten(2)[..., order].view(1, 3, 4, 5)
    torch.testing.assert_close(gram_matrix(shuffled), gram_matrix(features))
    tiled = features.repeat(1, 1, 3, 2)
    torch.testing.assert_close(gram_matrix(tiled), gram_matrix(features))
    torch.testing.assert_close(gram_matrix(3 * features), 9 * gram_matrix(features))


@pytest.mark.parametrize("cells", [1, CELLS - 1, CELLS, CELLS + 1, 2 * CELLS, 2 * CELLS + 7])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gram_matrix_counts_every_cell_once(cells, layout):
    features = noise(2, 3, cells, 1).double().to(memory_format=layout)
    expected = torch.einsum("ncij,ndij->ncd", features, features) / (3 * cells)
    torch.testing.assert_close(gram_matrix(features), expected, rtol=1e-12, atol=1e-14)


def test_gram_matrix_of_many_cells_is_more_exact_than_bfloat16_is():
    features = noise(1, 16, 128, 128).bfloat16()
    exact = gram_matrix(features.double())
    error = (gram_matrix(features) - exact).norm() / exact.norm()
    flat = features.flatten(2)
    one_product = torch.bmm(flat, flat.transpose(1, 2)).double() / features[0].numel()
    assert error < 0.5 * (one_product - exact).norm() / exact.norm()


def test_gram_matrix_takes_any_memory_format():
    features = noise(2, 3, 4, 5)
    last = features.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(gram_matrix(last), gram_matrix(features))


def test_style_loss_is_the_squared_frobenius_norm_of_the_difference():
    a, b = noise(2, 3, 3), noise(2, 3, 3, seed=1)
    expected = [np.linalg.norm(x - y) ** 2 for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    np.testing.assert_allclose(style_loss(a, b).numpy(), expected, rtol=1e-5)


def test_style_loss_by_sum_is_that_by_mean_times_the_entries():
    a, b = noise(2, 5, 5), noise(1, 5, 5, seed=1)
    by_sum, by_mean = style_loss(a, b, sum_of_entries), style_loss(a, b, mean_of_entries)
    torch.testing.assert_close(by_sum, 25 * by_mean)
    assert (by_mean > 0).all()


def test_content_loss_is_the_mean_of_squares():
    a, b = noise(2, 3, 4, 5), noise(2, 3, 4, 5, seed=1)
    expected = ((a.numpy() - b.numpy()) ** 2).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(content_loss(a, b).numpy(), expected, rtol=1e-5)
    np.testing.assert_allclose(pixel_loss(a, b).numpy(), expected, rtol=1e-5)


def test_total_variation_is_the_sum_of_squared_steps_over_chw():
    image = noise(2, 3, 4, 6)
    array = image.double().numpy()
    expected = np.zeros(2)
    for n, c, y, x in np.ndindex(2, 3, 4, 6):
        if y + 1 < 4:
            expected[n] += (array[n, c, y + 1, x] - array[n, c, y, x]) ** 2 / (3 * 4 * 6)
        if x + 1 < 6:
            expected[n] += (array[n, c, y, x + 1] - array[n, c, y, x]) ** 2 / (3 * 4 * 6)
    np.testing.assert_allclose(total_variation(image).numpy(), expected, rtol=1e-5)


def test_total_variation_laws():
    image = noise(2, 3, 8, 7)
    assert total_variation(torch.full((2, 3, 8, 7), 0.3)).tolist() == [0, 0]
    torch.testing.assert_close(total_variation(2 * image), 4 * total_variation(image))
    torch.testing.assert_close(total_variation(image + 1), total_variation(image))
    torch.testing.assert_close(total_variation(image.mT), total_variation(image))


def test_equal_things_have_no_loss():
    features = noise(2, 3, 4, 4)
    for value in (
        content_loss(features, features),
        pixel_loss(features, features),
        style_loss(gram_matrix(features), gram_matrix(features)),
    ):
        assert value.tolist() == [0, 0]


# name -> function of two batches of feature maps, one value a picture
FUNCTIONS = {
    "gram": lambda a, _: gram_matrix(a),
    "style_sum": lambda a, b: style_loss(gram_matrix(a), gram_matrix(b)),
    "style_mean": lambda a, b: style_loss(gram_matrix(a), gram_matrix(b), mean_of_entries),
    "style_one_target": lambda a, _: style_loss(
        gram_matrix(a), gram_matrix(noise(1, 3, 4, 5, seed=9).to(a))
    ),
    "content": content_loss,
    "pixel": pixel_loss,
    "tv": lambda a, _: total_variation(a),
}
each = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())


@each
def test_the_value_of_a_picture_does_not_depend_on_its_batch(function):
    a, b = noise(3, 3, 4, 5), noise(3, 3, 4, 5, seed=1)
    together = function(a, b)
    assert len(together) == 3
    for i in range(3):
        torch.testing.assert_close(together[i], function(a[i : i + 1], b[i : i + 1])[0])
    assert not torch.allclose(together[0], together[1])


@each
def test_gradients_are_right(function):
    a = noise(2, 3, 4, 5, dtype=torch.float64).requires_grad_()
    b = noise(2, 3, 4, 5, seed=1, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(function, (a, b))


@each
@pytest.mark.parametrize("given", [torch.bfloat16, torch.float32, torch.float64])
def test_values_are_at_least_float32(function, given):
    a, b = noise(2, 3, 4, 5, dtype=given), noise(2, 3, 4, 5, seed=1, dtype=given)
    value = function(a, b)
    assert value.dtype == (torch.float64 if given == torch.float64 else torch.float32)
    exact = function(a.double(), b.double()).to(value.dtype)
    # the Gram product itself runs in the precision of its input: 2^-9 for each entry
    coarse = given == torch.bfloat16
    torch.testing.assert_close(value, exact, rtol=0.05 if coarse else 1e-5, atol=1e-3)


@pytest.mark.parametrize("function", [content_loss, pixel_loss], ids=["content", "pixel"])
def test_bfloat16_is_widened_before_it_is_squared_and_summed(function):
    a, b = (noise(2, 3, 32, 32, seed=s, dtype=torch.bfloat16) for s in (0, 1))
    exact = function(a.double(), b.double()).float()
    torch.testing.assert_close(function(a, b), exact, rtol=1e-5, atol=0)


def test_bfloat16_is_widened_before_neighbours_are_subtracted():
    image = noise(2, 3, 32, 32, dtype=torch.bfloat16)
    exact = total_variation(image.double()).float()
    torch.testing.assert_close(total_variation(image), exact, rtol=1e-5, atol=0)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_gradient_of_the_gram_matrix_is_right_for_any_upstream_gradient(memory_format):
    """Its Jacobian against finite differences: entry by entry, so for asymmetric gradients too."""
    features = noise(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=memory_format)
    assert torch.autograd.gradcheck(gram_matrix, features.requires_grad_())


def test_every_formula_has_an_example_and_the_examples_are_right():
    formulas = {
        f"{functional.__name__}.{name}"
        for name, value in inspect.getmembers(functional, inspect.isfunction)
        if value.__module__ == functional.__name__
    }
    examples = doctest.DocTestFinder(exclude_empty=True).find(functional)
    assert formulas == {one.name for one in examples if one.examples}
    assert doctest.testmod(functional).failed == 0
