"""What ``evaluate.py`` measures of pictures, and how loss networks are judged."""

from stylenet.metrics.explained import (
    Alignment,
    Moments,
    Pair,
    explained_share,
    feature_moments,
    linear_map,
)
from stylenet.metrics.figures import Row, table_of_means, write_rows
from stylenet.metrics.judge import Description, Judge
from stylenet.metrics.quality import measure, ssim
from stylenet.metrics.recognition import balanced_sum, style_distances, triplet_accuracy
from stylenet.metrics.spectrum import Spectrum, contrast, spectrum

__all__ = [
    "Alignment",
    "Description",
    "Judge",
    "Moments",
    "Pair",
    "Row",
    "Spectrum",
    "balanced_sum",
    "contrast",
    "explained_share",
    "feature_moments",
    "linear_map",
    "measure",
    "spectrum",
    "ssim",
    "style_distances",
    "table_of_means",
    "triplet_accuracy",
    "write_rows",
]
