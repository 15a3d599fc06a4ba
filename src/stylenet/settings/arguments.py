"""Values that are no words of Hydra's grammar, as paths often are: quoted before it sees them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from stylenet.commands import hydra_value

# those of Hydra that take a value
_OPTIONS = {"cfg", "package", "config-path", "config-name", "config-dir", "info"}
_OPTIONS |= {"experimental-rerun", "resolve", "shell-completion"}
_DASHED = re.compile(r"--([A-Za-z][\w./@:-]*)=.*", re.DOTALL)
_VALUE = re.compile(r"(\+{0,2}[A-Za-z][\w./@:-]*=)(.+)", re.DOTALL)


def quoted(arguments: Iterable[str]) -> list[str]:
    """``arguments`` with the value of each plain ``key=value`` in quotes that does not parse.

    ``content=~/pics`` and ``style=été (1).png`` then mean these paths. Lists, mappings and the
    values of a sweep stay as they are. ``--key=value``, as ``wandb agent`` gives it, is
    ``key=value``. A ``+`` before a key of ``logger.wandb`` may stand there or not.
    """
    return [_quoted(_undashed(argument)) for argument in arguments]


def _undashed(argument: str) -> str:
    if argument.startswith("+logger.wandb."):  # Hydra would refuse it for a key that is there
        return f"+{argument}"
    found = _DASHED.fullmatch(argument)
    return argument if found is None or found[1] in _OPTIONS else argument[2:]


def _quoted(argument: str) -> str:
    found = _VALUE.fullmatch(argument)
    if found is None or "," in found[2] or found[2][0] in "[{'\"" or parses(argument):
        return argument
    return found[1] + hydra_value(found[2])


def parses(argument: str) -> bool:
    """Whether Hydra can read ``argument``."""
    try:
        OverridesParser.create().parse_override(argument)
    except HydraException:
        return False
    return True


def corrected(argument: str) -> str | None:
    """``argument`` for a shell, each value of its list or sweep in quotes; None: there is no way.

    For one that does not parse.
    """
    found = _VALUE.fullmatch(argument)
    if found is None:
        return None
    value = found[2]
    inner = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    parts = [part.strip() for part in inner.split(",")]
    parts = [part if parses(f"key={part}") else hydra_value(part) for part in parts]
    joined = ",".join(parts)
    mended = found[1] + (f"[{joined}]" if inner != value else joined)
    for candidate in (mended, found[1] + hydra_value(value)):
        if parses(candidate):
            return shlex.quote(candidate)
    return None


def keys_of(overrides: Iterable[str]) -> set[str]:
    """What the overrides of a command line name."""
    return {override.partition("=")[0] for override in overrides}
