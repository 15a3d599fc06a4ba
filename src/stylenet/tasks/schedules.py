"""Learning rates over a run whose length is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

SchedulerFactory: TypeAlias = Callable[[Optimizer], LRScheduler]


def with_schedule(optimizer: Optimizer, scheduler: SchedulerFactory | None) -> Any:
    """What Lightning is to train with: ``optimizer``, its rate set after every step if asked."""
    if scheduler is None:
        return optimizer
    schedule = {"scheduler": scheduler(optimizer), "interval": "step"}
    return {"optimizer": optimizer, "lr_scheduler": schedule}


def warm_up_and_cosine(
    optimizer: Optimizer, steps: int, warm_up: int = 100, least: float = 0.01
) -> LambdaLR:
    """A linear rise over ``warm_up`` steps, then half a cosine down to the fraction ``least``.

    From ``steps`` on the rate stays there. Source: Loshchilov and Hutter 2017 (arXiv:1608.03983),
    equation 5, without restarts.
    """
    warm_up = min(warm_up, steps)

    def share(step: int) -> float:
        if step < warm_up:
            return (step + 1) / (warm_up + 1)
        done = min(1.0, (step - warm_up) / max(1, steps - warm_up))
        return least + (1 - least) * (1 + math.cos(math.pi * done)) / 2

    return LambdaLR(optimizer, share)
