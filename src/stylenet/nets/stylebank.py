"""StyleBank: an auto-encoder that all styles share, and a filter bank for each (Chen et al. 2017).

D. Chen, L. Yuan, J. Liao, N. Yu, G. Hua: StyleBank, CVPR 2017 (arXiv:1703.09210).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.errors import StylenetError
from stylenet.nets.blocks import Affine, ConvBlock, NormFactory, Padding, UpsampleFactory
from stylenet.nets.convolutions import BlockConv2d, PaddedConv2d
from stylenet.nets.fitting import check_fits, pad_to_multiple
from stylenet.nets.norms import InstanceNorm, normed_by_picture
from stylenet.nets.padding import Mode, pad
from stylenet.nets.styled import Mixture, StyleList, style_lists

DOWNSAMPLING = 4
KERNEL = 9


class FilterBank(nn.Module):
    """One style: ``depth`` times 3x3 convolution, norm, ReLU; (N,C,H,W) -> (N,C,H,W)."""

    def __init__(self, channels: int, depth: int, mode: Mode, norm: NormFactory) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            PaddedConv2d(channels, channels, 3, 1, mode) for _ in range(depth)
        )
        self.norms = nn.ModuleList(norm(channels) for _ in range(depth))

    def forward(self, features: Tensor) -> Tensor:
        """All pictures through this bank."""
        for convolution, norm in self.layers():
            features = F.relu(norm(convolution(features)))
        return features

    def layers(self) -> Iterator[tuple[PaddedConv2d, nn.Module]]:
        """Each convolution with its norm."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            assert isinstance(convolution, PaddedConv2d)
            yield convolution, norm


def through_banks(banks: Sequence[FilterBank], features: Tensor) -> Tensor:
    """Picture i through ``banks[i]``: (N,C,H,W) -> (N,C,H,W).

    With instance norm all of them take one pass, their channels laid side by side, so that a
    grouped convolution keeps them apart; with another norm each bank gets its pictures.
    """
    if all(bank is banks[0] for bank in banks):
        out: Tensor = banks[0](features)
        return out
    if not all(type(norm) is InstanceNorm for bank in banks for norm in bank.norms):
        places = {bank: [i for i, one in enumerate(banks) if one is bank] for bank in banks}
        own = torch.cat([bank(features[place]) for bank, place in places.items()])
        order = torch.tensor([i for place in places.values() for i in place], device=own.device)
        return own[order.argsort()]
    n, c, height, width = features.shape
    x = features.contiguous()
    for layer in zip(*(bank.layers() for bank in banks), strict=True):
        convolutions = [one for one, _ in layer]
        norms = [one for _, one in layer if isinstance(one, InstanceNorm)]
        x = pad(x, convolutions[0].border, convolutions[0].mode)
        weight = torch.cat([one.weight for one in convolutions])
        bias = torch.cat([one.bias for one in convolutions if one.bias is not None])
        x = F.conv2d(x.reshape(1, n * c, *x.shape[-2:]), weight, bias, groups=n)
        scale = torch.stack([one.weight for one in norms])
        shift = torch.stack([one.bias for one in norms])
        x = normed_by_picture(x.reshape(n, c, height, width), scale, shift, norms[0].eps)
        x = F.relu(x)
    channels_last = features.is_contiguous(memory_format=torch.channels_last)
    return x.contiguous(memory_format=torch.channels_last) if channels_last else x


