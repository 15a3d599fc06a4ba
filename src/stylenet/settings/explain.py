"""Hydra's errors in words: the siblings of what was misspelt, and the nearest of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import MissingConfigException
from omegaconf import DictConfig
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    MissingMandatoryValue,
    OmegaConfBaseException,
)

from stylenet.errors import StylenetError
from stylenet.settings.arguments import corrected, parses
from stylenet.settings.inputs import files_of, groups_with, tasks_with, wanted

_NO_GROUP = re.compile(r"Could not override '(?:[^']+@)?(([^'/.]+)[^']*)'")
_NO_KEY = re.compile(
    r"Interpolation key '([^']+)' not found|Error resolving interpolation '\$\{([^'}]+)\}'"
)
_WORD = re.compile(r"[A-Za-z][\w-]*")


def explain(error: BaseException, overrides: Sequence[str]) -> str:
    """One paragraph: what was got, what there is, the nearest match.

    Hydra alone advises to append a misspelt key with ``+``; that only hides the mistake.
    """
    if isinstance(error, MissingConfigException) and error.options is not None:
        group, name = _choice(error.missing_cfg_file or "", overrides)
        hint = _elsewhere(name) or _nearest(name, error.options, f"{group}=")
        words = f"Error: there is no {group}={name}. {hint}{_listed(error.options)}"
        variants = f" More: conf/{group}/{name.rpartition('/')[0]}/." if "/" in name else ""
        return words + variants
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, MissingMandatoryValue) and cause.full_key:
        key = cause.full_key
        return f"Error: Got no {key}, which has no default. Add {key}=... (what it is: --help)."
    misspelt = (ConfigAttributeError, ConfigKeyError)
    if isinstance(cause, misspelt) and isinstance(cause.parent_node, DictConfig):
        key = str(cause.key)
        known = [str(sibling) for sibling in cause.parent_node]
        if key not in known:
            full_key = str(cause.full_key or key)
            if said := _of_another_task(full_key.partition("/")[0], overrides):
                return said
            above = full_key.removesuffix(key)
            return f"Error: there is no key {full_key}. {_siblings(key, known, above)}"
    if unknown := _NO_GROUP.match(str(error)):
        for key in unknown.groups():  # loss/diversity, or colouring of colouring/matching
            if said := _of_another_task(key, overrides):
                return said
    if said := _of_nothing(f"{error}. {cause}", overrides):
        return said
    if "Config group override" in str(error) and (said := of_odd_choices(overrides)):
        return said
    given = f"(command line: {' '.join(overrides) or 'no overrides'})"
    if unread := [o for o in overrides if not o.startswith("-") and not parses(o)]:
        mended = corrected(unread[0])
        remedy = f"Quote it: {mended}" if mended else "See Hydra's grammar of overrides."
        return f"Error: the argument {unread[0]} cannot be read. {remedy} {given}"
    words = f"{error}. {cause}" if isinstance(cause, OmegaConfBaseException) else str(error)
    message = " ".join(re.sub(r"To append to your default list use \+\S+", "", words).split())
    return f"Error: {message} {given}"


def _of_nothing(words: str, overrides: Sequence[str]) -> str | None:
    """What is said of a value that refers to a key that is not there, where it was given."""
    missing = _NO_KEY.search(words)
    name = (missing[1] or missing[2]) if missing else ""
    given = next((o for o in overrides if re.search(rf"\$\{{\.*{re.escape(name)}\}}", o)), None)
    if given is None or not name:
        return None
    return (
        f"Error: Got {given}, but there is no key {name} to take a value from. Name one that there "
        "is, from its root (${optimizer.lr}), or give the value itself."
    )


def of_odd_choices(overrides: Iterable[str]) -> str | None:
    """What is said of a group that is given a null, a number or a mapping for its choice."""
    for one in overrides:
        if one.startswith("-") or not parses(one):
            continue
        parsed = OverridesParser.create().parse_override(one)
        group = parsed.key_or_group
        choices = files_of(group)
        value = parsed.value()
        each = value if isinstance(value, list) else [value]
        if choices and not all(isinstance(choice, str) for choice in each):
            return f"Error: Got {one}, expected choices of {group}. {_siblings('', choices, '')}"
    return None


def _of_another_task(key: str, overrides: Sequence[str]) -> str | None:
    """What is said of ``key`` where only tasks that were not chosen take it."""
    takers = tasks_with(key)
    if not takers or any(f"task={name}" in overrides for name in takers):
        return None
    given = re.compile(rf"[+~]*([^=]+@)?{re.escape(key)}\b")
    typed = next((o for o in overrides if given.match(o)), key)
    return f"Error: Got {typed}. {wanted(key, set())}"


def _choice(missing: str, overrides: Iterable[str]) -> tuple[str, str]:
    """``recipe/johnson2016/x`` -> group and choice, as given: a choice may have slashes, too."""
    for override in overrides:
        group, _, name = override.lstrip("+").partition("=")
        group = group.partition("@")[0]
        if f"{group}/{name}" == missing:
            return group, name
    group, _, name = missing.rpartition("/")
    return group, name


def _siblings(got: str, known: Iterable[str], prefix: str) -> str:
    return _nearest(got, known, prefix) + _listed(known)


def _nearest(got: str, known: Iterable[str], prefix: str) -> str:
    near = get_close_matches(got, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {prefix}{near[0]}? " if near else ""


def _listed(known: Iterable[str]) -> str:
    return f"There are: {', '.join(sorted(known))}."


def _elsewhere(choice: str) -> str:
    """What is said of a choice that other groups have, such as ``stylebank``, which is a net."""
    found = [f"{group}={choice}" for group in groups_with(choice)]
    return f"Did you mean {' or '.join(found)}? " if found else ""


def check_choices(overrides: Iterable[str]) -> None:
    """Refuse ``net.padding=reflect`` where ``net/padding=reflect`` is meant.

    Raises:
        StylenetError: an override that would replace a group's object by the name of a choice.
    """
    loader = GlobalHydra.instance().config_loader()
    for override in overrides:
        key, _, value = override.lstrip("+").partition("=")
        group = key.replace(".", "/")
        # numbers and paths are no choices: Hydra copies all it has read to list a group's
        if "." in key and _WORD.fullmatch(value) and value in loader.get_group_options(group):
            raise StylenetError(
                f"Got {key}={value}, which would replace an object by a word.",
                f"Choose it with a slash: {group}={value}.",
            )
