"""How much a clip flickers that ``evaluate.py`` has painted, beside its style loss."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from stylenet.apply.video import read_frames
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import read_image, write_image
from stylenet.metrics import Row, warping_errors

log = logging.getLogger(__name__)
ORIGINAL = "original"
APART = (1, 10)


def write_frames(contents: Sequence[str], count: int, out: Path) -> Path:
    """The first ``count`` frames of a clip or a folder of frames, as images in a folder of ``out``.

    Raises:
        StylenetError: several contents, fewer than two frames, or none that can be read.
    """
    if len(contents) != 1 or count < 2:
        raise StylenetError(
            f"Got frames={count} for content={list(contents)}, expected 2 frames or more of one "
            "clip or one folder of frames.",
            "Use content=clips/me.mp4 frames=20.",
        )
    folder = out / "frames"
    for number, frame in enumerate(read_frames(expanded(contents[0]), count), 1):
        write_image(folder / f"{number:05d}.png", frame)
    return folder


def report_flicker(frames: Path, rows: Sequence[Row], out: Path) -> None:
    """Write ``flicker.csv`` and say it: warping errors 1 and 10 frames apart, and the style loss.

    The first row is of the frames themselves: the floor.

    Args:
        frames: what was painted, an image a frame.
        rows: what was measured of each, by every model.
        out: where the paintings lie, in a folder a model.
    """
    files = sorted(frames.iterdir())
    models = list(dict.fromkeys(row.model for row in rows))
    original = [read_image(file) for file in files]
    painted = {model: [read_image(out / model / file.name) for file in files] for model in models}
    clips = {ORIGINAL: original, **painted}
    errors = {apart: warping_errors(original, clips, apart) for apart in APART}
    with (out / "flicker.csv").open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["clip", "frames", *(f"warp_{apart}" for apart in APART), "style"])
        for name in clips:
            found = [row.figures.get("style") for row in rows if row.model == name]
            styles = [value for value in found if value is not None]
            style = fmean(styles) if styles else None
            warps = [errors[apart][name] for apart in APART]
            row = [*(f"{warp:.4f}" for warp in warps), "" if style is None else f"{style:.4f}"]
            writer.writerow([name, len(files), *row])
            words = "  ".join(f"warp_{n} {w:.4f}" for n, w in zip(APART, warps, strict=True))
            log.info("%s  %s%s", name, words, "" if style is None else f"  style {style:.3f}")
    log.info("flicker   %s", out / "flicker.csv")
