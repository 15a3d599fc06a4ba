"""The feed-forward transformer net of Johnson et al. 2016 (arXiv:1603.08155), in every variant."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.nets.blocks import (
    BlockFactory,
    ConvBlock,
    NormFactory,
    Padding,
    ResidualBlock,
    ScaledTanh,
    UpsampleFactory,
)
from stylenet.nets.convolutions import BlockConv2d
from stylenet.nets.fitting import check_fits, cropped, pad_to_multiple
from stylenet.nets.styled import (
    Condition,
    Mixture,
    Predicted,
    StyledSequential,
    StyleWeightsError,
    style_lists,
)

DOWNSAMPLING = 4
KERNEL = 9


class TransformerNet(nn.Module):
    """Paints a picture in one pass: (N,3,H,W) RGB in [0,1] -> the same size, values about [0,1].

    9x9 convolution, two 3x3 convolutions of stride 2, ``blocks`` residual blocks, two upsampling
    steps, 9x9 convolution, ``output``. Channels are 32, 64, 128 times ``width``: ``width=1`` is
    the paper's, ``width=0.5`` that of the authors' released instance-norm models.

    The input enters as RGB in [0,1]; Johnson's code feeds BGR in 0..255 minus the mean. A first
    layer that is learnt, and followed by a norm, makes the two the same net up to its first bias.

    With ``ConditionalInstanceNorm`` it is the net of Dumoulin et al. 2017 (arXiv:1610.07629), which
    paints in any of S styles and their mixtures; ``styles`` is S, and None with a norm that has no
    `StyleList`.

    Args:
        norm: factory of norm layers, ``norm(channels)``.
        padding: treatment of the borders; ``Padding(40, "zeros", 0)`` is the paper's.
        upsample: factory, ``upsample(in_channels, out_channels, norm, mode)``.
        width: multiplies the channels.
        blocks: number of residual blocks.
        output: maps the last convolution to pixels; ``ScaledTanh()`` if left out.
        block: factory of the residual blocks, ``block(channels, norm, padding, mode)``.

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
        block: BlockFactory = ResidualBlock,
    ) -> None:
        super().__init__()
        if width <= 0:
            raise StylenetError(f"Got net.width={width}, expected more than 0.", "Use 1 or 0.5.")
        c1, c2, c3 = (max(1, round(channels * width)) for channels in (32, 64, 128))
        self._assemble(norm, padding, upsample, (c1, c2, c3), [block] * blocks, (c2, c1), output)

    def _assemble(
        self,
        norm: NormFactory,
        padding: Padding,
        upsample: UpsampleFactory,
        encoder: Sequence[int],
        blocks: Sequence[BlockFactory],
        decoder: Sequence[int],
        output: nn.Module | None,
    ) -> None:
        _check(padding, len(blocks))
        (c1, c2, c3), (d1, d2), mode = encoder, decoder, padding.mode
        self.padding = padding
        self.trunk_channels = c3  # of the features that residual blocks add to
        self.encoder = StyledSequential(
            ConvBlock(3, c1, KERNEL, norm, mode),
            ConvBlock(c1, c2, 3, norm, mode, stride=2),
            ConvBlock(c2, c3, 3, norm, mode, stride=2),
        )
        self.residuals = StyledSequential(
            *(block(c3, norm, padding.residual, mode) for block in blocks)
        )
        self.decoder = StyledSequential(
            upsample(c3, d1, norm, mode),
            upsample(d1, d2, norm, mode),
            BlockConv2d(d2, 3, KERNEL, mode),
        )
        self.output = ScaledTanh() if output is None else output
        self.styles = next((len(own) for _, own in style_lists(self)), None)

    def forward(self, image: Tensor, style: Tensor | None = None) -> Tensor:
        """Stylise ``image``, with a norm that has a choice of styles by the weights ``style``.

        Args:
            image: (N,3,H,W) in [0,1].
            style: (N,S), or (N,S,H,W) where weights differ within pictures; sums of 1.

        Raises:
            PictureTooSmallError: when the picture cannot be reflected as far as the padding asks.
            StyleWeightsError: weights for a net of one style, or none for one of several.
        """
        return self.painted(image, self._mixture(image, style))

    def painted(self, image: Tensor, condition: Condition) -> Tensor:
        """`forward` with what `Styled` layers are handed as their second argument.

        Raises:
            PictureTooSmallError: as `forward`.
        """
        painted, _ = self.seen(image, condition)
        return painted

    def seen(self, image: Tensor, condition: Condition = None) -> tuple[Tensor, Tensor]:
        """`painted`, and the features that the decoder paints it from: (N,C,about H/4,W/4).

        Raises:
            PictureTooSmallError: as `forward`.
        """
        height, width = image.shape[-2:]
        margin = self.padding.margin
        check_fits(image, DOWNSAMPLING, margin, KERNEL)
        x = pad_to_multiple(image, DOWNSAMPLING, margin)
        features: Tensor = self.residuals(self.encoder(x, condition), condition)
        x = self.decoder(features, condition)
        painted: Tensor = self.output(
            condition.coloured(x) if isinstance(condition, Predicted) else x
        )
        return cropped(painted, height, width), features

    def _mixture(self, image: Tensor, style: Tensor | None) -> Mixture | None:
        if style is None and self.styles is None:
            return None
        if style is None or self.styles is None:
            got = f"a net of {self.styles} styles" if style is None else "a net of one style"
            raise StyleWeightsError(
                f"Got {got} and {'no ' if style is None else ''}style weights.",
                "A net of several styles (norm=conditional_instance) takes pictures and weights, "
                "any other one pictures alone.",
            )
        if style.ndim == 4 and not self.padding.residual:
            raise StyleWeightsError(
                f"Got weights that differ within pictures, but {self.padding} crops features.",
                "Use a net with net/padding=reflect or net/padding=zeros.",
            )
        mixture = Mixture.of(style, image, self.styles)
        if len(set(mixture.pictures)) < len(image):
            raise StyleWeightsError(
                "Got a picture whose style weights are all 0, but this net has no picture without "
                "a style.",
                "Give weights with a sum of 1; net=stylebank can reconstruct.",
            )
        return mixture.padded(DOWNSAMPLING, 0)


def _check(padding: Padding, blocks: int) -> None:
    lost = 0 if padding.residual else 2 * DOWNSAMPLING * blocks
    if padding.residual not in (0, 1) or padding.margin != lost:
        raise StylenetError(
            f"Got {padding} with {blocks} residual blocks, whose convolutions lose {lost} px on "
            "each side.",
            f"Set net.padding.margin={lost}, or use net/padding=reflect.",
        )
