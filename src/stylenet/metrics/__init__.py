"""What ``evaluate.py`` and studies measure of pictures."""

from stylenet.metrics.figures import Row, table_of_means, write_rows
from stylenet.metrics.judge import Description, Judge
from stylenet.metrics.quality import measure, ssim
from stylenet.metrics.spectrum import Spectrum, contrast, spectrum
from stylenet.metrics.temporal import warping_errors

__all__ = [
    "Description",
    "Judge",
    "Row",
    "Spectrum",
    "contrast",
    "measure",
    "spectrum",
    "ssim",
    "table_of_means",
    "warping_errors",
    "write_rows",
]
