"""The catalogue: what is known of each named style, read from ``catalogue.yaml``."""

from __future__ import annotations

import functools
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import yaml


@dataclass(frozen=True)
class Entry:
    """One named style.

    Attributes:
        name: the name it goes by (``style=<name>``).
        title: of the painting or photograph.
        artist: who made it.
        year: in words, as sources give it ("c. 1831", "undated").
        source: commit-pinned address of the image.
        sha256: of the image's bytes, 64 hexadecimal digits in lower case.
        rights: what is known of its copyright, one sentence.
        public_domain: whether nothing forbids shipping what was made from it.
        bundled: file name in scikit-image's data folder, or None.
        formerly: another name, which it went by before, or None.
    """

    name: str
    title: str
    artist: str
    year: str
    source: str
    sha256: str
    rights: str
    public_domain: bool
    bundled: str | None = None
    formerly: str | None = None

    @property
    def file_name(self) -> str:
        """What the image is called in the cache: the name with its source's suffix."""
        return self.name + self.source[self.source.rindex(".") :]


def entry_of(style: str, known: Mapping[str, Entry]) -> Entry | None:
    """The entry of this name or former name; None where there is none."""
    former = {entry.formerly: entry for entry in known.values() if entry.formerly is not None}
    return known.get(style) or former.get(style)


@functools.cache
def catalogue() -> Mapping[str, Entry]:
    """The catalogue that ships with the package: name -> entry, in the file's order, read-only."""
    text = (importlib.resources.files(__package__) / "catalogue.yaml").read_text(encoding="utf-8")
    return parse_catalogue(text)


def parse_catalogue(text: str) -> Mapping[str, Entry]:
    """YAML in the form of ``catalogue.yaml`` -> name -> entry, read-only.

    Raises:
        TypeError: an entry lacks a field or has an unknown one; the message names it.
    """
    facts = yaml.safe_load(text).items()
    return MappingProxyType({name: Entry(name=name, **fields) for name, fields in facts})
