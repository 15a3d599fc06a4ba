"""What a run is called, and where it lies: both say what differs from the defaults."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable
from pathlib import Path

from stylenet.files import expanded

LONGEST = 100
# where things lie and how they are shown: of no interest to whoever compares runs
UNNAMED = ("hydra", "paths", "run", "resume", "logger", "callbacks", "skip_finished")


def run_name(overrides: Iterable[str], swept: Container[str] = ()) -> str:
    """A folder name out of command-line overrides: ``style-udnie+norm-batch``; ``default`` if none.

    What a sweep varies, the keys ``swept``, stands first, then choices of groups and styles, then
    dotted values, as they say less and a name may be cut. Images and folders are named by their
    last part; what is no plain character becomes ``_``; a name that grows too long is cut and ends
    in a hash of the whole. All characters are such that ``resume=<folder>`` needs no quotes,
    neither the shell's nor Hydra's.
    """
    named = [o for o in overrides if re.split(r"[./=@~+]", o.lstrip("+~"))[0] not in UNNAMED]
    keys = {o: o.partition("=")[0] for o in named}
    named.sort(key=lambda o: (keys[o] not in swept, "." in keys[o]))
    name = "+".join(_short(o) for o in named) or "default"
    if len(name) > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        name = f"{name[: LONGEST - 9]}-{digest}"
    return name


def swept_keys(arguments: Iterable[str]) -> set[str]:
    """The keys of a command line that have several values: ``style=udnie,wave``."""
    several = re.compile(r"[^\[\](){}'\"]*,.*|(choice|range|interval|glob)\(.*")
    pairs = (argument.partition("=") for argument in arguments)
    return {key for key, _, value in pairs if several.fullmatch(value)}


def _short(override: str) -> str:
    key, _, value = override.partition("=")
    value = value.strip("'")
    if re.fullmatch(r".*[/\\].*\.\w+|[/.~].*", value):
        value = Path(value).stem
    return f"{_plain(key.rsplit('.', 1)[-1].rsplit('@', 1)[0])}-{_plain(value)}"


def _plain(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_")
    if text and (not plain or not text.isascii()):  # too much is lost to tell two names apart
        return (plain + "_" + hashlib.sha256(text.encode()).hexdigest()[:6]).lstrip("_")
    return plain


def run_dir(resume: str | None, runs: str, now: str, name: str) -> str:
    """The folder of a run: the one that is resumed, or a new one below ``runs``."""
    return str(expanded(resume)) if resume else str(expanded(runs) / f"{now}_{name}")
