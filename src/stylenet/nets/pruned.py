"""Transformer nets with fewer channels."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from torch import nn

from stylenet.errors import StylenetError
from stylenet.nets.blocks import NormFactory, Padding, ResidualBlock, UpsampleFactory
from stylenet.nets.johnson import TransformerNet


class PrunedNet(TransformerNet):
    """`TransformerNet` with a number of channels for each group, as `kept_channels` leaves them.

    Args:
        norm, padding, upsample, output: see `TransformerNet`.
        encoder: channels after its three convolutions; the last are those of the trunk.
        blocks: channels between the two convolutions of each residual block.
        decoder: channels after its first two convolutions.
    """

    def __init__(
        self,
        norm: NormFactory,
        padding: Padding,
        upsample: UpsampleFactory,
        encoder: Sequence[int] | None,
        blocks: Sequence[int] | None,
        decoder: Sequence[int] | None,
        output: nn.Module | None = None,
    ) -> None:
        nn.Module.__init__(self)
        if encoder is None or blocks is None or decoder is None:
            raise StylenetError(
                f"Got channels {encoder}, {blocks}, {decoder}, expected 3 of the encoder, one of "
                "each block, 2 of the decoder.",
                "Name the pruned net whose they are, init=<folder of stylenet prune>; or give "
                "net.encoder, net.blocks and net.decoder.",
            )
        made = [functools.partial(ResidualBlock, inner=inner) for inner in blocks]
        self._assemble(norm, padding, upsample, encoder, made, decoder, output)
