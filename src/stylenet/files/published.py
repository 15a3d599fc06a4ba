"""Weights that torch's own cache keeps, under the names that they are published by."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError


def fetch_published(url: str, target: Path, expected: str | None, seconds: float) -> None:
    """Download ``url`` to ``target``: whole or not at all, and no more than so long in silence.

    Args:
        url: of the file.
        target: where it goes; its folder is made.
        expected: what its SHA-256 begins with, if that is known.
        seconds: after which a server that says nothing is given up.

    Raises:
        OSError: it cannot be obtained, whatever the reason.
    """
    import torch  # most of what writes files does without

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _silence_limit(seconds):
            # It writes to a temporary file, removed whatever happens, and renames it last.
            torch.hub.download_url_to_file(url, str(target), expected, progress=True)
    except (OSError, http.client.HTTPException, RuntimeError, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it is the connection, too
        raise OSError(str(error)) from error


@contextmanager
def _silence_limit(seconds: float) -> Iterator[None]:
    """Socket timeout for code that takes none, as torch's download; restored afterwards."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
