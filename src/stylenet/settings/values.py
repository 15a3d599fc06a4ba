"""Values of the wrong kind for what they are given to: refused by their keys before it is built."""

from __future__ import annotations

import collections.abc
import enum
import functools
import inspect
import os
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, Node, OmegaConf
from omegaconf.errors import InterpolationKeyError

from stylenet.errors import StylenetError

# what may be told apart: any other annotation takes anything
_PLAIN = (bool, int, float, str, type(None))
# whose classes are written as plain values: spans of time, ...
_WRITTEN_ALONE = ("datetime", "numbers")
_ALIAS = re.compile(r"\$\{(\.*)([A-Za-z_][\w.]*)\}")
_NOTHING = object()
_WRITTEN = ("builtins", "typing", "collections.abc", *_WRITTEN_ALONE)


def check_target(config: Any, key: str | None = None) -> None:
    """Refuse plain values in place of what is to be built; null is for who builds to refuse.

    Args:
        config: what was given.
        key: of it, where it cannot tell by itself.

    Raises:
        StylenetError: with the key, the value, and what is expected.
    """
    if config is None or (isinstance(config, Mapping) and "_target_" in config):
        return
    if key is None and OmegaConf.is_config(config):
        key = config._get_full_key(None)
    raise StylenetError(
        f"Got {key or 'a setting'}={_shown(config)}, expected what its _target_ names.",
        "Choose a file of conf/ for it, or give it a _target_.",
    )


def check_values(config: Any, *, settled: bool = True) -> None:
    """Refuse a list where a ``_target_`` below ``config`` takes a number, a number for a list, ...

    Args:
        config: with keys that can be told.
        settled: False where null, or a key that is not there, may stand for what is filled in or
            refused later.

    Raises:
        StylenetError: with the key, the value, and what is expected.
    """
    if not OmegaConf.is_config(config):
        return
    keys: Iterable[Any] = range(len(config)) if isinstance(config, ListConfig) else config
    values = {key: _value(config, key, settled) for key in keys}
    if isinstance(config, DictConfig) and "_target_" in config:
        for key, value, expected in _misfits(config, values, settled):
            raise _misfit(_written_at(config, key), value, expected)
    for value in values.values():
        if OmegaConf.is_config(value):
            check_values(value, settled=settled)


def check_built(config: DictConfig, keys: Iterable[str]) -> None:
    """Refuse plain values at ``keys``, where something is to be built; null leaves it out.

    Args:
        config: in which they are looked up.
        keys: dotted; ``callbacks.*`` stands for all that ``callbacks`` holds.

    Raises:
        StylenetError: with the key and the value.
    """
    for key in keys:
        above, _, last = key.rpartition(".")
        if last != "*":
            check_target(OmegaConf.select(config, key), key)
            continue
        several = OmegaConf.select(config, above)
        if several is None:
            continue
        if not isinstance(several, DictConfig):
            raise _misfit(above, _shown(several), "Mapping")
        for name in map(str, several):
            check_target(several[name], f"{above}.{name}")


def check_kinds(config: DictConfig, kinds: Mapping[str, Any]) -> None:
    """Refuse values of another kind than is said of keys that no ``_target_`` takes; null is open.

    Raises:
        StylenetError: with the key, the value, and what is expected.
    """
    for key, kind in kinds.items():
        value = OmegaConf.select(config, key)
        if value is not None and not _fits(value, kind, settled=True):
            raise _misfit(key, _shown(value), inspect.formatannotation(kind))


def _misfit(key: str, value: object, expected: str) -> StylenetError:
    return StylenetError(
        f"Got {key}={value}, expected {expected}.",
        "Give a value of that kind, or leave the key out for the default.",
    )


def _misfits(
    config: DictConfig, values: Mapping[Any, Any], settled: bool
) -> Iterator[tuple[str, object, str]]:
    hints = _hints(get_object(str(config._target_)))
    for key, value in values.items():
        if key not in hints or (value is None and not settled):
            continue
        if value is None and OmegaConf.is_missing(config, key):
            continue
        if not _fits(value, hints[str(key)], settled):
            yield str(key), _shown(value), inspect.formatannotation(hints[str(key)])


