"""``stylenet video``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from stylenet.cli import options
from stylenet.cli.backend import BackendName, backend_of
from stylenet.cli.saying import errors_in_words, say
from stylenet.errors import StylenetError
from stylenet.importing import importing

if TYPE_CHECKING:
    from stylenet.apply.painting import Recipe
    from stylenet.apply.video import ClipJob, ClipOptions, PaintedClip
    from stylenet.apply.video.painting import Progress

MANY = 1000  # frames: so many that what a backend prepares is worth it
STOPPED = 130  # as shells have it of what Ctrl-C ended


def video(
    clips: Annotated[
        list[str],
        typer.Argument(
            help="Clips, GIFs or folders of frames; and last where the painting goes: a .mp4, "
            ".m4v, .mov, .mkv or .gif, frames/%05d.png, or a folder for several clips. A number "
            "alone: that camera, in a window, until Escape."
        ),
    ],
    style: options.Style = None,
    model: options.Net = None,
    strength: options.Strength = 1.0,
    keep_colours: options.KeepColours = False,
    hue: options.Hue = 0.0,
    saturation: options.Saturation = 1.0,
    brightness: options.Brightness = 1.0,
    size: options.Size = None,
    start: Annotated[str, typer.Option(help="Begin so far into the clip: 83.5 or 1:23.5.")] = "0",
    end: Annotated[str | None, typer.Option(help="End so far into the clip.")] = None,
    fps: Annotated[
        str | None,
        typer.Option(help="So many frames a second, evenly; 24 of a folder of frames if left out."),
    ] = None,
    crf: Annotated[float, typer.Option(help="H.264: 0 is lossless, 51 the smallest file.")] = 18,
    blend: Annotated[
        float,
        typer.Option(
            help="Against flicker: how much of the frame before is carried along, from 0 (each "
            "frame by itself) to 0.95."
        ),
    ] = 0.7,
    flow: Annotated[
        str,
        typer.Option(
            help="What finds how frames move, for --blend: dis; raft, a net, slower (its weights "
            "are downloaded by torchvision); or a .pth file of raft_small's weights."
        ),
    ] = "dis",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the same command was stopped.")
    ] = False,
    net_package: options.NetPackage = None,
    device: options.Device = "auto",
    backend: options.Backend = BackendName.AUTO,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say as JSON what was painted and what was not.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Paint clips without flicker: stylenet video in.mp4 out.mp4 --style wave.

    Exit status: 0; 1 where some clips of several could not be painted; 2 where nothing was.
    """
    with errors_in_words(debug):
        # torch comes with these: --help does not wait for it
        with importing():
            from stylenet.apply.allocator import tune_allocator
            from stylenet.apply.painters import Wish
            from stylenet.apply.painting import recipe_of
            from stylenet.apply.video import (
                ClipOptions,
                FlowBlend,
                flow_of,
                plan_clips,
                rate_of,
                seconds_of,
            )

        tune_allocator()
        camera = int(clips[0]) if len(clips) == 1 and clips[0].isdecimal() else None
        jobs = plan_clips(clips) if camera is None else []
        how = ClipOptions(
            seconds_of(start),
            None if end is None else seconds_of(end),
            None if fps is None else rate_of(fps),
            crf,
            FlowBlend(blend, flow_of(flow, device)) if blend else None,
            overwrite,
            resume,
        )
        wish = Wish(
            *(style, model, strength),
            device=device,
            packages=tuple(net_package or ()),
            backend=backend_of(backend, device, MANY),
        )
        colours = (hue, saturation, brightness)
        recipe = recipe_of(wish, say, size=size, keep_colours=keep_colours, adjustment=colours)
        if camera is not None:
            _show(camera, recipe, how)
            raise typer.Exit
        painted, skipped = _paint(jobs, recipe, how, as_json)
    if as_json:
        left_out = [{"clip": clip, "reason": str(error)} for clip, error in skipped]
        typer.echo(
            json.dumps({"painted": [asdict(p) for p in painted], "skipped": left_out}, indent=2)
        )
    raise typer.Exit(0 if not skipped else 1 if painted else 2)


def _show(number: int, recipe: Recipe, how: ClipOptions) -> None:
    """Show what a camera sees, painted."""
    from stylenet.apply.video import Camera, Window, paint_camera

    with (
        closing(Window(f"stylenet: {recipe.painter.name}")) as window,
        closing(Camera(number)) as camera,
    ):
        done = paint_camera(camera, window, recipe, how.blend, how.end)
    rate = done.frames / done.seconds
    say(
        f"camera {number}  {done.width} x {done.height}  {done.frames} frames  "
        f"{done.seconds:.2f} s  {rate:.2f} frames/s"
    )


def _paint(
    jobs: Sequence[ClipJob], recipe: Recipe, how: ClipOptions, as_json: bool
) -> tuple[list[PaintedClip], list[tuple[str, StylenetError]]]:
    """Paint one after the other; what is wrong with one of several does not keep the others."""
    from stylenet.apply.video import paint_clip

    painted, skipped = [], []
    for job in jobs:
        try:
            with _shown(job.clip.name) as progress:
                done = paint_clip(job.clip, job.target, recipe, how, say=say, progress=progress)
        except StylenetError as error:
            if len(jobs) == 1:
                raise
            say(f"skipped {job.clip}: {' '.join(str(error).split())}")
            skipped.append((str(job.clip), error))
        except KeyboardInterrupt:
            say(f"stopped while {job.target} was painted")
            raise typer.Exit(STOPPED) from None
        else:
            painted.append(done)
            if not as_json:
                rate = (done.frames - done.kept) / done.seconds
                say(
                    f"{done.file}  {done.width} x {done.height}  {done.frames} frames  "
                    f"{done.seconds:.2f} s  {rate:.2f} frames/s"
                )
    return painted, skipped


@contextmanager
def _shown(name: str) -> Iterator[Progress]:
    """A bar with frames a second and the time left; a line every tenth where there is no screen."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed} of {task.fields[all]} frames"),
        TextColumn("{task.fields[rate]:.2f} frames/s"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )
    task = bar.add_task(name, total=None, all="?", rate=0.0)
    begun, told, kept = time.perf_counter(), 0, 0

    def at(done: int, total: int | None) -> None:
        nonlocal told, begun, kept
        if not kept:  # of a clip that was begun before, the frames until then took no time now
            kept = done
        rate = (done - kept + 1) / (time.perf_counter() - begun)
        bar.update(task, completed=done, total=total, all=total or "?", rate=rate)
        tenth = 0 if not total else min(done, total) * 10 // total
        if not console.is_terminal and total is not None and tenth > told and tenth < 10:
            told = tenth
            say(
                f"{name}: {done} of {total} frames, {rate:.2f} frames/s, "
                f"{(total - done) / rate:.0f} s left"
            )

    with bar:
        yield at
