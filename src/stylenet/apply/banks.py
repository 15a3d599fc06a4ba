"""Nets of several styles as collections: with more styles, with fewer, two of them as one."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stylenet.apply.model_file import Model, ModelFileError, build_architecture
from stylenet.files import write_bytes
from stylenet.nets import join_state, split_state

COUNT = "styles"  # how architectures call the number of styles


class BankError(ModelFileError):
    """Nets of several styles that cannot be put together or taken apart as asked."""


def grown(bank: Model, more: int) -> tuple[nn.Module, dict[str, Any]]:
    """The net of ``bank`` with ``more`` styles in their first weights; and its architecture."""
    architecture = with_count(bank.description["architecture"], len(bank.styles) + more)
    net: nn.Module = build_architecture(architecture, bank.packages)
    shared, styles = split_state(bank.net)
    new = split_state(net)[1][len(styles) :]
    net.load_state_dict(join_state(shared, [*styles, *new]))
    return net, architecture


def remove_style(bank: Model, style: str) -> tuple[nn.Module, dict[str, Any]]:
    """The net of ``bank`` without ``style``, and its description.

    Raises:
        BankError: it has no such style, or no other.
    """
    number = bank.style_number(style)
    if len(bank.styles) == 1:
        raise BankError(f"{style} is the only style of {bank.path}.", "Remove the run directory.")
    shared, styles = split_state(bank.net)
    facts = list(bank.description["styles"])
    del styles[number], facts[number]
    return _built(bank, shared, styles, facts)


def merge(first: Model, second: Model) -> tuple[nn.Module, dict[str, Any]]:
    """The net with the styles of both, which share all that is no style's own.

    What both have from the net that they were grown from, bit for bit, is taken once.

    Raises:
        BankError: what they share differs, both have a style of one name that differs, or the
            second has nothing that the first has not.
    """
    (shared, ours), (other, theirs) = split_state(first.net), split_state(second.net)
    one, two = (with_count(m.description["architecture"], 0) for m in (first, second))
    same = one == two and shared.keys() == other.keys()
    if not same or not all(torch.equal(shared[key], other[key]) for key in shared):
        raise BankError(
            f"The encoders of {first.path} and {second.path} differ: their styles cannot share "
            "one.",
            "Merge nets that were grown from one net (task=add_style bank=...), or train the "
            "styles together.",
        )
    known = dict(zip(first.styles, ours, strict=True))
    new, twice = [], []
    for number, (name, tensors) in enumerate(zip(second.styles, theirs, strict=True)):
        if name not in known:
            new.append(number)
        elif not all(torch.equal(known[name][key], tensors[key]) for key in tensors):
            twice.append(name)
    if twice:
        raise BankError(
            f"{first.path} and {second.path} both have {', '.join(sorted(twice))}, not the same.",
            f"Leave them out of one first: stylenet bank remove <net> {twice[0]} <folder>.",
        )
    if not new:
        raise BankError(
            f"{first.path} and {second.path} both have {', '.join(sorted(second.styles))}: there "
            "is nothing to add.",
            "Merge nets of which each has a style of its own.",
        )
    facts = [*first.description["styles"], *(second.description["styles"][n] for n in new)]
    return _built(first, shared, [*ours, *(theirs[n] for n in new)], facts)


def copy_pictures(banks: Sequence[Model], folder: Path, styles: Collection[str]) -> None:
    """Copy the pictures of ``styles`` that lie beside ``banks`` to ``folder/styles``."""
    (folder / "styles").mkdir(parents=True, exist_ok=True)
    for bank in banks:
        for style in (style for style in bank.styles if style in styles):
            kept = bank.path.parent / "styles" / f"{style}.png"
            if kept.is_file():
                write_bytes(folder / "styles" / kept.name, kept.read_bytes())


def with_count(architecture: Any, count: int) -> Any:
    """``architecture`` for another number of styles, wherever it names one."""
    if isinstance(architecture, Mapping):
        changed = {key: with_count(value, count) for key, value in architecture.items()}
        return changed | ({COUNT: count} if COUNT in changed else {})
    return copy.copy(architecture)


def _built(
    like: Model,
    shared: Mapping[str, Tensor],
    styles: Sequence[Mapping[str, Tensor]],
    facts: Sequence[Mapping[str, Any]],
) -> tuple[nn.Module, dict[str, Any]]:
    architecture = with_count(like.description["architecture"], len(styles))
    net: nn.Module = build_architecture(architecture, like.packages)
    net.load_state_dict(join_state(shared, list(styles)))
    return net, {**like.description, "architecture": architecture, "styles": list(facts)}
