"""Transformer nets: picture -> picture. Torch only."""

from stylenet.nets.blocks import (
    Affine,
    ConvBlock,
    NearestUpsample,
    Padding,
    ResidualBlock,
    ScaledTanh,
    TransposedUpsample,
)
from stylenet.nets.convolutions import BlockConv2d, PaddedConv2d, UpsampledConv2d
from stylenet.nets.johnson import PictureTooSmallError, TransformerNet
from stylenet.nets.norms import InstanceNorm
from stylenet.nets.pixels import PixelImage

__all__ = [
    "Affine",
    "BlockConv2d",
    "ConvBlock",
    "InstanceNorm",
    "NearestUpsample",
    "PaddedConv2d",
    "Padding",
    "PictureTooSmallError",
    "PixelImage",
    "ResidualBlock",
    "ScaledTanh",
    "TransformerNet",
    "TransposedUpsample",
    "UpsampledConv2d",
]
