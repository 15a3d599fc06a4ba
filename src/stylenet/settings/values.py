"""Values of the wrong kind for what they are given to: refused by their keys before it is built."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, OmegaConf

from stylenet.errors import StylenetError

# what may be told apart: any other annotation takes anything
_PLAIN = (bool, int, float, str, type(None))


def check_values(config: Any) -> None:
    """Refuse a list where a ``_target_`` below ``config`` takes a number, a number for a list, ...

    Raises:
        StylenetError: with the key, the value, and what is expected.
    """
    if isinstance(config, DictConfig) and "_target_" in config:
        for key, value, expected in _misfits(config):
            raise StylenetError(
                f"Got {config._get_full_key(key)}={value}, expected {expected}.",
                "Give a value of that kind, or leave the key out for the default.",
            )
    keys: Iterable[Any] = range(len(config)) if isinstance(config, ListConfig) else config
    for key in keys if OmegaConf.is_config(config) else ():
        if not OmegaConf.is_missing(config, key) and OmegaConf.is_config(config[key]):
            check_values(config[key])


def _misfits(config: DictConfig) -> Iterator[tuple[str, object, str]]:
    hints = _hints(get_object(str(config._target_)))
    for key in config:
        if OmegaConf.is_missing(config, key):
            continue
        value = config[key]
        built = isinstance(value, DictConfig) and "_target_" in value
        if key in hints and not built and not _fits(value, hints[str(key)]):
            shown = OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
            yield str(key), shown, inspect.formatannotation(hints[str(key)])


def _hints(target: Callable[..., Any]) -> dict[str, Any]:
    own = target.__init__ if inspect.isclass(target) else target
    try:
        return typing.get_type_hints(own)
    except (NameError, TypeError):  # what is imported for type checks only
        return {}


def _fits(value: object, hint: Any) -> bool:
    origin = typing.get_origin(hint) or hint
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in typing.get_args(hint))
    if origin in _PLAIN:
        return _is(value, origin)
    if getattr(origin, "_is_protocol", False) and isinstance(value, (bool, int, float, str)):
        return False
    inner = typing.get_args(hint)
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        of = inner[-1] if inner else Any
        return isinstance(value, DictConfig) and all(_fits(value[key], of) for key in value)
    if inspect.isclass(origin) and issubclass(origin, Sequence):
        of = inner[0] if inner else Any
        return isinstance(value, ListConfig) and all(_fits(one, of) for one in value)
    return True


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        whole = isinstance(value, float) and value.is_integer()
        return whole or (isinstance(value, int) and not isinstance(value, bool))
    if kind is str:
        return isinstance(value, (str, int, float))  # a name such as 1 or 1e3
    return isinstance(value, kind)
