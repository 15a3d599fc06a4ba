"""Contact sheets: images side by side."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from stylenet.images.converting import to_pil, to_tensor
from stylenet.images.sizing import LongerSide

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont
MOST_LINES = 12  # of a title
BREAKS = re.compile(r"[\s,=/]")


def contact_sheet(
    rows: Sequence[Sequence[Tensor | None]],
    *,
    column_titles: Sequence[str] = (),
    row_titles: Sequence[str] = (),
    cell: int = 256,
    pad: int = 8,
    title_px: int = 14,
) -> Tensor:
    """Images of any sizes in a grid on white: (3,H,W) float32 in [0,1].

    Every image is scaled, undistorted, until its longer side is ``cell``; a row is as high and a
    column as wide as its largest image, and smaller ones sit in the middle.

    Args:
        rows: images (3,H,W) or (1,3,H,W); None leaves its cell empty; rows may differ in length.
        column_titles: drawn above the columns, in one line or several; too long lines are broken.
        row_titles: drawn left of the rows, at most ``cell`` wide; shortened with an ellipsis.
        cell: side in pixels of the square that each image is fitted into.
        pad: white pixels around everything.
        title_px: height of the letters' line in pixels.

    Raises:
        ValueError: no images, or more titles than rows or columns.
        PictureError: an image of another shape, or with values that are not finite.
    """
    columns = max((len(row) for row in rows), default=0)
    if not any(picture is not None for row in rows for picture in row):
        raise ValueError("a contact sheet needs at least one picture")
    if len(column_titles) > columns or len(row_titles) > len(rows):
        got = f"{len(row_titles)} row and {len(column_titles)} column titles"
        raise ValueError(f"{got} for {len(rows)} rows and {columns} columns")
    fit = LongerSide(cell)
    grid = [[None if p is None else fit(to_tensor(to_pil(p))) for p in row] for row in rows]
    grid = [row + [None] * (columns - len(row)) for row in grid]
    heights = [max((p.shape[1] for p in row if p is not None), default=0) for row in grid]
    widths = [
        max((p.shape[2] for row in grid if (p := row[c]) is not None), default=0)
        for c in range(columns)
    ]
    font = ImageFont.load_default(size=title_px)
    line = 2 * title_px
    heights = [max(h, line) if row_titles else h for h in heights]
    side_titles = [_shortened(title, font, cell) for title in row_titles]
    margin = max((int(font.getlength(title)) + 1 for title in side_titles), default=0)
    left = pad + (margin + pad if margin else 0)
    headings = [
        _broken(title, font, width) for title, width in zip(column_titles, widths, strict=False)
    ]
    more = max((len(lines) - 1 for lines in headings if lines), default=0)
    heading = line + more * round(1.3 * title_px) if column_titles else 0
    top = pad + heading
    size = (left + sum(widths) + pad * columns, top + sum(heights) + pad * len(rows))
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    lefts = [left + sum(widths[:c]) + pad * c for c in range(columns)]
    tops = [top + sum(heights[:r]) + pad * r for r in range(len(rows))]
    for x, width, lines in zip(lefts, widths, headings, strict=False):
        for number, text in enumerate(lines):
            y = pad + line / 2 + number * round(1.3 * title_px)
            draw.text((x + width / 2, y), text, "black", font, anchor="mm")
    for y, height, text in zip(tops, heights, side_titles, strict=False):
        draw.text((pad + margin, y + height / 2), text, "black", font, anchor="rm")
    for y, height, row in zip(tops, heights, grid, strict=True):
        for x, width, picture in zip(lefts, widths, row, strict=True):
            if picture is not None:
                offset = ((width - picture.shape[2]) // 2, (height - picture.shape[1]) // 2)
                sheet.paste(to_pil(picture), (x + offset[0], y + offset[1]))
    return to_tensor(sheet)


def _broken(text: str, font: Font, width: int) -> list[str]:
    """All of ``text`` in lines that fit into ``width`` pixels, `MOST_LINES` at most.

    Values of a sweep may be lists that differ in the last of many items. Lines are broken after a
    space, a comma, an equals sign or a slash, else anywhere.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        rest = " ".join(line.split())
        while font.getlength(rest) > width and len(lines) < MOST_LINES:
            end = _room(rest, font, width)
            if not end:
                rest = ""  # not even a letter fits
                break
            after = [mark.end() for mark in BREAKS.finditer(rest[:end])]
            cut = after[-1] if after else end
            lines.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
        lines.append(rest)
    if len(lines) > MOST_LINES:
        rest = " ".join(lines[MOST_LINES - 1 :])
        lines[MOST_LINES - 1 :] = [_shortened(rest, font, width)]
    return lines


def _shortened(text: str, font: Font, width: int) -> str:
    """The longest beginning of ``text`` that fits into ``width`` pixels, with … where cut."""
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    end = _room(text, font, width, "…")
    return text[:end].rstrip() + "…" if end >= 0 else ""


def _room(text: str, font: Font, width: int, after: str = "") -> int:
    """How many of the first letters fit, with ``after`` behind; -1 where not even that fits."""

    def length(letters: int) -> float:
        return font.getlength(text[:letters].rstrip() + after)

    return bisect_right(range(len(text) + 1), float(width), key=length) - 1
