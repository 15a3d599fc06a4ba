"""What goes wrong, in words: what a user can mend, as against a bug of ours."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from traceback import walk_tb

from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from stylenet.errors import StylenetError, causes
from stylenet.files import FULL
from stylenet.settings.explain import explain, of_odd_choices

UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG)


def words_for(error: BaseException) -> str | None:
    """What to tell the user, or None where ``error`` is a bug of ours."""
    for cause in causes(error):
        if isinstance(cause, StylenetError):
            return f"Error: {cause}"
        if isinstance(cause, OSError) and cause.errno in UNWRITABLE:
            return f"Error: {cause}. Choose another paths.runs, run.dir or out, or fix this one."
        if isinstance(cause, OSError) and cause.errno in FULL:
            return (
                f"Error: the disk is full ({cause}). What was written before is whole; free "
                "some space and run the same command again."
            )
        if isinstance(cause, FileNotFoundError) and _is_nowhere():
            return (
                "Error: the folder that this was started in does not exist any more. Change to "
                "another one (cd), and run the same command again."
            )
    # Hydra's own word for logger=null and the like is a bare ValueError
    of_hydra = isinstance(error, ValueError) and "Config group override" in str(error)
    if of_hydra or isinstance(error, (HydraException, OmegaConfBaseException)):
        return explain(error, sys.argv[1:])
    if _is_of_hydra(error):
        return of_odd_choices(sys.argv[1:]) or (
            f"Error: Hydra stumbles over the command line ({type(error).__name__}: {error}). Look "
            "for a group that is given a null, a number or a mapping among its choices. "
            f"(command line: {' '.join(sys.argv[1:])})"
        )
    return None


def _is_of_hydra(error: BaseException) -> bool:
    """Whether Hydra's own code raised it: that has no words for some choices of no sense."""
    frames = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    return bool(frames) and frames[-1].startswith("hydra.")


def _is_nowhere() -> bool:
    """Whether the working directory was removed."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
