"""``stylenet stylize``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stylenet.cli import options
from stylenet.cli.backend import BackendName, backend_of, runtime_of
from stylenet.cli.saying import errors_in_words, say
from stylenet.errors import StylenetError
from stylenet.importing import importing

if TYPE_CHECKING:
    from stylenet.apply.painting import Recipe
    from stylenet.apply.painting_files import Job, Painted, Paints, Skipped

STREAM = "-"  # standard input or output


def stylize(
    photos: Annotated[
        list[str],
        typer.Argument(
            help="Photos, folders of photos, or - for standard input. With --regions also "
            "colour=style, such as red=udnie blue=wave."
        ),
    ],
    style: options.Style = None,
    model: options.Net = None,
    out: Annotated[
        str | None,
        typer.Option("-o", "--out", help="A file, a folder, or - for standard output."),
    ] = None,
    strength: options.Strength = 1.0,
    keep_colours: options.KeepColours = False,
    hue: options.Hue = 0.0,
    saturation: options.Saturation = 1.0,
    brightness: options.Brightness = 1.0,
    size: options.Size = None,
    regions: Annotated[
        Path | None, typer.Option(help="A map of flat colours, one for each region.")
    ] = None,
    net_package: options.NetPackage = None,
    device: options.Device = "auto",
    backend: options.Backend = BackendName.AUTO,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say as JSON what was painted and what was not.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Paint photos: stylenet stylize photo.jpg --style udnie -o out.png.

    Exit status: 0; 1 where some photos of several could not be painted; 2 where nothing was.
    """
    with errors_in_words(debug):
        given, region_styles = _parted(photos, regions)
        _check_streams(given, out, as_json)
        from stylenet.apply.painting_files import Skipped, plan

        def whole() -> Recipe:
            # torch comes with these: --help and one photo in a style that ships do not wait for it
            with importing():
                from stylenet.apply.painters import Wish
                from stylenet.apply.painting import recipe_of

            wish = Wish(
                *(style, model, strength, regions, region_styles, device),
                packages=tuple(net_package or ()),
                backend=backend_of(backend, device, _most(given)),
            )
            colours = (hue, saturation, brightness)
            return recipe_of(wish, say, size=size, keep_colours=keep_colours, adjustment=colours)

        plain = not any((model, regions, net_package, keep_colours, hue))
        plain = plain and strength == saturation == brightness == 1 and device in ("auto", "cpu")
        one = style if plain and _most(given) == 1 else None
        quick = None if one is None else _quick(one, size, backend, whole)
        recipe: Paints = whole() if quick is None else quick
        if STREAM in (given[0], out):
            done: list[Painted | Skipped] = _stream(given[0], out, recipe)
        else:
            done = list(_shown(plan(given, out, recipe.name), recipe))
            if len(done) == 1 and isinstance(done[0], Skipped):
                raise done[0].error
        _report(done, as_json)
    skipped = sum(isinstance(one, Skipped) for one in done)
    raise typer.Exit(0 if not skipped else 1 if skipped < len(done) else 2)


def _quick(
    style: str, size: int | None, backend: BackendName, otherwise: Callable[[], Paints]
) -> Paints | None:
    """What paints one photo without torch, where that can be."""
    from stylenet.apply.quick import quick

    runtime = runtime_of(backend)
    return None if runtime is None else quick(style, size, runtime, otherwise)


def _parted(words: Sequence[str], regions: Path | None) -> tuple[list[str], dict[str, str]]:
    """What stands for photos, and the styles of regions."""
    styles = [w for w in words if regions is not None and "=" in w and not Path(w).exists()]
    photos = [word for word in words if word not in styles]
    if not photos:
        raise StylenetError("Got no photo.", "Name one, or a folder, or - for standard input.")
    return photos, {colour: style for colour, _, style in (w.partition("=") for w in styles)}


def _most(photos: Sequence[str]) -> int:
    """How many photos there may be: a folder is taken for several."""
    return sum(2 if Path(photo).is_dir() else 1 for photo in photos)


def _check_streams(given: Sequence[str], out: str | None, as_json: bool) -> None:
    if STREAM not in (*given, out):
        return
    if len(given) > 1:
        raise StylenetError(
            f"Got {' '.join(given)}, of which - stands for one photo from standard input.",
            "Name it alone.",
        )
    to_output = out == STREAM or out is None
    if to_output and as_json:
        raise StylenetError(
            "Got --json and a painting for standard output.", "Write the painting to a file: -o."
        )
    if to_output and sys.stdout.isatty():
        raise StylenetError(
            "The painting would be written to the terminal.", "Use -o out.png, or > out.png."
        )


def _stream(given: str, out: str | None, recipe: Paints) -> list[Painted | Skipped]:
    """Paint one photo from standard input, to standard output, or both."""
    from stylenet.apply.painting_files import paint_stream

    to_output = out in (None, STREAM)
    done = paint_stream(
        sys.stdin.buffer if given == STREAM else given,
        sys.stdout.buffer if to_output else str(out),
        recipe,
    )
    return [] if to_output else [done]


def _shown(jobs: Sequence[Job], recipe: Paints) -> Iterator[Painted | Skipped]:
    """Paint, with a bar where there are several and someone looks on."""
    from rich.console import Console
    from rich.progress import track

    from stylenet.apply.painting_files import paint_files

    console = Console(stderr=True)
    done = paint_files(jobs, recipe)
    if len(jobs) == 1 or not console.is_terminal:
        yield from done
    else:
        yield from track(done, "painting", total=len(jobs), console=console)


def _report(done: Sequence[Painted | Skipped], as_json: bool) -> None:
    from stylenet.apply.painting_files import Painted, Skipped

    painted = [one for one in done if isinstance(one, Painted)]
    skipped = [one for one in done if isinstance(one, Skipped)]
    if as_json:
        left_out = [{"photo": s.photo, "reason": s.reason} for s in skipped]
        words = {"painted": [asdict(p) for p in painted], "skipped": left_out}
        typer.echo(json.dumps(words, indent=2))
        return
    for one in painted:
        say(f"{one.file}  {one.width} x {one.height}  {one.seconds:.2f} s")
    for left in skipped:
        say(f"skipped {left.photo}: {' '.join(left.reason.split())}")
