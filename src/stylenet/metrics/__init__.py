"""What is measured of pictures: in every run alike, by ``evaluate.py`` and in studies."""

from stylenet.metrics.comparison import Comparison
from stylenet.metrics.diversity import diversity
from stylenet.metrics.figure_names import figure_names
from stylenet.metrics.figures import Row, table_of_means, write_rows
from stylenet.metrics.judge import Description, Judge
from stylenet.metrics.quality import measure, ssim
from stylenet.metrics.spectrum import Spectrum, contrast, spectrum
from stylenet.metrics.tables import FigureTable, as_latex, as_markdown, as_text
from stylenet.metrics.temporal import warping_errors

__all__ = [
    "Comparison",
    "Description",
    "FigureTable",
    "Judge",
    "Row",
    "Spectrum",
    "as_latex",
    "as_markdown",
    "as_text",
    "contrast",
    "diversity",
    "figure_names",
    "measure",
    "spectrum",
    "ssim",
    "table_of_means",
    "warping_errors",
    "write_rows",
]
