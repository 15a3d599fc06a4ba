"""Losses: images -> named scalars."""

from stylenet.losses.distances import (
    GramDistance,
    GramMomentsDistance,
    MomentsDistance,
    StyleDistance,
    WassersteinDistance,
)
from stylenet.losses.diversity import DiversityTerm
from stylenet.losses.examples import ExampleStyleTerm, StyleReader, style_statistics
from stylenet.losses.laplacian import LaplacianTerm
from stylenet.losses.layer_weights import LayerWeightsError
from stylenet.losses.levels import LevelsTerm
from stylenet.losses.normalised import NormalisedDistance, ScaledDistance
from stylenet.losses.perceptual import LossTerms, PerceptualLoss, Second, Term, View
from stylenet.losses.region_styles import RegionStylesTerm
from stylenet.losses.regions import RegionStyleTerm, guided_gram_matrix
from stylenet.losses.several import StylesTerm
from stylenet.losses.temporal import TemporalTerm, WarpedTerm
from stylenet.losses.terms import (
    BatchStyleTerm,
    ContentTerm,
    PixelDeviationTerm,
    PixelTerm,
    RangeTerm,
    StyleTerm,
    TotalVariationTerm,
)

__all__ = [
    "BatchStyleTerm",
    "ContentTerm",
    "DiversityTerm",
    "ExampleStyleTerm",
    "GramDistance",
    "GramMomentsDistance",
    "LaplacianTerm",
    "LayerWeightsError",
    "LevelsTerm",
    "LossTerms",
    "MomentsDistance",
    "NormalisedDistance",
    "PerceptualLoss",
    "PixelDeviationTerm",
    "PixelTerm",
    "RangeTerm",
    "RegionStyleTerm",
    "RegionStylesTerm",
    "ScaledDistance",
    "Second",
    "StyleDistance",
    "StyleReader",
    "StyleTerm",
    "StylesTerm",
    "TemporalTerm",
    "Term",
    "TotalVariationTerm",
    "View",
    "WarpedTerm",
    "WassersteinDistance",
    "guided_gram_matrix",
    "style_statistics",
]
