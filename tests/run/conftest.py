"""What tests of whole runs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def steps_done(losses: Callable[[Path], dict[tuple[int, str], float]]) -> Callable[[Path], int]:
    """``steps_done(run)``: the last step of ``losses.csv``, of a run that may still write it."""

    def last(run: Path) -> int:
        try:
            return max((step for step, _ in losses(run)), default=0)
        except (OSError, ValueError, TypeError):
            return 0

    return last
