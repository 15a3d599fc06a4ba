"""Where painted clips go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stylenet.apply.video.gif import GIF
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.writing import FORMATS
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import check_writable

_NUMBER = re.compile(r"%(0\d+)?d")
_SUFFIXES = (*FORMATS, GIF)


@dataclass(frozen=True)
class ClipJob:
    """A clip and where its painting goes."""

    clip: Path
    target: Path


def plan_clips(paths: Sequence[str]) -> list[ClipJob]:
    """Which clip goes where: the last of ``paths`` is the target of those before it.

    One clip goes to a file, or to frames (``frames/%05d.png``). Several, or one where the target is
    a folder, go into that folder under their own names, of the suffix .mp4 where theirs is not
    written. One folder of frames makes the target a folder of frames.

    Raises:
        StylenetError: less than two paths, or one file for several clips.
    """
    if len(paths) < 2:
        raise StylenetError(
            f"Got {len(paths)} path, expected a clip and where its painting goes.",
            "Use stylenet video in.mp4 out.mp4 --style wave.",
        )
    *clips, target = (expanded(path) for path in paths)
    folder = target.is_dir() or paths[-1].endswith(("/", "\\")) or not target.suffix
    if len(clips) == 1 and (clips[0].is_dir() or not folder):
        return [ClipJob(clips[0], target)]
    if not folder:
        raise StylenetError(
            f"Got {len(clips)} clips and the file {target} for their paintings.",
            "Name a folder: stylenet video a.mp4 b.mp4 painted/.",
        )
    jobs: list[ClipJob] = []
    taken: set[Path] = set()
    for clip in clips:
        suffix = clip.suffix if clip.suffix.lower() in _SUFFIXES else ".mp4"
        suffix = "" if clip.is_dir() else suffix
        stem = clip.resolve().name if clip.is_dir() else clip.stem
        own, count = target / f"{stem}{suffix}", 2
        while own in taken:
            own, count = target / f"{stem}_{count}{suffix}", count + 1
        taken.add(own)
        jobs.append(ClipJob(clip, own))
    return jobs


def is_pattern(target: Path) -> bool:
    """Whether ``target`` names frames by number, as ``%05d.png`` does."""
    return _NUMBER.search(target.name) is not None


def check_target(clip: Path, target: Path, overwrite: bool) -> Path:
    """The file or folder that has to be written for ``target``.

    Raises:
        VideoError: an unknown suffix; one that is there; the clip itself.
        PictureError: frames of a suffix that images are not written as.
    """
    place = target
    if is_pattern(target):
        check_writable(target)
        place = target.parent
    elif target.suffix.lower() not in _SUFFIXES and (target.suffix or not clip.is_dir()):
        raise VideoError(
            f"Got {target}, expected a file ending in {', '.join(_SUFFIXES)}.",
            "Use one of them, or frames/%05d.png for a folder of frames.",
        )
    if place.exists() and clip.exists() and place.samefile(clip):
        raise VideoError(f"The painting of {clip} would take its place.", "Write elsewhere.")
    if place != target or not target.suffix:
        if place.is_file() or (place.is_dir() and any(place.iterdir())):
            raise VideoError(f"There is something in {place} already.", "Name a new folder.")
    elif place.exists() and not overwrite:
        raise VideoError(f"{target} is there already.", "Use --overwrite, or another name.")
    return place
