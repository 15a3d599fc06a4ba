"""Compiling training steps that are going to be taken often enough."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.runners.base import Say

# Steps after which compiling has paid for itself. On a CPU it takes less than a minute (measured:
# 20 to 45 s on two cores) and saves a quarter of each step, which lasts tenths of a second; on a
# GPU it takes as long, and a step is some ten milliseconds (reckoned, not measured).
LONG_ON_CPU = 1000
LONG_ON_GPU = 10_000
P = ParamSpec("P")
R = TypeVar("R")


def on_gpu(config: Settings) -> bool:
    """Whether the run will use a CUDA device."""
    return config.trainer.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()


def compiler_of(config: Settings, say: Say) -> CompileLongRuns:
    """What ``compile`` wishes of training steps, on the device that the run will use."""
    return CompileLongRuns(config.compile, LONG_ON_GPU if on_gpu(config) else LONG_ON_CPU, say)


class CompileLongRuns:
    """Compiles a training step that is going to be called often enough to pay for it.

    Args:
        wish: True: always; False: never; ``"auto"``: from ``long`` calls on.
        long: calls.
        say: gets one line about what was decided, if that was not asked for.
    """

    def __init__(self, wish: bool | str, long: int, say: Callable[[str], None]) -> None:
        self.wish = wish
        self.long = long
        self.say = say

    def __call__(self, function: Callable[P, R], steps: float) -> Callable[P, R]:
        """``function``, compiled for the shapes it is called with, or as it is.

        Raises:
            StylenetError: by what is given, when it is called: it cannot be compiled, and that was
                asked for.
        """
        if self.wish is False or (self.wish is not True and steps < self.long):
            return function
        if self.wish is not True:
            self.say(f"training step compiled (takes a minute, pays from {self.long} steps on)")
        return self._compiled(torch.compile(function, dynamic=False), function)

    def _compiled(self, compiled: Callable[P, R], function: Callable[P, R]) -> Callable[P, R]:
        """``compiled``; where it turns out that it cannot be, ``function``, if nobody asked."""
        # here, because it takes seconds to import, and short runs do not compile
        from torch._dynamo.exc import TorchDynamoException

        current = compiled

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            nonlocal current
            try:
                return current(*args, **kwargs)
            except TorchDynamoException as error:
                if current is function:
                    raise
                reason = _reason(error)
                if self.wish is True:
                    raise StylenetError(
                        f"Got compile=true, but the training step cannot be compiled: {reason}",
                        "Repair the compiler (CXX=<another> uses another), or use compile=false.",
                    ) from error
                current = function
                self.say(f"training step not compiled after all: {reason}")
                return function(*args, **kwargs)

        return call


def _reason(error: BaseException) -> str:
    """One line of the many in ``error``, and the first of what the compiler said."""
    first = str(error).strip().partition("\n")[0]
    said = re.search(r"^Output:\s*(\S.*)", str(error), re.MULTILINE)
    return f"{first} ({said[1].strip()})" if said else first
