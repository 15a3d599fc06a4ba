"""What nets are built of: sizes, shortcuts, upsampling, ranges, borders."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from stylenet.nets import (
    Affine,
    BilinearUpsample,
    ConvBlock,
    NearestUpsample,
    ResidualBlock,
    ScaledTanh,
    TransposedUpsample,
)
from stylenet.nets.fitting import fits, pad_to_multiple

MODES = ["zeros", "reflect", "replicate"]


def no_norm(channels: int) -> nn.Module:
    del channels
    return nn.Identity()


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kernel", "stride", "side"), [(9, 1, 11), (3, 1, 11), (3, 2, 12), (3, 2, 11)]
)
def test_conv_block_gives_sides_divided_by_the_stride_rounded_up(mode, kernel, stride, side):
    block = ConvBlock(3, 5, kernel, no_norm, mode, stride)
    expected = -(-side // stride)
    assert block(noise(2, 3, side, side)).shape == (2, 5, expected, expected)


def test_conv_block_is_convolution_norm_relu():
    torch.manual_seed(0)
    block = ConvBlock(3, 4, 3, nn.InstanceNorm2d)
    x = noise(1, 3, 8, 8)
    convolved = nn.functional.conv2d(x, block[0].weight, block[0].bias, padding=1)
    torch.testing.assert_close(block(x), nn.functional.instance_norm(convolved).relu())


@pytest.mark.parametrize("mode", MODES)
def test_unpadded_residual_block_is_the_interior_of_the_padded_one(mode):
    torch.manual_seed(0)
    padded = ResidualBlock(4, no_norm, 1, mode)
    cropped = ResidualBlock(4, no_norm, 0, mode)
    cropped.load_state_dict(padded.state_dict())
    x = noise(2, 4, 9, 12)
    assert padded(x).shape == (2, 4, 9, 12)
    assert cropped(x).shape == (2, 4, 5, 8)
    torch.testing.assert_close(cropped(x), padded(x)[..., 2:-2, 2:-2])


@pytest.mark.parametrize("padding", [0, 1])
def test_residual_block_adds_its_input_and_applies_no_relu_to_the_sum(padding):
    block = ResidualBlock(4, no_norm, padding, "reflect")
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    x = noise(1, 4, 8, 8)
    assert x.min() < 0
    kept = x if padding else x[..., 2:-2, 2:-2]
    torch.testing.assert_close(block(x), kept, rtol=0, atol=0)


@pytest.mark.parametrize("upsample", [BilinearUpsample, NearestUpsample, TransposedUpsample])
@pytest.mark.parametrize("mode", MODES)
def test_upsampling_doubles_height_and_width(upsample, mode):
    assert upsample(4, 2, no_norm, mode)(noise(2, 4, 5, 7)).shape == (2, 2, 10, 14)


def interior_spread(upsample: type[nn.Module], mode: str) -> float:
    """How far the interior of an upsampled constant is from constant."""
    block = upsample(4, 2, no_norm, mode)
    for parameter in block.parameters():
        nn.init.constant_(parameter, 0.1)
    interior = block(torch.ones(1, 4, 8, 8)).detach()[..., 2:-2, 2:-2]
    return float(interior.max() - interior.min())


@pytest.mark.parametrize("mode", MODES)
def test_upsampling_by_interpolation_makes_no_checkerboard(mode):
    assert interior_spread(NearestUpsample, mode) < 1e-5
    assert interior_spread(BilinearUpsample, mode) < 1e-5


def test_transposed_upsampling_makes_a_checkerboard():
    """Equal weights: 1, 2 or 4 of them meet in a cell, whence the pattern (Odena et al. 2016)."""
    assert interior_spread(TransposedUpsample, "zeros") == pytest.approx(3 * 4 * 0.1)


@pytest.mark.parametrize(("scale", "centre"), [(150 / 255, 0.5), (1.0, 0.0)])
def test_scaled_tanh_fills_its_range_and_stays_in_it(scale, centre):
    layer = ScaledTanh(scale, centre)
    out = layer(torch.linspace(-50, 50, 101))
    assert float(out.min()) == pytest.approx(centre - scale)
    assert float(out.max()) == pytest.approx(centre + scale)
    assert float(layer(torch.zeros(()))) == pytest.approx(centre)
    assert (out.diff() >= 0).all()


def test_default_output_reaches_past_black_and_white():
    low, high = ScaledTanh()(torch.tensor([-9.0, 9.0])).tolist()
    assert (low, high) == pytest.approx((0.5 - 150 / 255, 0.5 + 150 / 255), abs=1e-6)


def test_affine():
    x = noise(7)
    torch.testing.assert_close(Affine(1 / 255, 0.5)(x), x / 255 + 0.5)
    torch.testing.assert_close(Affine()(x), x)


@pytest.mark.parametrize("margin", [0, 3])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 10), (11, 12)])
def test_padding_reflects_a_margin_and_fills_up_below_and_right(height, width, margin):
    x = noise(1, 3, height, width)
    padded = pad_to_multiple(x, 4, margin)
    assert [(side - 2 * margin) % 4 for side in padded.shape[-2:]] == [0, 0]
    assert padded.shape[-2] - 2 * margin - height < 4
    torch.testing.assert_close(
        padded[..., margin : margin + height, margin : margin + width], x, rtol=0, atol=0
    )
    # a reflection does not repeat the border itself
    row = padded[..., margin : margin + width]
    if margin:
        torch.testing.assert_close(row[..., margin - 1, :], x[..., 1, :], rtol=0, atol=0)
    if height % 4:
        torch.testing.assert_close(row[..., margin + height, :], x[..., -2, :], rtol=0, atol=0)


@pytest.mark.parametrize("margin", [0, 8, 40])
def test_fits_says_which_sides_torch_can_reflect(margin):
    for side in range(max(1, margin), margin + 12):
        picture = torch.empty(1, 1, side, side, device="meta")
        try:
            padded = pad_to_multiple(picture, 4, margin).shape[-1]
        except RuntimeError:
            padded = 0
        # at a quarter of its size the picture must still be reflected by one cell
        assert fits(side, 4, margin, 9) == (padded >= 8), side
