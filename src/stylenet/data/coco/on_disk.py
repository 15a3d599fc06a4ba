"""What of a split of COCO is on the disk, and what to say where something is absent."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from stylenet.data.faults import name_some
from stylenet.errors import StylenetError

_log = logging.getLogger(__name__)


def present_paths(
    names: Sequence[str], folder: Path, listing: Path, max_absent: float
) -> list[Path]:
    """The files of ``folder`` by these ``names``, in their order, less those that are absent.

    Args:
        names: Of the images that the annotation file ``listing`` lists.
        folder: With the images of a split.
        listing: For messages.
        max_absent: Fraction of the images, from 0 to 1, above which it is an error.

    Raises:
        StylenetError: There is no such folder, or too many are absent.
    """
    if not folder.is_dir():
        raise StylenetError(
            f"There is no folder {folder} with the pictures that {listing} lists.",
            "Check data.root and data/release, or fetch COCO with data.download=true.",
        )
    gone = absent(names, folder)
    if gone:
        some = name_some([(name, "absent") for name in gone])
        allowed = int(max_absent * len(names) + 1e-9)
        if len(gone) > allowed or len(gone) == len(names):
            raise StylenetError(
                f"{len(gone)} of {len(names)} pictures that {listing} lists"
                f" are absent from {folder}, expected at most {allowed}: {some}.",
                "Fetch them with data.download=true, or allow some to be absent with"
                " data.max_absent (a fraction from 0 to 1).",
            )
        _log.warning("%d of %d listed pictures are absent: %s.", len(gone), len(names), some)
    left_out = set(gone)
    return [folder / name for name in names if name not in left_out]


def absent(names: Sequence[str], folder: Path) -> list[str]:
    """Those of ``names`` that are no files of ``folder``."""
    present = set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208, names only
    return [n for n in names if n not in present and not ("/" in n and (folder / n).is_file())]


def no_annotations(file: Path, root: Path, *, is_val: bool) -> StylenetError:
    """What to say where ``root`` has no annotation ``file`` of the training or validation split."""
    here = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    remedy = "Check data.root and data/release, or fetch COCO with data.download=true."
    if is_val:
        remedy += " Or hold pictures of the training split out: data.val_fraction=0.01."
    elif "instances.json" in here:
        remedy = "It looks like one file of annotations beside images/: add data/release=one_file."
    return StylenetError(
        f"There is no annotation file {file}; {root} holds {', '.join(here[:8]) or 'nothing'}.",
        remedy,
    )
