"""``stylenet bank``: nets of several styles, with more of them, with fewer, two as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, Context

from stylenet.cli import options
from stylenet.cli.saying import errors_in_words, say
from stylenet.errors import StylenetError

if TYPE_CHECKING:
    from torch import nn

    from stylenet.apply import Model

bank = typer.Typer(
    help="Nets of several styles: add a style, remove one, merge two nets, list styles. The nets "
    "that are named are left as they are.",
    no_args_is_help=True,
)

Bank = Annotated[str, Argument(help="A run directory, a model file or a net that ships.")]
Out = Annotated[Path, Argument(help="The folder of the new net.")]


@bank.command("add", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def add(
    context: Context, net: Bank, style: Annotated[str, Argument(help="The new style.")]
) -> None:
    """Train one more style; more words are as for `stylenet train`.

    The same as `stylenet train task=add_style bank=<net> style=<style>`.
    """
    from stylenet.commands import hydra_value
    from stylenet.run import launch, train

    words = ["task=add_style", f"bank={hydra_value(net)}", f"style={hydra_value(style)}"]
    launch(train, "train", [*words, *context.args], subcommand=["bank", "add"])


@bank.command("remove")
def remove(
    net: Bank,
    style: Annotated[str, Argument(help="The style that is left out.")],
    out: Out,
    net_package: options.NetPackage = None,
    debug: options.Debug = False,
) -> None:
    """Write a net without one of its styles."""
    with errors_in_words(debug):
        from stylenet.apply import load_model, remove_style

        model = load_model(net, net_package or ())
        _write([model], *remove_style(model, style), out)


@bank.command("merge")
def merge(
    net: Bank,
    other: Bank,
    out: Out,
    net_package: options.NetPackage = None,
    debug: options.Debug = False,
) -> None:
    """Write two nets that were grown from one as one net."""
    with errors_in_words(debug):
        from stylenet import apply

        models = [apply.load_model(one, net_package or ()) for one in (net, other)]
        _write(models, *apply.merge(*models), out)


@bank.command("list")
def list_styles(
    net: Bank, net_package: options.NetPackage = None, debug: options.Debug = False
) -> None:
    """List the styles of a net, a line each."""
    with errors_in_words(debug):
        from stylenet.apply import load_model

        model = load_model(net, net_package or ())
        if not model.styles:
            raise StylenetError(
                f"The net of {model.path} has no list of styles: it paints in one, or in any.",
                "Name a net of several styles (task=multistyle), such as six.",
            )
        for style in model.styles:
            typer.echo(style)


def _write(
    models: Sequence[Model], net: nn.Module, description: Mapping[str, Any], out: Path
) -> None:
    from stylenet.apply import check_empty, copy_pictures, save_model

    check_empty(out)
    file = save_model(out, net, description)
    names = [fact["name"] for fact in description["styles"]]
    copy_pictures(models, out, names)
    say(f"{file}: {', '.join(names)}")
