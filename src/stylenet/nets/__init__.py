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

__all__ = [
    "Affine",
    "ConvBlock",
    "NearestUpsample",
    "Padding",
    "PictureTooSmallError",
    "ResidualBlock",
    "ScaledTanh",
    "TransformerNet",
    "TransposedUpsample",
]
