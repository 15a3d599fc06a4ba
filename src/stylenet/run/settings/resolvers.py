"""Functions that the configuration calls, such as ``${run_dir:...}``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from omegaconf import OmegaConf


def resolve_by(name: str, function: Callable[..., Any], *, use_cache: bool = False) -> None:
    """Let ``${name:...}`` stand for what ``function`` returns; it may be told again.

    Args:
        name: of the resolver.
        function: of the arguments that follow the name.
        use_cache: call it once for the same arguments.
    """
    # OmegaConf 2.4 has the method under the shorter name, which 2.3 had for another one
    register: Any = OmegaConf.register_resolver
    if "replace" not in inspect.signature(register).parameters:
        register = OmegaConf.register_new_resolver
    register(name, function, replace=True, use_cache=use_cache)
