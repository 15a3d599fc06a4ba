"""Commands that are printed for someone to paste into a shell."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

# groups and keys that say where things lie and how they are shown: with others it is no other run
PLACES = frozenset({"hydra", "paths", "run", "resume", "logger", "callbacks", "skip_finished"})
_BARE = re.compile(r"[A-Za-z0-9_./+-]*[A-Za-z_/][A-Za-z0-9_./+-]*")
_NUMBER = re.compile(r"[-+.\d_]+([eE][-+\d_]+)?")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "inf", "nan"}


def command(program: str, values: Mapping[str, object], more: str = "") -> str:
    """``train`` or ``evaluate`` with ``values``, quoted for the shell and for Hydra alike.

    It is called as the program at work was: ``python train.py``, or ``stylenet train``.

    Args:
        program: its name.
        values: of keys.
        more: what stands at the end as it is, such as ``content=<picture>``.
    """
    called = Path(sys.argv[0])
    if called.name in ("train.py", "evaluate.py"):
        words = ["python", str(called.with_name(f"{program}.py"))]
    elif called.name == "__main__.py" and called.parent.name == "stylenet":
        words = ["python", "-m", "stylenet", program]
    else:
        words = ["stylenet", program]
    words += [f"{key}={hydra_value(str(value))}" for key, value in values.items()]
    return shlex.join(words) + (f" {more}" if more else "")


def group_of(override: str) -> str:
    """The first word of the key that an override of a command line names.

    >>> [group_of(one) for one in ("+data.more=3", "net/padding=reflect", "~scheduler")]
    ['data', 'net', 'scheduler']
    """
    return re.split(r"[./@=]", override.lstrip("+~"))[0]


def hydra_value(text: str) -> str:
    """``text`` as Hydra's command line reads it: as it is, or in single quotes."""
    if _BARE.fullmatch(text) and not _NUMBER.fullmatch(text) and text.lower() not in _WORDS:
        return text
    # a quote is escaped by a backslash, and so are backslashes before a quote; others are not
    escaped = re.sub(r"(\\*)('|$)", lambda m: 2 * m[1] + ("\\'" if m[2] else ""), text)
    return f"'{escaped}'"
