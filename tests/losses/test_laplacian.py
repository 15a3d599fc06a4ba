"""The Laplacian loss: its formula by other means, its laws, its words."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import laplace
from skimage.measure import block_reduce
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.losses import LaplacianTerm, PerceptualLoss
from stylenet.losses.laplacian import laplacian, laplacian_loss


def picture(height: int = 24, width: int = 36, batch: int = 2, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(batch, 3, height, width, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("pool", [1, 2, 4])
def test_it_is_scipys_laplacian_of_blocks_means(pool: int) -> None:
    """scipy's operator has the other sign, which the square does not see."""

    def reference(image: Tensor) -> np.ndarray:
        blocks = block_reduce(image.numpy(), (1, pool, pool), np.mean)
        return sum(laplace(channel) for channel in blocks)[1:-1, 1:-1]

    a, b = picture(), picture(seed=1)
    wanted = [np.mean((reference(x) - reference(y)) ** 2) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(laplacian_loss(a, b, pool), wanted)


def test_what_has_no_edges_does_not_count() -> None:
    """A slope from one side to the other may be added; the same noise twice is four times."""
    content, noise = picture(), picture(seed=1)
    across, down = (torch.linspace(0, 1, n, dtype=torch.float64) for n in (36, 24))
    ramp = across - 2 * down[:, None]
    assert laplacian_loss(content + ramp, content, 4).max() < 1e-25
    once, twice = (laplacian_loss(content + k * noise, content, 4) for k in (1, 2))
    torch.testing.assert_close(twice, 4 * once)
    torch.testing.assert_close(laplacian(2 * content), 2 * laplacian(content))


def test_a_picture_does_not_depend_on_its_batch_and_low_precision_is_raised() -> None:
    a, b = picture(), picture(seed=1)
    whole = laplacian_loss(a, b, 2)
    torch.testing.assert_close(whole[1:], laplacian_loss(a[1:], b[1:], 2))
    assert laplacian_loss(a.bfloat16(), b.bfloat16(), 2).dtype == torch.float32


def test_what_is_left_at_the_border_is_averaged_too() -> None:
    """14 columns are 3 squares of 4 and one of 2, which is a mean of what it has."""
    flat = torch.full((1, 3, 13, 14), 0.7, dtype=torch.float64)
    assert laplacian_loss(flat, torch.zeros_like(flat), 4) < 1e-25
    changed = flat.clone()
    changed[..., -2:] = 0
    assert laplacian_loss(changed, flat, 4) > 0.1


def test_its_gradient_is_right() -> None:
    image = picture(9, 7).requires_grad_()
    target = picture(9, 7, seed=1)
    assert torch.autograd.gradcheck(lambda x: laplacian_loss(x, target, 2), image)


def test_a_term_has_a_part_a_pool_and_asks_nothing_of_the_network(fake_network) -> None:
    a, b = picture(48, 60).float(), picture(48, 60, seed=1).float()
    term = LaplacianTerm(10, pools=[4, 16], pool_weights=[1, 3])
    found = PerceptualLoss({"laplacian": term}, fake_network)(a, b)
    assert fake_network.calls == []
    parts = [weight * 10 * laplacian_loss(a, b, pool).mean() for pool, weight in ((4, 1), (16, 3))]
    torch.testing.assert_close(found.parts["laplacian/4"], parts[0])
    torch.testing.assert_close(found.parts["laplacian/16"], parts[1])
    torch.testing.assert_close(found.total, sum(parts))


@pytest.mark.parametrize(
    ("pools", "weights", "words"),
    [
        ([], None, r"loss.laplacian_pools=\[\].*at least one"),
        ([4, 4], None, "none twice"),
        ([0], None, "1 pixel or more"),
        ([4, 16], [1.0], r"loss.laplacian_pool_weights=\[1.0\].*equal length"),
    ],
)
def test_settings_that_cannot_be_are_refused(pools, weights, words) -> None:
    with pytest.raises(StylenetError, match=words):
        LaplacianTerm(1, pools, weights)


def test_a_picture_of_too_few_squares_says_which_pool_would_do() -> None:
    small = picture(30, 50)
    with pytest.raises(StylenetError, match=r"50 x 30 pixels.* 4 x 2 squares.*pools=\[10\]"):
        laplacian_loss(small, small, 16)
    assert laplacian_loss(small, small, 10).shape == (2,)
