"""What ``evaluate.py`` and studies measure of pictures."""

from stylenet.metrics.figures import Row, table_of_means, write_rows
from stylenet.metrics.judge import Description, Judge
from stylenet.metrics.quality import measure, ssim
from stylenet.metrics.spectrum import Spectrum, contrast, spectrum
from stylenet.metrics.tables import FigureTable, as_latex, as_markdown, as_text

__all__ = [
    "Description",
    "FigureTable",
    "Judge",
    "Row",
    "Spectrum",
    "as_latex",
    "as_markdown",
    "as_text",
    "contrast",
    "measure",
    "spectrum",
    "ssim",
    "table_of_means",
    "write_rows",
]
