"""What a run is called, and where it lies: both say what differs from the defaults."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable
from pathlib import Path

from stylenet.commands import PLACES, group_of
from stylenet.files import expanded

LONGEST = 48
# how long it takes and how it is measured: of no interest to whoever compares runs, as places are
UNNAMED = PLACES | {
    *("trainer", "objective", "comparison", "compile", "channels_last", "net_packages")
}
UNNAMED_OF_DATA = {
    f"data.{k}" for k in ("root", "roots", "val_root", "val_count", "cache", "num_workers")
}
_WORD = re.compile(r"(?!(true|false|null|auto)$)[A-Za-z\[/.~'].*", re.IGNORECASE)


def run_name(overrides: Iterable[str], swept: Container[str] = (), start: str = "") -> str:
    """What differs from the defaults, in short, and an id: ``udnie+batch-3f2a``.

    What a sweep varies, the keys ``swept``, stands first, then choices of groups and styles, by
    their values alone, then numbers with their keys. Images and folders are named by their last
    part; what is no plain character becomes ``_``; parts that would make the name too long are
    left out. The id is of all overrides and of ``start``, the run's time. All characters are such
    that ``resume=<folder>`` needs no quotes, neither the shell's nor Hydra's.
    """
    given = list(overrides)
    keys = {o: o.lstrip("+~").partition("=")[0] for o in given}
    named = [o for o in given if keys[o] in swept or not _is_unnamed(keys[o])]
    named.sort(key=lambda o: (keys[o] not in swept, "." in keys[o]))
    digest = hashlib.sha256("\n".join([start, *given]).encode()).hexdigest()[:4]
    left, parts = LONGEST - len(digest) - 1, list[str]()
    for part in dict.fromkeys(_short(o) for o in named):
        part = part if parts else part[:left]
        if len("+".join([*parts, part])) <= left:
            parts.append(part)
    return f"{'+'.join(parts) or 'default'}-{digest}"


def _is_unnamed(key: str) -> bool:
    return key in UNNAMED_OF_DATA or group_of(key) in UNNAMED


def swept_keys(arguments: Iterable[str]) -> set[str]:
    """The keys of a command line that have several values: ``style=udnie,wave``."""
    several = re.compile(r"[^\[\](){}'\"]*,.*|(choice|range|interval|glob)\(.*")
    pairs = (argument.partition("=") for argument in arguments)
    return {key for key, _, value in pairs if several.fullmatch(value)}


def _short(override: str) -> str:
    if override.startswith("~"):
        return f"no_{_plain(override[1:].partition('=')[0])}"
    key, _, value = override.partition("=")
    alone = "." not in key and _WORD.fullmatch(value)
    value = value.strip("'")
    if re.fullmatch(r".*[/\\].*\.\w+|[/.~].*", value):
        value = Path(value).stem
    last = _plain(key.rsplit(".", 1)[-1].rsplit("@", 1)[0])
    return _plain(value) if alone else f"{last}-{_plain(value)}"


def _plain(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_")
    if text and (not plain or not text.isascii()):  # too much is lost to tell two names apart
        return (plain + "_" + hashlib.sha256(text.encode()).hexdigest()[:6]).lstrip("_")
    return plain


def run_dir(resume: str | None, runs: str, now: str, name: str) -> str:
    """The folder of a run: the one that is resumed, or a new one below ``runs``."""
    return str(expanded(resume)) if resume else str(expanded(runs) / f"{now}_{name}")
