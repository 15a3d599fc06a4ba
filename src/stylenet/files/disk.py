"""Room on the disk, and errors of the file system in words."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from stylenet.errors import StylenetError
from stylenet.files.progress import in_words


def require_space(folder: Path, needed: int, purpose: str) -> None:
    """Raise `StylenetError` if the disk of ``folder`` has not ``needed`` bytes free."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StylenetError(
            f"{purpose} needs {in_words(needed)}, but the disk of {folder} has"
            f" {in_words(free)} free.",
            "Free some space, or set data.root to a folder on another disk.",
        )


def disk_error(error: OSError, folder: Path) -> StylenetError:
    """Return what to tell of an error of the file system."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = "the disk is full" if full else "it cannot be written"
    return StylenetError(
        f"Writing to {folder} failed: {what} ({error}).",
        "What came so far is kept: free some space and run the same command again."
        if full
        else "Set data.root to a folder that you may write to.",
    )
