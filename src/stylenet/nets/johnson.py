"""The feed-forward transformer net of Johnson et al. 2016 (arXiv:1603.08155), in every variant."""

from __future__ import annotations

from itertools import count

from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.nets.blocks import (
    ConvBlock,
    NormFactory,
    Padding,
    ResidualBlock,
    ScaledTanh,
    UpsampleFactory,
    fits,
    pad_to_multiple,
)
from stylenet.nets.convolutions import BlockConv2d

DOWNSAMPLING = 4
KERNEL = 9


class PictureTooSmallError(StylenetError, ValueError):
    """The picture is too small for the net's padding."""


class TransformerNet(nn.Module):
    """Paints a picture in one pass: (N,3,H,W) RGB in [0,1] -> the same size, values about [0,1].

    9x9 convolution, two 3x3 convolutions of stride 2, ``blocks`` residual blocks, two upsampling
    steps, 9x9 convolution, ``output``. Channels are 32, 64, 128 times ``width``: ``width=1`` is
    the paper's, ``width=0.5`` that of the authors' released instance-norm models.

    The input enters as RGB in [0,1]; Johnson's code feeds BGR in 0..255 minus the mean. A first
    layer that is learnt, and followed by a norm, makes the two the same net up to its first bias.

    Args:
        norm: factory of norm layers, ``norm(channels)``.
        padding: treatment of the borders; ``Padding(40, "zeros", 0)`` is the paper's.
        upsample: factory, ``upsample(in_channels, out_channels, norm, mode)``.
        width: multiplies the channels.
        blocks: number of residual blocks.
        output: maps the last convolution to pixels; ``ScaledTanh()`` if left out.

    Raises:
        StylenetError: a width or margin that cannot be built.
    """

    def __init__(
        self,
        norm: NormFactory,
        padding: Padding,
        upsample: UpsampleFactory,
        width: float = 1.0,
        blocks: int = 5,
        output: nn.Module | None = None,
    ) -> None:
        super().__init__()
        _check(padding, width, blocks)
        c1, c2, c3 = (max(1, round(channels * width)) for channels in (32, 64, 128))
        mode = padding.mode
        self.padding = padding
        self.encoder = nn.Sequential(
            ConvBlock(3, c1, KERNEL, norm, mode),
            ConvBlock(c1, c2, 3, norm, mode, stride=2),
            ConvBlock(c2, c3, 3, norm, mode, stride=2),
        )
        self.residuals = nn.Sequential(
            *(ResidualBlock(c3, norm, padding.residual, mode) for _ in range(blocks))
        )
        self.decoder = nn.Sequential(
            upsample(c3, c2, norm, mode),
            upsample(c2, c1, norm, mode),
            BlockConv2d(c1, 3, KERNEL, mode),
        )
        self.output = ScaledTanh() if output is None else output

    def forward(self, image: Tensor) -> Tensor:
        """Stylise ``image``.

        Raises:
            PictureTooSmallError: when the picture cannot be reflected as far as the padding asks.
        """
        height, width = image.shape[-2:]
        margin = self.padding.margin
        if not all(fits(side, DOWNSAMPLING, margin, KERNEL) for side in (height, width)):
            raise self._too_small(height, width)
        x = pad_to_multiple(image, DOWNSAMPLING, margin)
        x = self.output(self.decoder(self.residuals(self.encoder(x))))
        assert isinstance(x, Tensor)
        return x[..., :height, :width]

    def _too_small(self, height: int, width: int) -> PictureTooSmallError:
        margin = self.padding.margin
        least = next(n for n in count(1) if fits(n, DOWNSAMPLING, margin, KERNEL))
        remedy = "Enlarge the picture"
        if margin:
            remedy += ", or train with net/padding=reflect, which takes far smaller ones"
        return PictureTooSmallError(
            f"Got a picture of {width}x{height} px, but a net that reflects {margin} px at its "
            f"borders needs at least {least} px on each side.",
            f"{remedy}.",
        )


def _check(padding: Padding, width: float, blocks: int) -> None:
    if width <= 0:
        raise StylenetError(f"Got net.width={width}, expected more than 0.", "Use 1 or 0.5.")
    lost = 0 if padding.residual else 2 * DOWNSAMPLING * blocks
    if padding.residual not in (0, 1) or padding.margin != lost:
        raise StylenetError(
            f"Got {padding} with {blocks} residual blocks, whose convolutions lose {lost} px on "
            "each side.",
            f"Set net.padding.margin={lost}, or use net/padding=reflect.",
        )
