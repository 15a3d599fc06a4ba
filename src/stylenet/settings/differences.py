"""What differs between runs: the settings that they were started with, side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stylenet.commands import PLACES, group_of

DEFAULT = "default"


def settings_of(overrides: Iterable[str]) -> dict[str, str]:
    """Keys -> values of overrides, without those that only say where things lie.

    >>> settings_of(["norm=batch", "+data.more=3", "~scheduler", "logger=none"])
    {'norm': 'batch', 'data.more': '3', 'scheduler': 'null'}
    """
    found: dict[str, str] = {}
    for override in overrides:
        key, given, value = override.lstrip("+~").partition("=")
        if group_of(key) not in PLACES:
            found[key] = value.strip("'") if given else "null"
    return found


def what_differs(runs: Sequence[Mapping[str, str]]) -> list[str]:
    """The keys that have not the same value in all of ``runs``, in the order they were given in."""
    keys = dict.fromkeys(key for run in runs for key in run)
    return [key for key in keys if len({run.get(key) for run in runs}) > 1]


def short_keys(keys: Sequence[str]) -> dict[str, str]:
    """``loss.style_weight`` -> ``style_weight``, where no other of ``keys`` ends in the same."""
    ends = [re.split(r"[./@]", key)[-1] for key in keys]
    pairs = zip(keys, ends, strict=True)
    return {key: end if ends.count(end) == 1 else key for key, end in pairs}


def short_value(value: str) -> str:
    """A path by its last part, anything else as it is."""
    return Path(value).stem if re.fullmatch(r".*[/\\].*\.\w+|[/.~].*[/\\].*", value) else value


def named_values(settings: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    """Short keys -> short values of ``keys`` in ``settings``; `DEFAULT` for those not set."""
    short = short_keys(keys)
    return {short[key]: short_value(settings.get(key, DEFAULT)) for key in keys}


def label(values: Mapping[str, str]) -> str:
    """What `named_values` gives, in words: ``norm=batch, width=0.5``.

    A value stands for itself where it is the only one and a word.
    """
    if len(values) == 1 and not re.fullmatch(r"[-+.\deE]+|true|false|null|default", one(values)):
        return one(values)
    return ", ".join(f"{key}={value}" for key, value in values.items())


def one(values: Mapping[str, str]) -> str:
    """The value of a mapping that has one."""
    (value,) = values.values()
    return value