def _written_at(config: DictConfig, key: str) -> str:
    """The key that has the value itself: ``loss.style_layers`` for ``loss.terms.style.layers``."""
    root = config._get_root()
    full = str(config._get_full_key(key))
    for _ in range(10):  # of those that lead in a circle nothing is read
        above, _, last = full.rpartition(".")
        holder = OmegaConf.select(root, above) if above else root
        if not isinstance(holder, DictConfig):
            break
        node = holder._get_node(last)
        alias = _ALIAS.fullmatch(str(node._value())) if isinstance(node, Node) else None
        if alias is None:
            break
        dots = len(alias[1])  # one: a sibling
        another = ".".join([*full.split(".")[:-dots], alias[2]]) if dots else alias[2]
        if OmegaConf.select(root, another, default=_NOTHING) is _NOTHING:
            break
        full = another
    return full


def _value(config: Any, key: Any, settled: bool) -> Any:
    """None where there is no value yet."""
    if OmegaConf.is_missing(config, key):
        return None
    try:
        return config[key]
    except InterpolationKeyError:
        if settled:
            raise
        return None


def _shown(value: object) -> object:
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value


@functools.cache
def _hints(target: Callable[..., Any]) -> dict[str, Any]:
    """Of a class also what its bases take, where it hands them ``**settings``."""
    if not inspect.isclass(target):
        return _own_hints(target)
    hints: dict[str, Any] = {}
    for one in target.__mro__:
        own = vars(one).get("__init__")
        if own is None:
            continue
        hints = _own_hints(own) | hints
        kinds = {parameter.kind for parameter in inspect.signature(own).parameters.values()}
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return hints


def _own_hints(own: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(own)
    except (NameError, TypeError):  # what is imported for type checks only
        return {}


def _fits(value: object, hint: Any, settled: bool) -> bool:
    if isinstance(value, DictConfig) and "_target_" in value:
        return True  # what is built of it tells
    origin = typing.get_origin(hint) or hint
    if origin in (typing.Union, types.UnionType):
        kinds = typing.get_args(hint)
        if any(map(_is_path, kinds)):  # what a path is written as is looked at more narrowly
            kinds = tuple(one for one in kinds if one is not str)
        return any(_fits(value, one, settled) for one in kinds)
    if _is_path(hint):  # a folder named 2017 is made a word when paths are expanded
        return isinstance(value, (str, Path)) or (not settled and _is(value, float))
    if origin in _PLAIN:
        return _is(value, origin)
    if _is_built(origin):
        return False
    inner = typing.get_args(hint)
    if inspect.isclass(origin) and issubclass(origin, Mapping):
        of = inner[-1] if inner else Any
        return isinstance(value, DictConfig) and all(
            _fits(value[key], of, settled) for key in value
        )
    if inspect.isclass(origin) and issubclass(origin, Sequence):
        of = inner[0] if inner else Any
        return isinstance(value, ListConfig) and all(_fits(one, of, settled) for one in value)
    if origin is typing.Literal and settled:  # before: a word such as auto
        return value in inner
    alone = origin is typing.Literal or getattr(origin, "__module__", None) in _WRITTEN_ALONE
    return not (alone and OmegaConf.is_config(value))


def _is_path(hint: Any) -> bool:
    origin = typing.get_origin(hint) or hint
    return inspect.isclass(origin) and issubclass(origin, os.PathLike)


def _is_built(origin: Any) -> bool:
    """Whether no plain value is one of these: callables, protocols and classes of libraries."""
    if origin is collections.abc.Callable:
        return True
    if not inspect.isclass(origin) or issubclass(origin, (Mapping, Sequence, enum.Enum)):
        return False
    return origin.__module__ not in _WRITTEN


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        whole = isinstance(value, float) and value.is_integer()
        return whole or (isinstance(value, int) and not isinstance(value, bool))
    if kind is str:  # a name such as 1 or 1e3
        return isinstance(value, str) or _is(value, float)
    return isinstance(value, kind)
