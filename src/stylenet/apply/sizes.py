"""Nets that a stranger's file describes are built only as large as its tensors are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module

# what a net may have besides what its file has: as much again, and so much
MODULES, NUMBERS = 10_000, 10_000_000


class TooLargeError(Exception):
    """A net grows far beyond the tensors that it is built for."""


@contextmanager
def no_larger_than(tensors: Mapping[str, Tensor]) -> Iterator[None]:
    """A context in which the layers that are built stay near the size of ``tensors``.

    Raises:
        TooLargeError: they do not.
    """
    modules = 2 * len(tensors) + MODULES
    numbers = 2 * sum(tensor.numel() for tensor in tensors.values()) + NUMBERS

    def count_module(*_: object) -> None:
        nonlocal modules
        modules -= 1
        if modules < 0:
            raise TooLargeError

    def count_parameter(_: nn.Module, __: str, parameter: Any) -> None:
        nonlocal numbers
        numbers -= 0 if parameter is None else parameter.numel()
        if numbers < 0:
            raise TooLargeError

    hooks = [
        module.register_module_module_registration_hook(count_module),
        module.register_module_parameter_registration_hook(count_parameter),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
