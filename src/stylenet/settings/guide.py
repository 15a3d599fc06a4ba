"""What the comments in ``conf/`` say of every group and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOTS = ("train", "evaluate")
DELTAS = ("recipe", "experiment", "hydra")  # they set keys that others explain
# parts of losses and networks, put together out of keys that are explained
WIRED = re.compile(r"(^|\.)(_\w+|terms|archive|annotations_archive)(\.|$)")
TAKEN_OVER = re.compile(r"\$\{[\w.]+\}")
KEY = re.compile(r"^( *)([A-Za-z_]\w*):(?: +(?!#)(.*?))?(?: +# *(.*))?$")
CHOICE = re.compile(r"^  - (?!override)/?([\w/]+)(?:@[\w.]+)?: *(\S+)(?: +# *(.*))?$")


@dataclass
class Key:
    """A key of the configuration.

    Attributes:
        name: with all that stands before it, such as ``loss.style_weight``.
        default: as the file has it; None for what only holds other keys.
        comment: what the file says of it; empty where nothing is said.
        task: the task whose input it is; None of what every task has.
    """

    name: str
    default: str | None
    comment: str
    task: str | None


@dataclass
class Guide:
    """All that ``conf/`` says of one program's keys.

    Attributes:
        program: ``train`` or ``evaluate``.
        keys: by name, in the order of the files.
        choices: group -> choice -> what its file says of it.
        chosen: group -> the choice by default.
        notes: group -> what the root says of it.
    """

    program: str
    keys: dict[str, Key] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def undocumented(self) -> list[str]:
        """Keys that neither their own line, nor one above that holds them, says a word about."""
        return [
            name
            for name, key in self.keys.items()
            if key.default is not None and not any(self.comments_above(name))
        ]

    def comments_above(self, name: str) -> Iterator[str]:
        """The comment of a key, and of those that hold it."""
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            holder = self.keys.get(".".join(parts[:end]))
            if holder is not None:
                yield holder.comment

    def sections(self) -> dict[str, list[Key]]:
        """Keys by what they belong to: the root, inputs of tasks, then groups."""
        groups = {group.partition("/")[0] for group in self.choices}
        found: dict[str, list[Key]] = {"": []}
        for key in self.keys.values():
            if key.default is None and not key.comment:
                continue
            first = key.name.partition(".")[0]
            section = first if first in groups else f"task={key.task}"
            if section == "task=None":
                section = ""
            found.setdefault(section, []).append(key)
        inputs = [name for name in found if name.startswith("task=")]
        order = ["", *inputs, *(name for name in self.by_default() if name in found)]
        return {name: found[name] for name in dict.fromkeys(order)}

    def by_default(self) -> dict[str, dict[str, str]]:
        """Groups as the root chooses them, then those that belong to one of them."""
        order = [group for group in self.chosen if group in self.choices]
        return {group: self.choices[group] for group in dict.fromkeys([*order, *self.choices])}


def read_guide(conf: Path, program: str) -> Guide:
    """The guide to ``program`` in the folder ``conf``."""
    guide = Guide(program)
    root = conf / f"{program}.yaml"
    for line, above in _lines(root):
        if found := CHOICE.match(line):
            group, choice, comment = found.groups()
            guide.chosen[group] = choice
            guide.notes[group] = comment or above
    files = sorted(conf.rglob("*.yaml"), key=lambda file: _place(guide, conf, file))
    if program == "evaluate":
        groups = {group.partition("/")[0] for group in guide.chosen}
    else:
        groups = {path.name for path in conf.iterdir() if path.is_dir()} - {"metrics", "format"}
    for file in [root, *files]:
        group = file.parent.relative_to(conf).as_posix()
        top = group.partition("/")[0]
        if file != root and (group == "." or top not in groups or top == "hydra"):
            continue
        if file != root and not file.stem.startswith("_"):
            group = top if top in DELTAS else group
            name = file.relative_to(conf / group).with_suffix("").as_posix()
            guide.choices.setdefault(group, {})[name] = _header(file)
        if top not in DELTAS:
            _read_keys(guide, file, group, groups)
    return guide


def _place(guide: Guide, conf: Path, file: Path) -> tuple[bool, bool, bool, str]:
    """Whose values come first: what is chosen by default, and what that has in common with others.

    Tasks, which set keys of other groups, come last.
    """
    group = file.parent.relative_to(conf).as_posix()
    chosen = file.stem == guide.chosen.get(group)
    return group == "task", not file.stem.startswith("_"), not chosen, str(file)


def _read_keys(guide: Guide, file: Path, group: str, groups: Iterable[str]) -> None:
    package = re.search(r"^# @package (\S+)$", file.read_text(), re.MULTILINE)
    prefix = "" if group == "." else group.replace("/", ".") + "."
    if package is not None:
        prefix = "" if package[1] == "_global_" else f"{package[1]}."
    above: list[tuple[int, str]] = []
    for line, comment_above in _lines(file):
        found = KEY.match(line)
        if found is None:
            continue
        indent, word, default, comment = found.groups()
        while above and above[-1][0] >= len(indent):
            above.pop()
        above.append((len(indent), word))
        name = prefix + ".".join(word for _, word in above)
        words = comment or comment_above
        wired = WIRED.search(name) or (TAKEN_OVER.fullmatch(default or "") and not words)
        if {"defaults", "hydra", "runner"} & {word for _, word in above} or wired:
            continue
        known = guide.keys.get(name)
        inputs = group == "task" and name.split(".")[0] not in groups
        task = file.stem if inputs else None
        if known is None:
            guide.keys[name] = Key(name, default or None, words, task)
        elif task and words not in ("", known.comment):  # another task means another thing by it
            guide.keys[f"{task}:{name}"] = Key(name, default or None, words, task)
        else:
            known.comment = known.comment or words


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """The lines that are no comments, with the comment right above; not the file's header."""
    text = file.read_text().splitlines()
    header = len(_header_lines(text))
    comment: list[str] = []
    for line in text[header:]:
        if re.match(r"\s*#", line):
            comment.append(line.strip().lstrip("#").strip())
            continue
        yield line, " ".join(comment)
        comment = []


def _header_lines(text: list[str]) -> list[str]:
    """The comment at the beginning of a file: of all of it."""
    end = next((n for n, line in enumerate(text) if not line.startswith("#")), len(text))
    return text[:end]


def _header(file: Path) -> str:
    lines = [line.lstrip("#").strip() for line in _header_lines(file.read_text().splitlines())]
    return " ".join(line for line in lines if not line.startswith("@package"))
