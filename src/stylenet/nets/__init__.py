"""Transformer nets: image -> image. Torch only."""

from stylenet.errors import PictureTooSmallError
from stylenet.nets.blocks import (
    Affine,
    BilinearUpsample,
    ConvBlock,
    NearestUpsample,
    Padding,
    ResidualBlock,
    ScaledTanh,
    SeparableBlock,
    TransposedUpsample,
)
from stylenet.nets.convolutions import BilinearConv2d, BlockConv2d, PaddedConv2d, UpsampledConv2d
from stylenet.nets.johnson import TransformerNet
from stylenet.nets.norms import ConditionalInstanceNorm, InstanceNorm
from stylenet.nets.pixels import PixelImage
from stylenet.nets.predicted import AnyStyleNet, PredictedInstanceNorm
from stylenet.nets.pruned import PrunedNet
from stylenet.nets.stylebank import StyleBank
from stylenet.nets.styled import (
    MultiStyleNet,
    StyleWeightsError,
    join_state,
    shared_parameters,
    split_state,
    style_parameters,
    styles_of,
)
from stylenet.nets.texture import TextureNet

__all__ = [
    "Affine",
    "AnyStyleNet",
    "BilinearConv2d",
    "BilinearUpsample",
    "BlockConv2d",
    "ConditionalInstanceNorm",
    "ConvBlock",
    "InstanceNorm",
    "MultiStyleNet",
    "NearestUpsample",
    "PaddedConv2d",
    "Padding",
    "PictureTooSmallError",
    "PixelImage",
    "PredictedInstanceNorm",
    "PrunedNet",
    "ResidualBlock",
    "ScaledTanh",
    "SeparableBlock",
    "StyleBank",
    "StyleWeightsError",
    "TextureNet",
    "TransformerNet",
    "TransposedUpsample",
    "UpsampledConv2d",
    "join_state",
    "shared_parameters",
    "split_state",
    "style_parameters",
    "styles_of",
]
