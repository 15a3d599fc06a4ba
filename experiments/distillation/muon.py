"""Muon for a convolutional net's kernels, AdamW for the rest, under one learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

# Quintic that brings singular values near 1 in five turns: Jordan et al. 2024,
# https://kellerjordan.github.io/posts/muon/
_A, _B, _C = 3.4445, -4.7750, 2.0315
# Root mean square of an AdamW step over its learning rate, which Muon's step is given too: Liu et
# al. 2025 (arXiv:2502.16982), section 2.2.
_ADAM_LIKE = 0.2


class Muon(Optimizer):
    """Steps along orthogonalised momentum for kernels larger than 1x1, AdamW for all else.

    A kernel (O,I,kH,kW) is taken as the matrix (O, I*kH*kW). Its step is as large as AdamW's at the
    same learning rate, so that the rate means the same for all parameters.

    Args:
        params: of the net.
        lr: learning rate of both.
        momentum: of the kernels, Nesterov's.
        betas: of AdamW.
        weight_decay: decoupled, of both.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 2e-3,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.01,
    ) -> None:
        parameters = list(params)
        kernels = [p for p in parameters if _is_kernel(p)]
        rest = [p for p in parameters if not _is_kernel(p)]
        defaults: dict[str, Any] = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        defaults |= {"betas": tuple(betas), "eps": 1e-8}
        super().__init__([{"params": group} for group in (kernels, rest) if group], defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step; ``closure`` gives the loss and leaves gradients."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                rule = self._muon if _is_kernel(parameter) else self._adam
                parameter.sub_(group["lr"] * rule(parameter, parameter.grad, group))
        return loss

    def _muon(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum = state["momentum"].lerp_(grad, 1 - group["momentum"])
        ahead = grad.lerp(momentum, group["momentum"])
        matrix = orthogonalised(ahead.flatten(1))
        size = _ADAM_LIKE * math.sqrt(max(matrix.shape))
        return (size * matrix).view(parameter.shape)

    def _adam(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"] = torch.zeros_like(parameter)
            state["square"] = torch.zeros_like(parameter)
        state["step"] += 1
        first, second = group["betas"]
        mean = state["mean"].lerp_(grad, 1 - first)
        square = state["square"].lerp_(grad.square(), 1 - second)
        step = float(state["step"])
        deviation = (square / (1 - second**step)).sqrt_() + group["eps"]
        step_taken: Tensor = mean / (1 - first**step) / deviation
        return step_taken


def orthogonalised(matrix: Tensor, turns: int = 5) -> Tensor:
    """``matrix`` with all singular values near 1 (about 0.7 to 1.2), by Newton-Schulz iteration."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = (x / (x.norm() + 1e-7)).bfloat16()
    for _ in range(turns):
        gram = x @ x.T
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    turned: Tensor = x.T if tall else x
    return turned.to(matrix.dtype)


def _is_kernel(parameter: Tensor) -> bool:
    return parameter.ndim == 4 and parameter.shape[2] > 1
