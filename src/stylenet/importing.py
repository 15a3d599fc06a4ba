"""Importing what is large."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import torch and what stands on it, within, without looking for garbage.

    Imports leave next to none, and to look for it goes through half a million objects again and
    again, a fifth of their time. Where torch is there already, nothing changes.
    """
    if "torch" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:  # no gc.freeze: extension modules would call what is frozen leaks at the end
        gc.enable()
