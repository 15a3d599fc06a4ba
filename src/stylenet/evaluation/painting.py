"""Every content painted by every net: files, figures and the sheet of ``evaluate.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from stylenet.apply import Request, Stylizer, style_bytes
from stylenet.apply.contents import Content, UnreadableError
from stylenet.errors import OutOfMemoryError, StylenetError, lacks_memory
from stylenet.evaluation.labels import trained_with
from stylenet.images import LongerSide, contact_sheet, write_image
from stylenet.loss_networks import LossNetworkError
from stylenet.metrics import Row, write_rows
from stylenet.nets import PictureTooSmallError

SHEET_ROWS = 12
SHEET_CELL = LongerSide(256)


@dataclass(frozen=True)
class Column:
    """A net, what is asked of it, and what it is called where it stands beside others."""

    stylizer: Stylizer
    request: Request
    label: str


@dataclass(frozen=True)
class Measure:
    """What is measured of a painting.

    Attributes:
        figures: of a painting, by its column's name, the painting and the content.
        network: what the losses are taken under.
    """

    figures: Callable[[str, Tensor, Tensor], Mapping[str, float | None]]
    network: str


def paint_all(
    contents: Iterable[Content],
    columns: Mapping[str, Column],
    measure: Measure | None,
    out: Path,
    max_pixels: int,
) -> list[Row]:
    """Write the paintings, ``metrics.csv`` and ``sheet.png`` (the first contents) as they come.

    A content that cannot be used is skipped, see `Content.skip`.

    Args:
        contents: what to paint.
        columns: by which nets, by the folders of their paintings.
        measure: None: nothing is measured.
        out: where all of it lies.
        max_pixels: larger contents are refused.

    Returns:
        What is known of each painting.
    """
    titles = ["content", *(one.label.replace(", ", "\n") for one in columns.values())]
    warm: set[str] = set()
    rows: list[Row] = []
    sheet: list[list[Tensor]] = []
    left_out: StylenetError
    for content in contents:
        painted: list[Row] = []
        picture: Tensor | None = None
        try:
            picture = content.read(max_pixels)
            height, width = picture.shape[-2:]
            cells = [SHEET_CELL(picture)]
            for name, column in columns.items():
                stylizer, request = column.stylizer, column.request
                if name not in warm:
                    stylizer(picture, request)  # sets kernels up: not to be timed
                    warm.add(name)
                result = stylizer(picture, request)
                figures: dict[str, float | None] = {}
                if measure is not None:
                    figures |= measure.figures(name, result, picture)
                figures["milliseconds"] = round(1000 * stylizer.seconds, 2)
                used = request.styles(stylizer.model)
                figures["style_bytes"] = style_bytes(stylizer.model, used)
                under = None if measure is None else measure.network
                about = (name, content.name.as_posix(), width, height, under)
                trained = trained_with(stylizer.model)
                painted.append(Row(*about, figures, column.label, trained))
                write_image(out / name / content.target, result)
                cells.append(SHEET_CELL(result))
        except (UnreadableError, PictureTooSmallError, LossNetworkError) as error:
            left_out = error
        except (RuntimeError, MemoryError) as error:
            if not lacks_memory(error):
                raise
            left_out = _too_large(picture, error)
        else:
            if painted:  # or there is no model
                write_rows(out / "metrics.csv", painted, more=bool(rows))
            rows += painted
            if len(sheet) < SHEET_ROWS:
                sheet.append(cells)
                write_image(out / "sheet.png", contact_sheet(sheet, column_titles=titles))
            continue
        for row in painted:  # all models or none: means are over the same pictures
            (out / row.model / content.target).unlink()
        content.skip(left_out)
    return rows


def _too_large(picture: Tensor | None, error: BaseException) -> StylenetError:
    size = "" if picture is None else f" {picture.shape[-1]} x {picture.shape[-2]} pixels"
    return OutOfMemoryError(
        f"while painting{size}" if size else "while reading it",
        "Scale it down, paint without measuring (metrics=none), or use a narrower net or a machine "
        "with more memory.",
        error,
    )
