"""Where paths of a user lie."""

from __future__ import annotations

import functools
import logging
import tempfile
from pathlib import Path

from stylenet.errors import StylenetError

_log = logging.getLogger(__name__)


def expanded(path: str | Path) -> Path:
    """``path`` with the home folder in place of a leading ``~``.

    Raises:
        StylenetError: it is not known, as for a user without account and HOME; or nobody's.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise StylenetError(
            f"Got the path {path}, but whose home folder that is, is not known ({error}).",
            "Set HOME, or give the path without ~ (./~... for a name that begins with it).",
        ) from error


def cache_folder(path: str | Path) -> Path:
    """``path``, as `expanded`; where that cannot be, a temporary folder, which is said."""
    try:
        return expanded(path)
    except StylenetError:
        return _temporary(str(path))


@functools.cache
def _temporary(path: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="stylenet-cache-"))
    _log.warning("There is no home folder for the cache %s: it is in %s this time.", path, folder)
    return folder
