"""Which of two contenders' pictures someone prefers who does not know whose they are.

``python blind.py pairs OUT KEY ours=<folder or glob> theirs=<folder or glob>`` writes
``OUT/01.png`` and so on: above the photograph and the painting, below two pictures of both, one a
contender, at their own size, the larger brought to the smaller's. Whose is left goes into KEY, a
CSV file that lies elsewhere. Whoever has seen nothing else writes a text file with a line a pair,
``01 left`` or ``01 right``, and ``python blind.py score KEY ANSWERS`` counts.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from pictures import SHARED, Contender, Library, contender
from scipy.stats import binomtest
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.files import write_csv
from stylenet.images import LongerSide, contact_sheet, read_image, write_image

SIDES = ("left", "right")
MOST_PIXELS_APART = 8
Row = dict[str, str]


def shared_names(both: Sequence[Contender], library: Library) -> list[dict[str, Path]]:
    """What both painted: the files of the photograph, the painting and each contender's picture."""
    ours, theirs = (
        {picture.file.stem: picture for picture in library.pictures(one.files)} for one in both
    )
    names = sorted(ours.keys() & theirs.keys())
    return [
        {
            "content": ours[name].content,
            "style": ours[name].style,
            **{one.name: of[name].file for one, of in zip(both, (ours, theirs), strict=True)},
        }
        for name in names
    ]


def same_size(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two pictures at the size of the smaller, so that neither size nor a margin tells whose."""
    side = min(max(picture.shape[1:]) for picture in (a, b))
    a, b = (LongerSide(side)(picture) for picture in (a, b))
    height, width = (min(a.shape[n], b.shape[n]) for n in (1, 2))
    apart = max(p.shape[n] - m for p in (a, b) for n, m in ((1, height), (2, width)))
    if apart > MOST_PIXELS_APART:
        raise StylenetError(
            f"Pictures of {tuple(a.shape[1:])} and {tuple(b.shape[1:])} pixels are not of one "
            "shape (height, width).",
            "Compare whole pictures of the same photograph.",
        )
    return a[:, :height, :width], b[:, :height, :width]


def pairs(options: argparse.Namespace) -> None:
    """Choose, shuffle, draw."""
    if options.key.resolve().is_relative_to(options.out.resolve()):
        sys.exit(f"the key {options.key} would lie among the pictures in {options.out}")
    if options.key.exists() or options.out.exists():
        sys.exit(f"{options.out} or {options.key} is there already: take new names")
    both = [contender(word) for word in options.contenders]
    if both[0].name == both[1].name:
        sys.exit(f"both contenders are called {both[0].name}: give two names")
    library = Library.of(options.contents, options.styles).only(options.only, options.only_styles)
    shared = shared_names(both, library)
    if not 1 <= options.count <= len(shared):
        sys.exit(f"got --count={options.count}, expected 1 to {len(shared)}, which both painted")
    chance = random.Random(options.seed)  # noqa: S311 - nobody's secret
    chosen = chance.sample(shared, options.count)
    # as often left as right: a liking for a side favours nobody
    turns = [n % 2 == 0 for n in range(options.count)]
    chance.shuffle(turns)
    rows = []
    for number, (files, turned) in enumerate(zip(chosen, turns, strict=True), 1):
        left, right = [one.name for one in (both[::-1] if turned else both)]
        below = same_size(read_image(files[left]), read_image(files[right]))
        above = [read_image(files["content"]), read_image(files["style"])]
        name = f"{number:02d}"
        cell = max(below[0].shape[1:])  # their own size: nothing is resampled
        sheet = contact_sheet([above, below], column_titles=SIDES, cell=cell)
        write_image(options.out / f"{name}.png", sheet)
        row = {"pair": name, "content": files["content"].stem, "style": files["style"].stem}
        rows.append({**row, "left": left, "right": right})
    options.key.parent.mkdir(parents=True, exist_ok=True)
    write_csv(options.key, rows)
    print(f"{len(rows)} pairs in {options.out}; the key is {options.key}")


def score(options: argparse.Namespace) -> None:
    """Whose were preferred, in total and by style.

    Ends with an error for an answer that is none, for two to a pair, and where one is missing.
    """
    with options.key.open(newline="") as file:
        key = {row["pair"]: row for row in csv.DictReader(file)}
    lines = [line.split() for line in options.answers.read_text().splitlines() if line.strip()]
    for line in lines:
        if len(line) != 2 or line[0] not in key or line[1] not in SIDES:
            sys.exit(
                f"{options.answers}: got {' '.join(line)!r}, expected a number from {min(key)} to "
                f"{max(key)} and left or right."
            )
    answers = dict(lines)
    if len(answers) != len(lines):
        sys.exit(f"{options.answers}: a pair has two answers.")
    if missing := sorted(set(key) - set(answers)):
        sys.exit(f"{options.answers}: no answer to {', '.join(missing)}.")
    first = min(key.values(), key=lambda row: row["pair"])
    for name in sorted((first["left"], first["right"])):
        won = [row for pair, row in key.items() if row[answers[pair]] == name]
        interval = binomtest(len(won), len(key)).proportion_ci()
        print(
            f"{name}: preferred in {len(won)} of {len(key)} pairs, {len(won) / len(key):.0%} "
            f"(95 % interval: {interval.low:.0%} to {interval.high:.0%})"
        )
        for style in dict.fromkeys(row["style"] for row in key.values()):
            asked = [row for row in key.values() if row["style"] == style]
            print(f"  {style}: {sum(row in won for row in asked)} of {len(asked)}")


def main() -> None:
    """``pairs`` or ``score``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    drawn = commands.add_parser("pairs", help="draw pairs")
    drawn.set_defaults(run=pairs)
    drawn.add_argument("out", type=Path)
    drawn.add_argument("key", type=Path)
    drawn.add_argument("contenders", nargs=2, metavar="name=glob")
    drawn.add_argument("--count", type=int, default=20)
    drawn.add_argument("--seed", type=int, default=0)
    drawn.add_argument("--contents", type=Path, default=SHARED / "contents")
    drawn.add_argument("--styles", type=Path, default=SHARED / "styles")
    drawn.add_argument("--only", nargs="+", default=[], metavar="CONTENT", help="all by default")
    drawn.add_argument("--only-styles", nargs="+", default=[], metavar="STYLE")
    counted = commands.add_parser("score", help="count answers")
    counted.set_defaults(run=score)
    counted.add_argument("key", type=Path)
    counted.add_argument("answers", type=Path)
    options = parser.parse_args()
    try:
        options.run(options)
    except StylenetError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
