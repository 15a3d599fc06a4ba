"""Room on the disk, and errors of the file system in words."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from rich.filesize import decimal

from stylenet.errors import StylenetError

# errors of a disk, or of a user's part of it, that has no room
FULL = (errno.ENOSPC, errno.EDQUOT)


def require_space(folder: Path, needed: int, purpose: str, *, setting: str) -> None:
    """Raise `StylenetError` if the disk of ``folder`` has not ``needed`` bytes free.

    Args:
        folder: Need not be there yet.
        needed: In bytes.
        purpose: What for; the sentence begins with it.
        setting: What the user sets to choose another folder, such as ``data.root``.
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StylenetError(
            f"{purpose} needs {decimal(needed)}, but the disk of {folder} has"
            f" {decimal(free)} free.",
            f"Free some space, or set {setting} to a folder on another disk.",
        )


def disk_error(error: OSError, folder: Path, *, setting: str) -> StylenetError:
    """Return what to tell of an error of the file system while writing to ``folder``.

    ``setting`` is what the user sets to choose another folder, such as ``data.root``.
    """
    full = error.errno in FULL
    what = "the disk is full" if full else "it cannot be written"
    return StylenetError(
        f"Writing to {folder} failed: {what} ({error}).",
        "What came so far is kept: free some space and run the same command again."
        if full
        else f"Set {setting} to a folder that you may write to.",
    )
