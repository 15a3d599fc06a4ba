"""All visitors of the page."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
import time
from collections import OrderedDict
from pathlib import Path

from stylenet.app.limits import Limits
from stylenet.app.visit import Visit

UNCLAIMED = 600  # seconds after which an upload belongs to nobody


class Visits:
    """Who is here, by the session's name that each open page gives itself.

    Args:
        folder: for all files of theirs; the server keeps uploads there, too.
        limits: what a visitor may ask for, and how many there may be.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self._limits = limits
        self._of: OrderedDict[str, Visit] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._of)

    def of(self, session: str) -> Visit:
        """The visit of this session; a new one where there is none."""
        gone = []
        with self._lock:
            visit = self._of.get(session)
            if visit is None:
                visit = Visit(self.folder / secrets.token_urlsafe(16), self._limits)
                self._of[session] = visit
            self._of.move_to_end(session)
            while len(self._of) > self._limits.visitors:
                gone.append(self._of.popitem(last=False)[1])
        for other in gone:
            other.close()
        return visit

    def end(self, session: str) -> None:
        """Delete what the session left, and uploads of long ago that came to nothing."""
        with self._lock:
            visit = self._of.pop(session, None)
        if visit is not None:
            visit.close()
        with self._lock:
            used = {folder for visit in self._of.values() for folder in visit.folders}
        for folder in set(self.folder.iterdir()) - used:
            with contextlib.suppress(FileNotFoundError):  # others end at the same time
                if time.time() - folder.stat().st_mtime > UNCLAIMED:
                    shutil.rmtree(folder, ignore_errors=True)

    def end_all(self) -> None:
        """Delete what all left."""
        for session in list(self._of):
            self.end(session)
