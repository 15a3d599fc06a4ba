"""How memory is given back to the system: rarely, by a program that needs it again at once."""

from __future__ import annotations

import ctypes
import os
import platform


def tune_allocator() -> bool:
    """Let glibc keep the memory that tensors give back; whether it was told so.

    A training step frees and asks for the same hundreds of megabytes again and again, a clip's
    frames for a few each. By default glibc returns each large block to the system, which then hands
    out zeroed pages one fault at a time: a third of a step, a tenth of what a clip takes besides
    its net. Nothing is done under another C library, nor where the environment tunes the allocator
    already. Source: mallopt(3).
    """
    tuned = any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ)
    if tuned or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD in bytes (C ints); M_ARENA_MAX
    settings = ((-3, 2**30), (-1, 2**31 - 1), (-2, 2**29), (-8, 1))
    done = [mallopt(ctypes.c_int(key), ctypes.c_int(value)) for key, value in settings]
    return all(done)