class StyleBank(nn.Module):
    """Paints in any of S styles and their mixtures; with no style it gives the picture back.

    Encoder: 9x9 convolution, two 3x3 convolutions of stride 2; decoder: two upsampling steps, 9x9
    convolution, ``output``; between them each style's filter bank. Channels are 32, 64, 128 times
    ``width``. What reaches the decoder is the sum over the styles of weight times what the style's
    bank makes of the features, plus the features themselves times what the weights lack of 1: no
    weights at all are the auto-encoder alone. Weights may differ within a picture (paper, sections
    3.1 and 4.4).

    Channels, depth of a bank and the norms are not fixed by the text at hand: depth 2 as
    jxcodetw/Stylebank (networks.py, commit c81c612), which has 256 channels.

    Args:
        styles: S, 1 or more.
        norm: factory of the norm layers that all styles share, ``norm(channels)``.
        padding: treatment of the borders, without a margin.
        upsample: factory, ``upsample(in_channels, out_channels, norm, mode)``.
        width: multiplies the channels.
        depth: convolutions in a bank.
        output: maps the last convolution to pixels; ``Affine(0.5, 0.5)`` if left out. The paper
            has nothing after it; a tanh that saturates keeps the white blobs it has learnt.
        bank_norm: factory of the banks' norm layers; the net's own instance norm if left out.

    Raises:
        StylenetError: a width, depth, padding or norm that does not suit.
    """

    def __init__(
        self,
        styles: int,
        norm: NormFactory,
        padding: Padding,
        upsample: UpsampleFactory,
        width: float = 1.0,
        depth: int = 2,
        output: nn.Module | None = None,
        bank_norm: NormFactory = InstanceNorm,
    ) -> None:
        super().__init__()
        _check(styles, padding, width, depth)
        c1, c2, c3 = (max(1, round(channels * width)) for channels in (32, 64, 128))
        mode = padding.mode
        self.styles = styles
        self.encoder = nn.Sequential(
            ConvBlock(3, c1, KERNEL, norm, mode),
            ConvBlock(c1, c2, 3, norm, mode, stride=2),
            ConvBlock(c2, c3, 3, norm, mode, stride=2),
        )
        self.decoder = nn.Sequential(
            upsample(c3, c2, norm, mode),
            upsample(c2, c1, norm, mode),
            BlockConv2d(c1, 3, KERNEL, mode),
        )
        self.output = Affine(0.5, 0.5) if output is None else output
        # last, so that the first weights of what is shared do not depend on the styles
        banks = [FilterBank(c3, depth, mode, bank_norm) for _ in range(styles)]
        if any(style_lists(nn.ModuleList([self, *banks]))):
            raise StylenetError(
                "Got a norm with weights of its own for each style (norm=conditional_instance) for "
                "StyleBank, whose encoder and decoder all styles share.",
                "Use norm=instance; or net=johnson with this norm.",
            )
        self.banks = StyleList(banks)

    def forward(self, image: Tensor, style: Tensor) -> Tensor:
        """Paint ``image`` by the style weights ``style``.

        Args:
            image: (N,3,H,W) in [0,1].
            style: (N,S), or (N,S,H,W) where weights differ within pictures.

        Raises:
            PictureTooSmallError: when the picture cannot be reflected as far as the padding asks.
            StyleWeightsError: weights of another shape.
        """
        height, width = image.shape[-2:]
        check_fits(image, DOWNSAMPLING, 0, KERNEL)
        mixture = Mixture.of(style, image, self.styles).padded(DOWNSAMPLING, 0)
        features = self.encoder(pad_to_multiple(image, DOWNSAMPLING, 0))
        painted: Tensor = self.output(self.decoder(self._styled(features, mixture)))
        return painted[..., :height, :width]

    def reconstruct(self, image: Tensor) -> Tensor:
        """The auto-encoder alone: (N,3,H,W) in [0,1] -> the same size."""
        return self(image, torch.zeros(len(image), self.styles))  # type: ignore[no-any-return]

    def _styled(self, features: Tensor, mixture: Mixture) -> Tensor:
        if not mixture.styles:
            return features
        size = features.shape[-2:]
        banks = [self.banks[number] for number in mixture.styles]
        painted = through_banks(banks, mixture.spread(features))  # type: ignore[arg-type]
        if mixture.plain:
            return painted
        mixed = mixture.gather(painted * mixture.at(*size))
        rest = mixture.rest(*size)
        return mixed if rest is None else mixed + rest * features


def _check(styles: int, padding: Padding, width: float, depth: int) -> None:
    for name, value in (("width", width), ("depth", depth), ("styles", styles)):
        if value <= 0:
            raise StylenetError(
                f"Got net.{name}={value}, expected more than 0.", f"Set another net.{name}."
            )
    if padding.margin:
        raise StylenetError(
            f"Got {padding}, but StyleBank's convolutions lose no border that a margin would pay "
            "for.",
            "Use net/padding=reflect or net/padding=zeros.",
        )
