"""What tests of several runners share."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from stylenet.callbacks import LossCurves


@pytest.fixture
def interrupt_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], AbstractContextManager[None]]:
    """``with interrupt_at(3):`` Ctrl-C arrives when this step of a run has been logged."""

    @contextlib.contextmanager
    def at(step: int) -> Iterator[None]:
        before = LossCurves.on_train_batch_end

        def interrupted(curves: LossCurves, trainer: Any, *args: Any, **kwargs: Any) -> None:
            before(curves, trainer, *args, **kwargs)
            if trainer.global_step == step:
                os.kill(os.getpid(), signal.SIGINT)

        with monkeypatch.context() as patched:
            patched.setattr(LossCurves, "on_train_batch_end", interrupted)
            yield

    return at
