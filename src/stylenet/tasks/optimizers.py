"""Optimisers for few parameters and many steps: L-BFGS by single iterations, a choice by size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from stylenet.errors import StylenetError

OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
LEAST_HISTORY = 3
LEAP = 2.0
_GIB = 2**30


class LBFGS(torch.optim.LBFGS):
    """torch's L-BFGS, one iteration a step, without its four traps.

    - A step evaluates the loss where the line search of the step before ended: that value is kept,
      in checkpoints too, which spares every second evaluation.
    - torch's thresholds are absolute numbers, so that a small loss is taken for a flat one. Loss
      and gradient are multiplied by a power of two, chosen once, that brings the gradient's mean
      size to 1, and nothing ends a step early: the path does not depend on the loss's unit.
    - The history costs two copies of the parameters each: it is cut to ``memory_gib``.
    - Without a line search one step that is far too long ends the descent: what was learnt of the
      loss out there keeps all steps after it short. A step behind which the loss is more than
      `LEAP` times as high, or no number, is taken back to a tenth, as often as need be.

    Args:
        params: what is optimised, all contiguous.
        lr: length of a step along the direction found; with a line search, where that begins.
        history_size: steps remembered, at most.
        memory_gib: memory for them.
        line_search_fn: ``strong_wolfe``, or None: steps have the length ``lr``.
        max_evaluations: of the loss, in one step's line search, or to take a step back.

    Raises:
        StylenetError: the memory is too small for three steps.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 1.0,
        history_size: int = 20,
        memory_gib: float = 1.0,
        line_search_fn: Literal["strong_wolfe"] | None = "strong_wolfe",
        max_evaluations: int = 25,
    ) -> None:
        parameters = list(params)
        one = 2 * sum(p.numel() * p.element_size() for p in parameters)
        fitting = int(memory_gib * _GIB / max(one, 1))
        if fitting < min(LEAST_HISTORY, history_size):
            raise StylenetError(
                f"Got optimizer.memory_gib={memory_gib}, which holds {fitting} steps of L-BFGS's "
                f"history at {one / _GIB:.2g} GiB each; expected room for {LEAST_HISTORY}.",
                f"Set optimizer.memory_gib={math.ceil(10 * LEAST_HISTORY * one / _GIB) / 10}, "
                "paint smaller, or use optimizer=adam_pixels.",
            )
        super().__init__(
            parameters,
            lr=lr,
            max_iter=1,
            max_eval=max_evaluations,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=min(history_size, fitting),
            line_search_fn=line_search_fn,
        )
        self._searches = line_search_fn is not None
        self._most = max_evaluations

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """One iteration; ``closure`` gives the loss, leaves gradients, is called at least once."""
        evaluated = False

        def scaled() -> float:
            nonlocal evaluated
            known = self._known()
            if known is not None:
                return known
            evaluated = True
            loss, grads = self._evaluated(closure)
            for _ in range(0 if self._searches else self._most - 1):
                if not self._leapt(loss):
                    break
                loss, grads = self._evaluated(closure)
            pixels = [p.detach().clone() for p in self._params]
            self.state[self._params[0]]["last"] = (pixels, loss, grads)
            return loss

        result = super().step(scaled)  # type: ignore[no-untyped-call]
        if not evaluated:  # nothing is left to descend; the trainer wants to know the loss
            closure()
        return result

    def _evaluated(self, closure: Callable[[], Any]) -> tuple[float, list[Tensor]]:
        """Loss and gradients where the parameters are, in our unit."""
        with torch.enable_grad():
            loss = float(torch.as_tensor(closure()).detach())
        grads = [p.grad for p in self._params if p.grad is not None]
        scale = self._scale(grads)
        for grad in grads:
            grad.mul_(scale)
        return loss * scale, grads

    def _leapt(self, loss: float) -> bool:
        """Whether the last step was far too long; it is a tenth as long then."""
        state = self.state[self._params[0]]
        if "last" not in state or loss <= LEAP * state["last"][1]:
            return False
        for parameter, before in zip(self._params, state["last"][0], strict=True):
            parameter.detach().sub_(before).mul_(0.1).add_(before)
        state["t"] = 0.1 * state["t"]
        return True

    def _known(self) -> float | None:
        """The loss, if the parameters are where they were evaluated last; sets their gradients."""
        last: tuple[list[Tensor], float, list[Tensor]] | None
        last = self.state[self._params[0]].get("last")
        if last is None:
            return None
        values, loss, grads = last
        if not all(torch.equal(p, v) for p, v in zip(self._params, values, strict=True)):
            return None
        for parameter, grad in zip(self._params, grads, strict=True):
            parameter.grad = grad
        return loss

    def _scale(self, grads: list[Tensor]) -> float:
        state = self.state[self._params[0]]
        if "scale" not in state:
            total = float(sum(grad.abs().sum() for grad in grads))
            count = sum(grad.numel() for grad in grads)
            usable = math.isfinite(total) and total > 0
            state["scale"] = 2.0 ** round(math.log2(count / total)) if usable else 1.0
        scale: float = state["scale"]
        return scale


@dataclass(frozen=True)
class OptimizerBySize:
    """``small`` for images of up to ``px`` by ``px`` pixels, ``large`` for larger ones.

    L-BFGS needs fewer steps, and its history memory; it ceases to pay where that gets large.
    """

    small: OptimizerFactory
    large: OptimizerFactory
    px: int = 1024

    def __call__(self, params: Iterable[nn.Parameter]) -> Optimizer:
        """The optimiser over ``params``, of which one an image's pixels (1,3,H,W)."""
        parameters = list(params)
        fits = sum(p.numel() for p in parameters) <= 3 * self.px**2
        return (self.small if fits else self.large)(parameters)


def carry_over(old: Optimizer, new: Optimizer, resize: Callable[[Tensor], Tensor]) -> None:
    """Give ``new`` the running averages of ``old``, resized, where the two are of one kind.

    Both optimise one image. What is shaped like it (Adam's moments, a momentum) is resized,
    counters are kept. Directions that belong to one size, such as L-BFGS's, are left behind.
    """
    if type(old) is not type(new) or isinstance(new, torch.optim.LBFGS):
        return
    (before,), (after,) = old.param_groups[0]["params"], new.param_groups[0]["params"]
    for key, value in old.state.get(before, {}).items():
        pictures = isinstance(value, Tensor) and value.shape == before.shape
        new.state[after][key] = resize(value).contiguous() if pictures else value
