"""How much memory of the machine is free."""

from __future__ import annotations

import os
from pathlib import Path


def free_memory() -> int | None:
    """Bytes that are free, of the machine or of what a container's limit leaves; None: unknown."""
    free = [int(v) for v in (_available(), _left_of_group()) if v is not None]
    return min(free) if free else None


def _available() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvail"))
    except (OSError, StopIteration):
        pass
    try:  # of the machine, where the system does not say what is free
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _left_of_group() -> int | None:
    """What a container's limit leaves."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text()
        used = (folder / "memory.current").read_text()
        return int(limit) - int(used)
    except (OSError, ValueError):
        return None
