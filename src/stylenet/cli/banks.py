"""``banks.py``: remove a style from a net of several, merge two such nets, list styles."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from stylenet.apply import copy_pictures, load_model, merge, remove_style, save_model
from stylenet.errors import StylenetError
from stylenet.run.launch import in_words, say_error


def arrange_banks(arguments: Sequence[str]) -> int:
    """Do what a command line of ``banks.py`` says; give the exit status.

    The nets named are left as they are; the new one is written to the folder ``out`` with the style
    pictures, like a run directory.
    """
    parser = argparse.ArgumentParser("banks.py", description=__doc__)
    parser.add_argument(
        "--net-package",
        action="append",
        default=[],
        help="what nets may be made of besides stylenet.nets and torch.nn; may be repeated",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    removing = commands.add_parser("remove", help="a net without one of its styles")
    removing.add_argument("bank", help="a run directory, or a .safetensors file")
    removing.add_argument("style")
    removing.add_argument("out", type=Path)
    merging = commands.add_parser("merge", help="two nets grown from one, as one")
    merging.add_argument("bank")
    merging.add_argument("other")
    merging.add_argument("out", type=Path)
    listing = commands.add_parser("list", help="the styles of a net")
    listing.add_argument("bank")
    chosen = parser.parse_args(arguments)
    try:
        _arrange(chosen)
    except (StylenetError, OSError) as error:
        words = in_words(error)
        if words is None:
            raise
        say_error(words)
        return 2
    return 0


def _arrange(chosen: argparse.Namespace) -> None:
    console = Console(soft_wrap=True, highlight=False)
    bank = load_model(chosen.bank, chosen.net_package)
    if chosen.command == "list":
        console.print("\n".join(bank.styles), markup=False)
        return
    banks = [bank]
    if chosen.command == "remove":
        net, description = remove_style(bank, chosen.style)
    else:
        banks.append(load_model(chosen.other, chosen.net_package))
        net, description = merge(*banks)
    if (chosen.out / "model.safetensors").exists():
        raise StylenetError(f"There is a net in {chosen.out} already.", "Choose another folder.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    file = save_model(chosen.out, net, description)
    names = [fact["name"] for fact in description["styles"]]
    copy_pictures(banks, chosen.out, names)
    console.print(f"{file}: {', '.join(names)}", markup=False)
