"""Processes of one run: raise on every one of them if any failed."""

from __future__ import annotations

import torch.distributed

from stylenet.errors import StylenetError


def is_one_of_several() -> bool:
    """Whether other processes of this run are connected to this one."""
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def fail_together(failure: Exception | None) -> None:
    """Raise on every process if any has a ``failure``; every process has to call this.

    Raises:
        Exception: ``failure``.
        StylenetError: another process called this with one.
    """
    failed: list[bool] = []
    if is_one_of_several():
        failed = [False] * torch.distributed.get_world_size()
        torch.distributed.all_gather_object(failed, failure is not None)
    if failure is not None:
        raise failure
    if any(failed):
        raise StylenetError(
            f"Process {failed.index(True)} of this run could not prepare its pictures, so this "
            "one ends, too.",
            "See its message above or below.",
        )
