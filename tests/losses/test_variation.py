"""Total variation to a power against plain NumPy, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from stylenet.losses.functional import total_variation
from stylenet.losses.variation import variation_to_a_power


def noise(*shape, dtype=torch.float64):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


@pytest.mark.parametrize("exponent", [1.0, 1.25, 2.0])
def test_it_is_its_formula(exponent):
    image = noise(2, 3, 4, 6)
    array = image.numpy()
    expected = np.zeros(2)
    for n, c, y, x in np.ndindex(2, 3, 3, 5):
        here = array[n, c, y, x]
        squares = (array[n, c, y + 1, x] - here) ** 2 + (array[n, c, y, x + 1] - here) ** 2
        expected[n] += squares**exponent
    np.testing.assert_allclose(variation_to_a_power(image, exponent), expected, rtol=1e-12)
    single = variation_to_a_power(image.float(), exponent)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single, expected, rtol=1e-5)


def test_its_laws():
    image = noise(1, 3, 5, 7)
    once = variation_to_a_power(image)
    torch.testing.assert_close(variation_to_a_power(255 * image), 255**2.5 * once)
    torch.testing.assert_close(variation_to_a_power(image + 1), once)
    torch.testing.assert_close(variation_to_a_power(image.mT), once)
    # without the border's differences, which have no partner, it is the sum of squares
    image[..., -1, :], image[..., :, -1] = image[..., -2, :], image[..., :, -2]
    cut = total_variation(image[..., :-1, :-1]) * 3 * 4 * 6
    torch.testing.assert_close(variation_to_a_power(image, 1.0), cut)


def test_its_gradient_is_right_and_none_where_all_is_flat():
    assert torch.autograd.gradcheck(variation_to_a_power, noise(2, 3, 4, 5).requires_grad_())
    flat = torch.full((1, 3, 4, 4), 0.5, requires_grad=True)
    variation_to_a_power(flat).sum().backward()
    assert torch.equal(flat.grad, torch.zeros_like(flat))
