"""The guide to the configuration as ``--help`` prints it, and as a page.

``python -m stylenet.settings`` writes the page, ``docs/configuration.md``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from stylenet.settings.guide import Guide, Key

WIDTH, INDENT, COLUMN = 80, 2, 38
COMMANDS = {
    "train": (
        ("style=udnie", "a net for one style"),
        ("style=photos/me.jpg norm=batch net.width=0.25", "any picture, another net"),
        ("style=wave data=folder data.root=photos", "trained on your own photographs"),
        ("style=udnie trainer.max_steps=4000", "longer than the two minutes by default"),
        ("task=gatys content=chelsea style=udnie", "one picture optimised, no net"),
        ("task=multistyle 'style=[udnie,wave]'", "one net, several styles"),
        ("-m style=udnie,wave norm=instance,batch", "a sweep: each with each"),
        ("-m style=udnie seed=0,1 skip_finished=true", "goes on where it was stopped"),
        ("recipe=johnson2016/udnie_instance", "a publication's settings"),
        ("resume=runs/<run> trainer.max_steps=8000", "a run that goes on"),
    ),
    "evaluate": (
        ("model=any style=udnie content=chelsea", "the net that ships, any style"),
        ("model=runs/<run> content=photos", "a folder of photographs"),
        ("model=runs/<run> content=photos/me.jpg out=painted", "where to"),
        ("'model=[runs/a,runs/b]' content=photos", "side by side"),
        ("'model=[runs/a,runs/b]' 'names=[old,new]' content=photos", "with these names"),
        ("model=runs/<run> content=photos format=latex", "a table for a paper"),
        ("model=runs/<run> content=photos metrics=none", "painted, not measured"),
        ("model=runs/<run> content=photos loss_network=vgg16", "measured by another network"),
        ("model=runs/<run> content=photos 'style_weights={udnie: 1}'", "of several styles"),
        ("model=runs/<run> content=photos device=cpu", "not on the GPU"),
    ),
}


def help_text(guide: Guide, called: str) -> str:
    """What ``--help`` prints; ``called``: the command, such as ``python train.py``."""
    commands = [(f"{called} {words}", comment) for words, comment in COMMANDS[guide.program]]
    parts = ["Ten commands:", *(line for one in commands for line in _command_lines(*one))]
    parts += ["", "Groups, chosen by group=choice; * is chosen by default:"]
    for group, choices in guide.by_default().items():
        words = ", ".join(f"{c}*" if c == guide.chosen.get(group) else c for c in choices)
        if guide.chosen.get(group) == "null":
            words = f"null*, {words}"
        parts += textwrap.wrap(
            f"{group}: {words}", WIDTH, initial_indent="  ", subsequent_indent="      "
        )
    for section, keys in guide.sections().items():
        title = "Keys" if not section else f"Keys of {section}"
        parts += ["", f"{title}, with their values by default:"]
        parts += [line for key in keys for line in _key_lines(key)]
    parts += [
        "",
        "Lists and mappings are quoted for the shell: 'style=[udnie,wave]'. More of the",
        "program: --cfg job prints the configuration, --hydra-help Hydra's own options.",
    ]
    return "\n".join(parts)


def _command_lines(command: str, comment: str) -> list[str]:
    line = f"  {command}"
    if len(line) + 2 + len(comment) + 2 <= WIDTH:
        return [f"{line}  # {comment}"]
    return [f"  # {comment}", line]


def _key_lines(key: Key) -> list[str]:
    shown = key.name if key.default is None else f"{key.name}={key.default}"
    line = " " * INDENT + shown
    if not key.comment:
        return textwrap.wrap(line, WIDTH, initial_indent="", subsequent_indent="      ") or [line]
    if len(line) < COLUMN:
        first = textwrap.wrap(key.comment, WIDTH - COLUMN)
        rest = [" " * COLUMN + words for words in first[1:]]
        return [line.ljust(COLUMN) + first[0], *rest]
    return [line, *(" " * COLUMN + words for words in textwrap.wrap(key.comment, WIDTH - COLUMN))]


def markdown(guides: Iterable[Guide]) -> str:
    """The page of the configuration."""
    parts = [
        "# Configuration",
        "",
        "Made from the comments in `conf/` by `python -m stylenet.settings`: change those.",
        "",
    ]
    for guide in guides:
        program = f"{guide.program}.py"
        parts += [f"## {program}", "", "```text"]
        for words, comment in COMMANDS[guide.program]:
            parts.append(f"python {program} {words}  # {comment}")
        parts += ["```", "", "| group | choices: `group=choice` | |", "|---|---|---|"]
        for group, choices in guide.by_default().items():
            chosen = guide.chosen.get(group)
            names = [f"**{c}**" if c == chosen else c for c in choices]
            if chosen == "null":
                names.insert(0, "**null**")
            parts.append(f"| {group} | {', '.join(names)} | {_cell(guide.notes.get(group, ''))} |")
        sections = guide.sections()
        tops = dict.fromkeys(group.partition("/")[0] for group in guide.by_default())
        for section, keys in (sections | {t: sections.get(t, []) for t in tops}).items():
            parts += _section(guide, section, keys)
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _section(guide: Guide, section: str, keys: Iterable[Key]) -> Iterator[str]:
    """A part of the page: what there is to choose from, then the keys."""
    program = f"{guide.program}.py"
    said = [
        f"- {group}={choice}: {words}"
        for group, choices in guide.by_default().items()
        for choice, words in choices.items()
        if words and section and group.partition("/")[0] == section
    ]
    lines = [
        f"| `{key.name}` | {_cell(default)} | {_cell(key.comment)} |"
        for key in keys
        for default in [f"`{key.default}`" if key.default is not None else ""]
    ]
    if said or lines:
        yield from ("", f"### {f'{program}: {section}' if section else f'{program}: keys'}")
    if said:
        yield from ("", *said)
    if lines:
        yield from ("", "| key | default | |", "|---|---|---|", *lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
