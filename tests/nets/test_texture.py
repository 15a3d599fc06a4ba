"""TextureNet: what it makes of noise."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.nets import InstanceNorm, ScaledTanh, TextureNet


def make(scales: int = 3, channels: int = 4) -> TextureNet:
    torch.manual_seed(0)
    return TextureNet(InstanceNorm, ScaledTanh(), scales, channels).eval()


def noise(net: TextureNet, count: int = 2, height: int = 24, width: int = 32) -> Tensor:
    return net.noise(count, height, width, torch.Generator().manual_seed(0))


def test_noise_becomes_images_of_its_size() -> None:
    net = make()
    given = noise(net)
    assert given.shape == (2, 9, 24, 32)
    assert 0 <= given.min() < given.max() <= 1
    images = net(given)
    assert images.shape == (2, 3, 24, 32)
    assert not torch.allclose(images[0], images[1])


def test_noise_is_as_large_as_asked_for_or_a_little_larger() -> None:
    net = make()
    assert net.noise(1, 21, 40, torch.Generator()).shape == (1, 9, 24, 40)


def test_every_scale_has_values_of_its_own() -> None:
    """A change of the noise of one scale changes the image, and its own channels alone reach it."""
    net, given = make(), noise(make(), 1)
    before = net(given)
    for scale in range(3):
        changed = given.clone()
        step = 2**scale
        changed[:, 3 * scale : 3 * scale + 3, ::step, ::step] += 1
        assert not torch.allclose(net(changed), before)
        unread = given.clone()
        unread[:, 3 * scale : 3 * scale + 3] += 1
        unread[:, 3 * scale : 3 * scale + 3, ::step, ::step] -= 1
        torch.testing.assert_close(net(unread), before)


def test_it_has_no_borders() -> None:
    """Noise that is moved around moves what is painted: the image can be laid beside itself."""
    net, given = make(), noise(make())
    moved = net(given.roll((4, 8), (2, 3)))
    torch.testing.assert_close(moved, net(given).roll((4, 8), (2, 3)), rtol=1e-4, atol=1e-5)


def test_channels_grow_towards_finer_scales() -> None:
    shapes = {name: tuple(value.shape) for name, value in make().named_parameters()}
    assert shapes["join_blocks.0.0.weight"] == (8, 8, 3, 3)
    assert shapes["join_blocks.1.0.weight"] == (12, 12, 3, 3)
    assert shapes["last.weight"] == (3, 12, 1, 1)


@pytest.mark.parametrize("shape", [(1, 3, 24, 32), (1, 9, 24, 30), (9, 24, 32)])
def test_a_photograph_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(StylenetError, match=r"paints a texture from noise.*stylenet texture"):
        make()(torch.zeros(shape))


def test_a_net_of_no_scale_is_refused() -> None:
    with pytest.raises(StylenetError, match=r"net\.scales=0"):
        make(scales=0)
