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
from stylenet.nets.johnson import PictureTooSmallError, TransformerNet
from stylenet.nets.pixels import PixelImage

__all__ = [
    "Affine",
    "ConvBlock",
    "NearestUpsample",
    "Padding",
    "PictureTooSmallError",
    "PixelImage",
    "ResidualBlock",
    "ScaledTanh",
    "TransformerNet",
    "TransposedUpsample",
]
