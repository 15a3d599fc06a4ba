"""The files of a cache of pictures: pixels one after another, and an index that grows with them.

``pictures-<random>.rgb`` holds 8-bit RGB, rows from the top; ``index.jsonl`` a line of settings,
then a line an image. Both are only ever appended to, pixels before their line: what a line names
is there, whoever reads while another process writes, or after a kill. Other settings mean a new
file of pixels under a new name, so that no old index can point into new pixels.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from stylenet.files import write_text

FORMAT = 2  # 1: before colour profiles were read
INDEX = "index.jsonl"


class Record(NamedTuple):
    """An image of the cache: ``start`` in bytes and size in pixels, or ``why`` it has none."""

    stamp: str
    start: int = 0
    width: int = 0
    height: int = 0
    why: str | None = None

    @property
    def bytes(self) -> int:
        """Of its pixels."""
        return self.width * self.height * 3


@dataclass
class Index:
    """What `read_index` found in ``folder``; ``made_for`` is None where there is no cache."""

    folder: Path
    made_for: str | None = None
    pixels: str = ""
    records: dict[str, Record] = field(default_factory=dict)
    superseded: int = 0
    index_bytes: int = 0
    pixel_bytes: int = 0

    @property
    def pixel_file(self) -> Path:
        """Where the pixels lie."""
        return self.folder / self.pixels


def read_index(folder: Path) -> Index:
    """Read the index as far as it is whole; a cache of another format counts as none.

    Raises:
        OSError: From the file system; not where there is no cache.
    """
    index = Index(folder)
    try:
        lines = (folder / INDEX).read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return index
    try:
        header = json.loads(lines[0])
        if header["format"] != FORMAT:
            return index
        there = (folder / header["pixels"]).stat().st_size
        index.made_for, index.pixels = str(header["made_for"]), str(header["pixels"])
    except (IndexError, KeyError, TypeError, ValueError, FileNotFoundError):
        return index
    index.index_bytes = len(lines[0])
    for line in lines[1:]:
        try:
            name, *values = json.loads(line)
            record = Record(*values)
            end = record.start + record.bytes
        except (TypeError, ValueError):  # a kill may leave half a line at the end
            break
        if not line.endswith(b"\n") or end > there:
            break
        index.superseded += index.records[name].bytes if name in index.records else 0
        index.records[name] = record
        index.index_bytes += len(line)
        index.pixel_bytes = max(index.pixel_bytes, end)
    return index


def begin_anew(folder: Path, made_for: str) -> Index:
    """Replace whatever cache ``folder`` holds by an empty one, and return that."""
    pixels = folder / f"pictures-{uuid.uuid4().hex[:8]}.rgb"
    pixels.touch()
    header = {"format": FORMAT, "made_for": made_for, "pixels": pixels.name}
    write_text(folder / INDEX, json.dumps(header) + "\n")
    for old in folder.glob("pictures-*.rgb"):
        if old != pixels:
            old.unlink()
    return read_index(folder)


class Appender:
    """Appends images to a cache; made by `appending`."""

    def __init__(self, index: BinaryIO, pixels: BinaryIO) -> None:
        self._index = index
        self._pixels = pixels

    def add(self, pictures: Iterable[tuple[str, Record, bytes]]) -> None:
        """Append (name, record, pixels); where they start is found here."""
        lines = []
        for name, record, pixels in pictures:
            placed = record._replace(start=self._pixels.tell())
            self._pixels.write(pixels)
            lines.append(json.dumps([name, *placed]) + "\n")
        self._pixels.flush()
        os.fsync(self._pixels.fileno())
        self._index.write("".join(lines).encode())
        self._index.flush()


@contextmanager
def appending(index: Index) -> Iterator[Appender]:
    """Open the cache behind ``index``, cutting off what a kill left half done.

    Only one process at a time may do so; others may read.
    """
    with (index.folder / INDEX).open("r+b") as lines, index.pixel_file.open("r+b") as pixels:
        for file, whole in ((lines, index.index_bytes), (pixels, index.pixel_bytes)):
            file.truncate(whole)
            file.seek(whole)
        yield Appender(lines, pixels)
