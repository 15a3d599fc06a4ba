"""Packages that only some of what nets can do needs."""

from __future__ import annotations

import importlib
from types import ModuleType

from stylenet.errors import StylenetError


def imported(module: str, extra: str, purpose: str) -> ModuleType:
    """The module of this name.

    Args:
        module: its name.
        extra: of ``pip install stylenet[...]``, which brings it.
        purpose: what it is wanted for, as it follows "needs it for".

    Raises:
        StylenetError: it is not installed, or does not load.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise StylenetError(
            f"{module.partition('.')[0]} is needed for {purpose}, but does not load ({error}).",
            f"Install it: pip install 'stylenet[{extra}]', or in a clone: uv sync --extra {extra}.",
        ) from error
