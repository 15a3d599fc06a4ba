"""Convolutions in fewer operations: torch's own, in their plain wording, are the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.nets import BilinearConv2d, BlockConv2d, PaddedConv2d, UpsampledConv2d
from stylenet.nets.padding import pad, reflect, reflect_channels_last

MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate"}
FORMATS = [torch.contiguous_format, torch.channels_last]


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def gradients(f: Callable[[Tensor], Tensor], x: Tensor, *more: Tensor) -> Iterator[Tensor]:
    x = x.detach().requires_grad_()
    out = f(x)
    weights = noise(*out.shape).to(memory_format=torch.channels_last)
    yield out
    yield from torch.autograd.grad(out, (x, *more), weights)


def assert_same(ours: Callable, reference: Callable, x: Tensor, *more: Tensor) -> None:
    """Values and gradients, for both memory formats."""
    for memory_format in FORMATS:
        laid_out = x.to(memory_format=memory_format)
        for got, expected in zip(
            gradients(ours, laid_out, *more), gradients(reference, laid_out, *more), strict=True
        ):
            torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("border", "side"), [(0, 3), (1, 2), (1, 5), (4, 5), (4, 12)])
def test_padding_is_torchs(mode, border, side):
    assert_same(
        lambda x: pad(x, border, mode),
        lambda x: F.pad(x, (border,) * 4, mode=MODES[mode]),
        noise(2, 3, side, side + 1),
    )


@pytest.mark.parametrize(("border", "side"), [(1, 2), (4, 5), (4, 12)])
def test_reflecting_channels_last_is_torchs_and_stays_channels_last(border, side):
    x = noise(2, 3, side, side + 1).to(memory_format=torch.channels_last)
    padded = reflect_channels_last(x, border)
    assert torch.equal(padded, F.pad(x, (border,) * 4, mode="reflect"))
    assert padded.is_contiguous(memory_format=torch.channels_last)


def test_a_border_as_wide_as_the_picture_cannot_be_reflected():
    with pytest.raises(RuntimeError, match=r"[Pp]adding size"):
        reflect(noise(1, 1, 4, 9), 4)
    for side in (1, 2):
        with pytest.raises(RuntimeError, match=r"[Pp]adding size"):
            reflect_channels_last(noise(2, 3, side, 9), 2)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kernel", "border", "stride"), [(3, 1, 1), (3, 1, 2), (9, 4, 1), (3, 0, 1)]
)
def test_padded_convolution_is_torchs(mode, kernel, border, stride):
    ours = PaddedConv2d(3, 5, kernel, border, mode, stride).double()
    theirs = nn.Conv2d(3, 5, kernel, stride, border, padding_mode=mode).double()
    theirs.load_state_dict(ours.state_dict())
    theirs.weight, theirs.bias = ours.weight, ours.bias
    assert_same(ours, theirs, noise(2, 3, 10, 11), *ours.parameters())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("height", "width"), [(2, 2), (5, 8)])
def test_upsampled_convolution_is_that_of_the_doubled_picture(mode, height, width):
    ours = UpsampledConv2d(3, 5, mode).double()

    def plain(x: Tensor) -> Tensor:
        doubled = F.interpolate(x, scale_factor=2, mode="nearest")
        return F.conv2d(F.pad(doubled, (1,) * 4, mode=MODES[mode]), ours.weight, ours.bias)

    assert_same(ours, plain, noise(2, 3, height, width), *ours.parameters())


@pytest.mark.parametrize("mode", MODES)
def test_bilinear_convolution_is_that_of_the_picture_doubled_bilinearly(mode):
    ours = BilinearConv2d(3, 5, mode).double()
    x = noise(2, 3, 5, 8)
    doubled = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    expected = F.conv2d(F.pad(doubled, (1,) * 4, mode=MODES[mode]), ours.weight, ours.bias)
    found = ours(x)
    torch.testing.assert_close(found[..., 2:-2, 2:-2], expected[..., 2:-2, 2:-2])
    assert found.shape == expected.shape


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kernel", [3, 9])
@pytest.mark.parametrize(("height", "width"), [(8, 12), (9, 6), (7, 7)])
def test_convolution_by_blocks_is_torchs(mode, kernel, height, width):
    ours = BlockConv2d(4, 3, kernel, mode).double()

    def plain(x: Tensor) -> Tensor:
        padded = F.pad(x, (kernel // 2,) * 4, mode=MODES[mode])
        return F.conv2d(padded, ours.weight, ours.bias)

    assert_same(ours, plain, noise(2, 4, height, width), *ours.parameters())


@pytest.mark.parametrize(
    "layer", [PaddedConv2d(4, 5, 3, 1, "reflect"), UpsampledConv2d(4, 5, "reflect")]
)
def test_channels_last_is_kept(layer):
    x = torch.randn(1, 4, 8, 8).to(memory_format=torch.channels_last)
    assert layer(x).is_contiguous(memory_format=torch.channels_last)


def test_the_folded_border_is_a_well_formed_operator():
    torch.library.opcheck(torch.ops.stylenet.fold_reflected, (noise(2, 3, 9, 10), 2))
