"""Processes that prepare batches ahead: how they start and end."""

from __future__ import annotations

import multiprocessing
import os
import signal

_GRACE_SECONDS = 5


def start_method() -> str | None:
    """How loading processes start: as the platform does, also in a job of joblib's.

    Those have a way of their own by default, "loky", in which no others can be started.
    """
    known = multiprocessing.get_all_start_methods()
    chosen = multiprocessing.get_start_method(allow_none=True)
    return known[0] if chosen not in (None, *known) else None


def outlive_the_last_step(_worker: int) -> None:
    """Have this process ignore Ctrl-C, and end some seconds after it is told to."""
    # Ctrl-C, the terminal's end and a scheduler's SIGTERM may reach every process of a run. If
    # workers died at once, the main process could not finish its step and write a checkpoint. They
    # must not outstay either: at exit Python sends SIGTERM to children that are left, and waits for
    # them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
        signal.signal(signal.SIGTERM, lambda *_: signal.alarm(_GRACE_SECONDS))
