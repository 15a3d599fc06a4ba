"""How subcommands speak: results on standard output, all else on standard error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import typer

from stylenet.errors import StylenetError, lacks_memory


def say(words: str) -> None:
    """One line for the user."""
    typer.echo(words, err=True)


@contextlib.contextmanager
def errors_in_words(debug: bool) -> Iterator[None]:
    """What goes wrong for a reason that the user can mend is said in one line; exit status 2."""
    try:
        yield
    except (StylenetError, OSError, MemoryError) as error:
        if debug:
            raise
        _say_error(error)
        raise typer.Exit(2) from None
    except RuntimeError as error:
        if debug or not lacks_memory(error):
            raise
        _say_error(error)
        raise typer.Exit(2) from None


def _say_error(error: BaseException) -> None:
    from stylenet.run.launch import say_error  # Hydra comes with it

    say_error(in_line(error))


def in_line(error: BaseException) -> str:
    """``error`` in one line."""
    if isinstance(error, OSError):
        return f"Error: {error}. Fix it, or choose another place with -o."
    if not isinstance(error, StylenetError):
        return "Error: memory ran out. Use a smaller --size, or a machine with more of it."
    listed = str(error).replace(":\n  - ", ": ").replace("\n  - ", "; ")
    return f"Error: {' '.join(listed.split())}"
