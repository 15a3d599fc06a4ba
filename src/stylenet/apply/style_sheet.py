"""Which styles there are, and what a photograph looks like in all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from stylenet.apply.painters import Say, Wish, painter_of
from stylenet.apply.stylizer import find_named_style
from stylenet.apply.zoo import ANY, shipped_models, shipped_painters
from stylenet.errors import StylenetError
from stylenet.images import LongerSide, check_writable, contact_sheet, read_image, write_image
from stylenet.styles import StyleNotFoundError, catalogue, painting_statistics

COLUMNS = 4
# experiments/video/README.md: the layer whose Gram matrix foretells flicker by the logarithm of its
# trace, and the bounds of the thirds of 25 paintings
_FORETELLS = "relu2_2"
_THIRDS = ((0.37, "little"), (0.63, "some"), (math.inf, "much"))


@dataclass(frozen=True)
class NamedStyle:
    """A style that goes by a name.

    Attributes:
        name: for ``--style``.
        title: of the painting, with artist and year; empty where that is not known.
        painter: the net that ships for it; None where none does, and none for any style.
        flicker: how much clips can be expected to flicker, frame by frame: ``little``, ``some`` or
            ``much`` beside other paintings; None where no statistics of the painting ship.
        here: whether it is painted without a download: its net ships, or its picture is here.
    """

    name: str
    title: str
    painter: str | None
    flicker: str | None = None
    here: bool = True


def named_styles() -> list[NamedStyle]:
    """Those of the catalogue in its order, then other nets that ship."""
    nets, known = shipped_painters(), catalogue()
    anyhow = ANY if ANY in shipped_models() else None
    styles = [
        NamedStyle(
            name,
            f"{entry.title}, {entry.artist}, {entry.year}",
            name if name in nets else anyhow,
            expected_flicker(name),
            name in nets or (anyhow is not None and picture_of(name) is not None),
        )
        for name, entry in known.items()
    ]
    return styles + [NamedStyle(n, "", n) for n in nets if n not in known]


def picture_of(style: str) -> Path | None:
    """The file of a named style's picture, without asking any server; None if none is here."""
    try:
        return find_named_style(style, online=False).path
    except StyleNotFoundError:
        return None


def expected_flicker(style: str) -> str | None:
    """See `NamedStyle`."""
    for statistics in painting_statistics(style):
        if _FORETELLS in statistics.layers:
            gram = statistics.layers[_FORETELLS][0]
            trace = math.log10(float(gram[0].trace()))
            return next(word for bound, word in _THIRDS if trace < bound)
    return None


def write_sheet(photo: Path, out: Path, size: int, device: str, say: Say) -> list[str]:
    """Paint a photograph in each style that can be painted; the names of these.

    Args:
        photo: its file.
        out: the file of all paintings with their names.
        size: pixels of the longer side that is painted.
        device: as for `Stylizer`.
        say: is told which styles are left out because their painting cannot be obtained.

    Raises:
        StylenetError: a photograph that cannot be read, a suffix that cannot be written, no net.
    """
    check_writable(out)
    image = LongerSide(size)(read_image(photo))
    painted: list[tuple[str, Tensor]] = []
    for style in named_styles():
        if style.painter is None:
            continue
        try:
            painter = painter_of(Wish(style.name, device=device), _nothing)
        except StyleNotFoundError as error:
            say(f"left out {style.name}: {' '.join(error.problem.split())}")
            continue
        painted.append((style.name, painter(image)))
    if not painted:
        raise StylenetError(
            "There is no net that ships with this version, so nothing can be painted.",
            "Train one (stylenet train style=udnie), then stylenet stylize --model <run>.",
        )
    write_image(out, _sheet(image, painted))
    return [name for name, _ in painted]


def _nothing(words: str) -> None:
    """Each style's net is in the list: it need not be said again."""


def _sheet(image: Tensor, painted: list[tuple[str, Tensor]]) -> Tensor:
    """The photograph and its paintings in rows, each with its name above: (3,H,W)."""
    cells = [("photo", image), *painted]
    rows = [cells[start : start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    sheets = [
        contact_sheet([[picture for _, picture in row]], column_titles=[name for name, _ in row])
        for row in rows
    ]
    if len(sheets) == 1:
        return sheets[0]
    return contact_sheet([[s] for s in sheets], cell=max(s.shape[-1] for s in sheets), pad=0)
