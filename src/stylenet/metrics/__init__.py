"""What ``evaluate.py`` measures of pictures, and how loss networks are judged."""

from stylenet.metrics.explained import (
    Alignment,
    Moments,
    Pair,
    explained_share,
    feature_moments,
    linear_map,
)
from stylenet.metrics.quality import Quality, measure, ssim
from stylenet.metrics.recognition import balanced_sum, style_distances, triplet_accuracy

__all__ = [
    "Alignment",
    "Moments",
    "Pair",
    "Quality",
    "balanced_sum",
    "explained_share",
    "feature_moments",
    "linear_map",
    "measure",
    "ssim",
    "style_distances",
    "triplet_accuracy",
]
