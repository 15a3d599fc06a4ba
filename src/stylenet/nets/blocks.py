"""What transformer nets are built of: padding, residual blocks, upsampling, output ranges.

Every part takes and gives feature maps of shape (N,C,H,W). A norm layer is passed as a factory
``norm(channels) -> Module``, so any normalisation fits any net; one that depends on styles gets
the condition that says which, which every part hands on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stylenet.nets.convolutions import BilinearConv2d, PaddedConv2d, UpsampledConv2d
from stylenet.nets.padding import Mode
from stylenet.nets.styled import Condition, Styled, StyledSequential

NormFactory = Callable[[int], nn.Module]


@dataclass(frozen=True)
class Padding:
    """How a transformer net treats the borders of the image.

    ``margin`` pixels are reflected around the input; the convolutions outside the residual blocks
    keep their size with padding of kind ``mode`` (``zeros``, ``reflect`` or ``replicate``); those
    inside the residual blocks are padded by ``residual`` cells (1 keeps the size; 0 crops, and the
    margin pays for it).
    """

    margin: int
    mode: Mode
    residual: int


class ConvBlock(StyledSequential):
    """Convolution, norm, ReLU: (N,in,H,W) -> (N,out,ceil(H/stride),ceil(W/stride)) when padded."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        norm: NormFactory,
        mode: Mode = "zeros",
        stride: int = 1,
    ) -> None:
        convolution = PaddedConv2d(in_channels, out_channels, kernel, kernel // 2, mode, stride)
        super().__init__(convolution, norm(out_channels), nn.ReLU())


class ResidualBlock(Styled):
    """Two 3x3 convolutions with norm, added to the (cropped) input; no ReLU after the sum.

    Johnson et al. 2016, supplementary material: with ``padding=0`` the result is two cells smaller
    on every side and the shortcut is cropped to match. ``inner`` is how many channels are between
    the two convolutions, as many as come in if left out.
    """

    def __init__(
        self, channels: int, norm: NormFactory, padding: int, mode: Mode, inner: int | None = None
    ) -> None:
        super().__init__()
        inner = channels if inner is None else inner
        self.crop = 2 - 2 * padding
        self.body = StyledSequential(
            PaddedConv2d(channels, inner, 3, padding, mode),
            norm(inner),
            nn.ReLU(),
            PaddedConv2d(inner, channels, 3, padding, mode),
            norm(channels),
        )

    def forward(self, x: Tensor, condition: Condition = None) -> Tensor:
        """(N,C,H,W) -> (N,C,H-2*crop,W-2*crop)."""
        c = self.crop
        shortcut = x[..., c : x.shape[-2] - c, c : x.shape[-1] - c]
        return shortcut + self.body(x, condition)  # type: ignore[no-any-return]


class SeparableBlock(ResidualBlock):
    """`ResidualBlock` whose convolutions are separable: 3x3 of each channel alone, then 1x1 of all.

    About an eighth of its multiplications. MobileNets (Howard et al. 2017, arXiv:1704.04861) have
    a norm and a ReLU between the two, too; here each pair stands for one convolution.
    """

    def __init__(self, channels: int, norm: NormFactory, padding: int, mode: Mode) -> None:
        Styled.__init__(self)
        self.crop = 2 - 2 * padding
        self.body = StyledSequential(
            PaddedConv2d(channels, channels, 3, padding, mode, groups=channels),
            PaddedConv2d(channels, channels, 1, 0, mode),
            norm(channels),
            nn.ReLU(),
            PaddedConv2d(channels, channels, 3, padding, mode, groups=channels),
            PaddedConv2d(channels, channels, 1, 0, mode),
            norm(channels),
        )


BlockFactory = Callable[[int, NormFactory, int, Mode], nn.Module]


class TransposedUpsample(StyledSequential):
    """3x3 transposed convolution of stride 1/2, as papers say, norm, ReLU: doubles H and W.

    Prone to checkerboards; kept because Johnson et al. 2016 use it. ``mode`` is accepted for
    interchangeability: a transposed convolution knows zeros only.
    """

    def __init__(self, in_channels: int, out_channels: int, norm: NormFactory, mode: Mode) -> None:
        del mode
        super().__init__(
            nn.ConvTranspose2d(in_channels, out_channels, 3, 2, padding=1, output_padding=1),
            norm(out_channels),
            nn.ReLU(),
        )


class NearestUpsample(StyledSequential):
    """Nearest-neighbour doubling, 3x3 convolution, norm, ReLU: doubles H and W, no checkerboards.

    Odena et al. 2016, "Deconvolution and checkerboard artifacts".
    """

    def __init__(self, in_channels: int, out_channels: int, norm: NormFactory, mode: Mode) -> None:
        super().__init__(
            UpsampledConv2d(in_channels, out_channels, mode), norm(out_channels), nn.ReLU()
        )


class BilinearUpsample(StyledSequential):
    """Bilinear doubling, 3x3 convolution, norm, ReLU: doubles H and W.

    Where `NearestUpsample` can paint each of the pixels that a cell becomes in a colour of its own,
    and so fill plains with a weave of single pixels, this one cannot. Takes its parameters.
    """

    def __init__(self, in_channels: int, out_channels: int, norm: NormFactory, mode: Mode) -> None:
        super().__init__(
            BilinearConv2d(in_channels, out_channels, mode), norm(out_channels), nn.ReLU()
        )


UpsampleFactory = Callable[[int, int, NormFactory, Mode], nn.Module]


class ScaledTanh(nn.Module):
    """``centre + scale * tanh(x)``: bounded pixels; scale 150/255 around mid-grey by default.

    Johnson et al. 2016 (released code) use ``150 tanh`` around the mean colour: the range reaches
    a little past [0,1], so that black and white need no saturated unit. Images are clamped
    where they are written, not here: a clamp would kill the gradient.
    """

    def __init__(self, scale: float = 150 / 255, centre: float = 0.5) -> None:
        super().__init__()
        self.scale = scale
        self.centre = centre

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> same shape, values within centre ± scale."""
        return self.centre + self.scale * torch.tanh(x)


class Affine(nn.Module):
    """``centre + scale * x``: unbounded pixels, e.g. scale 1/255 for nets that paint in 0..255."""

    def __init__(self, scale: float = 1.0, centre: float = 0.0) -> None:
        super().__init__()
        self.scale = scale
        self.centre = centre

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> same shape, unbounded."""
        return self.centre + self.scale * x
