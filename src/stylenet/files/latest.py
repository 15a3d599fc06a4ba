"""``runs/latest``: a link to the run that was started last."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

LATEST = "latest"


def link_latest(folder: Path, runs: Path) -> None:
    """Let ``<runs>/latest`` lead to ``folder``, if that lies below ``runs``.

    Where there are no links, or something else has that name, nothing is done.
    """
    folder, runs = folder.resolve(), runs.resolve()
    if not folder.is_relative_to(runs):
        return
    link = runs / LATEST
    new = runs / f".{LATEST}-{os.getpid()}"
    with contextlib.suppress(OSError):
        new.symlink_to(folder.relative_to(runs), target_is_directory=True)
        try:
            new.replace(link)
        except OSError:
            new.unlink()
            raise
