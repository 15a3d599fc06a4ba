"""How near pictures are to their painting, by a judge: ``python measure.py [STYLE ...] name=glob``.

A contender is ``name=<folder or glob>``; its pictures are named ``<content>_<style>.jpg`` (or
.png). Words without "=" are the styles to measure, all by default. ``--anchors`` measures the
published VGG-19 nets' pictures and the one-pass peer's as well. What is measured: README.md.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from statistics import median

from pictures import SHARED, Contender, Library, Picture, contender, read

from stylenet.errors import StylenetError
from stylenet.files import write_csv
from stylenet.metrics import Description, Judge, contrast, spectrum

PX, SPECTRUM_PX = 384, 256
JUDGES: dict[str, Callable[[], Judge]] = {"lite0": Judge.lite0, "lite2": Judge.lite2}
STAGES = ("s2", "s4", "s8", "s16")
LOOK = ("contrast", "low", "high")
HEADER = (
    *("contender", "style", "images"),
    *(f"{judge}_{column}" for judge in JUDGES for column in (*STAGES, "content")),
    *LOOK,
    *(f"painting_{column}" for column in LOOK),
)
Row = dict[str, str]


class Reader:
    """A judge that describes every photograph and painting once."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._known = cache(self._describe)

    def _describe(self, file: Path) -> Description:
        return self._judge.describe(read(file, PX))

    def distances(self, picture: Picture) -> dict[str, float]:
        """Style distance at each stage, and content distance."""
        described = self._describe(picture.file)
        photograph = self._known(picture.content)
        style = described.style_distance(self._known(picture.style), photograph)
        return {**style, "content": described.content_distance(photograph)}


@cache
def look(file: Path) -> dict[str, float]:
    """Contrast and spectrum of a picture."""
    image = read(file, SPECTRUM_PX)
    return dict(zip(LOOK, (contrast(image), *spectrum(image)), strict=True))


def measured(one: Contender, library: Library, readers: dict[str, Reader]) -> Iterator[Row]:
    """A row a style: medians over the contender's pictures of it.

    Raises:
        StylenetError: there are none, or none that can be measured.
    """
    by_style = defaultdict(list)
    for picture in library.pictures(one.files):
        by_style[picture.style].append(picture)
    for style, pictures in by_style.items():
        row = {"contender": one.name, "style": style.stem, "images": str(len(pictures))}
        for name, reader in readers.items():
            found = [reader.distances(picture) for picture in pictures]
            row |= _medians(found, f"{name}_")
        row |= _medians([look(picture.file) for picture in pictures], "")
        yield row | _medians([look(style)], "painting_")


def _medians(figures: Sequence[dict[str, float]], prefix: str) -> Row:
    return {
        prefix + column: f"{median(each[column] for each in figures):.3f}" for column in figures[0]
    }


def _line(row: Row) -> str:
    widths = {column: max(len(column), 12 if column in HEADER[:2] else 5) for column in HEADER}
    return "  ".join(row.get(column, "-").rjust(width) for column, width in widths.items())


def write(file: Path, rows: Sequence[Row]) -> None:
    """Add to the table; rows of the same contender and style give way."""
    known: dict[tuple[str, str], Row] = {}
    if file.is_file():
        with file.open(newline="") as lines:
            known = {(row["contender"], row["style"]): row for row in csv.DictReader(lines)}
    known |= {(row["contender"], row["style"]): row for row in rows}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_csv(file, list(known.values()))


def main() -> None:
    """Measure, print row by row, and write the table where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", metavar="STYLE | name=glob")
    parser.add_argument("--anchors", action="store_true", help="vgg19_nets and one_pass, too")
    parser.add_argument("--contents", type=Path, default=SHARED / "contents")
    parser.add_argument("--styles", type=Path, default=SHARED / "styles")
    parser.add_argument("--only", nargs="+", default=[], metavar="CONTENT", help="all by default")
    parser.add_argument("--judges", nargs="+", choices=JUDGES, default=list(JUDGES))
    parser.add_argument("--results", type=Path, help="a CSV file to write or add to")
    options = parser.parse_args()
    styles = [word for word in options.what if "=" not in word]
    words = [word for word in options.what if "=" in word]
    if options.anchors:
        words += [f"{name}={SHARED / 'anchors' / name}" for name in ("vgg19_nets", "one_pass")]
    if not words:
        sys.exit("nothing to measure: give name=<folder or glob>, or --anchors")
    try:
        contenders = [contender(word) for word in words]
        library = Library.of(options.contents, options.styles).only(options.only, styles)
        readers = {name: Reader(JUDGES[name]()) for name in options.judges}
        rows = []
        print(_line(dict(zip(HEADER, HEADER, strict=True))))
        for one in contenders:
            for row in measured(one, library, readers):
                rows.append(row)
                print(_line(row), flush=True)
    except StylenetError as error:
        sys.exit(f"Error: {error}")
    if options.results:
        write(options.results, rows)


if __name__ == "__main__":
    main()
