"""How much a clip flickers that ``evaluate.py`` has painted, beside its style loss."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from stylenet.apply.video import read_frames
from stylenet.errors import StylenetError
from stylenet.files import expanded, write_csv
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
    lines: list[dict[str, object]] = []
    for name in clips:
        found = [row.figures.get("style") for row in rows if row.model == name]
        styles = [value for value in found if value is not None]
        style = fmean(styles) if styles else None
        warps = {f"warp_{apart}": f"{errors[apart][name]:.4f}" for apart in APART}
        shown = None if style is None else f"{style:.4f}"
        lines.append({"clip": name, "frames": len(files), **warps, "style": shown})
        words = "  ".join(f"{key} {value}" for key, value in warps.items())
        log.info("%s  %s%s", name, words, "" if style is None else f"  style {style:.3f}")
    write_csv(out / "flicker.csv", lines)
    log.info("flicker   %s", out / "flicker.csv")
