"""Telling files from what is read like one and may never end."""

from __future__ import annotations

import stat
from pathlib import Path


def is_stream(path: Path) -> bool:
    """Whether ``path`` is a pipe, a socket or a device, so that reading it may wait for ever."""
    try:
        mode = path.stat().st_mode
    except OSError:  # whoever opens it says why
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)
