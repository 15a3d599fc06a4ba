"""Losses: pictures -> named scalars."""

from stylenet.losses.network import LossNetwork
from stylenet.losses.perceptual import LossTerms, PerceptualLoss, Term, View
from stylenet.losses.terms import (
    ContentTerm,
    LayerWeightsError,
    PixelTerm,
    StyleTerm,
    TotalVariationTerm,
)

__all__ = [
    "ContentTerm",
    "LayerWeightsError",
    "LossNetwork",
    "LossTerms",
    "PerceptualLoss",
    "PixelTerm",
    "StyleTerm",
    "Term",
    "TotalVariationTerm",
    "View",
]
