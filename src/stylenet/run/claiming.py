"""The run directory: for one process at a time, and not for a second run."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from stylenet.callbacks import how_to_resume
from stylenet.files import claimed
from stylenet.settings.config_file import CLAIM
from stylenet.sweeps.recording import TakenError

log = logging.getLogger(__name__)


def check_nothing_is_lost(folder: Path, results: str) -> None:
    """A run that was killed before its first checkpoint can only begin anew.

    Raises:
        StylenetError: there is more of it.
    """
    if (folder / results).exists() or any((folder / "checkpoints").glob("*.ckpt")):
        raise TakenError(
            f"The run directory {folder} holds a run already.",
            f"Choose another run.dir, or {how_to_resume(folder)}",
        )
    log.info("the run in %s was stopped before its first checkpoint: it begins anew", folder)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """The run directory for this process alone, before anything is built: two runs would mix.

    Raises:
        StylenetError: another process has it.
    """
    taken = TakenError(
        f"The run directory {folder} is in use: another process is training there.",
        "Wait for its end, or choose another run.dir.",
    )
    try:
        with claimed(folder / CLAIM, taken):
            yield
    finally:
        with contextlib.suppress(OSError):  # it may be empty: the run came to nothing
            folder.rmdir()
