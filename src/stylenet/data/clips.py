"""Clips, each frame with the one that follows."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from PIL import Image
from torch import Tensor

from stylenet.data.augment import CentreSquare
from stylenet.data.choosing import check_numbers
from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, Pictures
from stylenet.data.reduction import Reduction
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import PICTURE_SUFFIXES, to_pil
from stylenet.motion import DisFlow, Flow, MovedStill, followed

_log = logging.getLogger(__name__)

SUFFIXES = {".avi", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"}
SUFFIXES |= {".mts", ".ogv", ".ts", ".webm", ".wmv"}
Reader: TypeAlias = Callable[[Path, int], Iterable[Tensor]]
"""Reads so many of the first frames of a clip: (3,H,W) in [0,1]."""


@dataclass(frozen=True)
class ClipPictures:
    """Frames in memory, 3 bytes a pixel: all of a clip but its last are drawn.

    Args:
        names: of the frames that are drawn.
        frames: all there are.
        begins: the number among ``frames`` of each that is drawn; the next follows it.
        flow: between two frames.
    """

    names: Sequence[str]
    frames: Sequence[Image.Image]
    begins: Sequence[int]
    flow: Flow

    def __len__(self) -> int:
        return len(self.names)

    def name(self, number: int) -> str:
        """Return the clip and the number of the frame."""
        return self.names[number]

    def load(self, number: int) -> Image.Image:
        """Return the frame itself, not a copy."""
        return self.frames[self.begins[number]]

    def following(self, number: int) -> Image.Image:
        """Return the next frame."""
        return self.frames[self.begins[number] + 1]

    def moved(self, first: Tensor, second: Tensor) -> MovedStill:
        """Return ``second`` (3,H,W) with where in ``first`` lies what it shows."""
        return followed(first, second, self.flow)


class ClipData(PictureData):
    """Trains on the frames of clips: batches are `stylenet.motion.Followed`.

    Frames are decoded once and held in memory, as small as training wants them.

    Args:
        root: Folder of clips, searched with its subfolders: videos, GIFs, and folders of frames; or
            one clip.
        val_root: The same, of clips to validate on, none of which is trained on; None: no
            validation.
        frames: Of each clip, at most, from its first on; 2 or more.
        val_count: Frames to validate on, at most, at equal distances in all clips.
        reader: Reads a clip.
        flow: Between two frames, both ways; where these agree, they show the same.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `setup`, where there are no clips, or one cannot be
            read or has less than two frames.
    """

    def __init__(
        self,
        *,
        root: str | None,
        reader: Reader,
        val_root: str | None = None,
        frames: int = 300,
        val_count: int = 16,
        flow: Flow | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        check_numbers(2, frames=frames)
        check_numbers(1, val_count=val_count)
        self.root = root
        self.val_root = val_root
        self.frames = frames
        self.val_count = val_count
        self._reader = reader
        self._flow = DisFlow() if flow is None else flow

    def find(self) -> tuple[Pictures, Pictures]:
        """Search the folder and read all clips."""
        files = clips_in(self.root, "data.root")
        if self.val_root is None:
            return self._read(files, self.augment.reduction(self.size)), FilePictures([], Path())
        val = clips_in(self.val_root, "data.val_root")
        kept_apart = {clip.resolve() for clip in val}
        train = [clip for clip in files if clip.resolve() not in kept_apart]
        if not train:
            raise StylenetError(
                f"All {len(files)} clips of data.root={self.root} are those of data.val_root.",
                "Name other clips to validate on, or leave data.val_root out.",
            )
        shown = self._read(val, CentreSquare().reduction(self.val_size))
        count = min(self.val_count, len(shown))
        numbers = [len(shown) * n // count for n in range(count)]
        names, begins = [shown.names[n] for n in numbers], [shown.begins[n] for n in numbers]
        few = ClipPictures(names, shown.frames, begins, self._flow)
        return self._read(train, self.augment.reduction(self.size)), few

    def _read(self, clips: Sequence[Path], reduction: Reduction) -> ClipPictures:
        names: list[str] = []
        begins: list[int] = []
        frames: list[Image.Image] = []
        for clip in clips:
            first = len(frames)
            read = itertools.islice(self._reader(clip, self.frames), self.frames)
            frames += [reduction(to_pil(frame)) for frame in read]
            count = len(frames) - first
            if count < 2:
                raise StylenetError(
                    f"{clip} has {count} frame{'' if count == 1 else 's'}, expected 2 or more, "
                    "one to follow the other.",
                    "Take it out of the folder; data=folder trains on single images.",
                )
            names += [f"{clip.name} {number}" for number in range(count - 1)]
            begins += range(first, first + count - 1)
        _log.info("%d frames of %d clips are in memory.", len(frames), len(clips))
        return ClipPictures(names, frames, begins, self._flow)


def clips_in(value: str | None, setting: str) -> list[Path]:
    """The clips at or below the place that a setting names, in order.

    Raises:
        StylenetError: it is not set, is not there, or there are no clips.
    """
    if value is None:
        raise StylenetError(
            f"data=video needs {setting}, which is not set; expected a folder of clips, or a clip.",
            f"Add {setting}=<folder>; data=folder trains on single images.",
        )
    root = expanded(value)
    if not root.exists():
        raise StylenetError(
            f"{setting}={value} does not exist, expected a folder of clips, or a clip.",
            f"Check the path; relative ones start from {Path.cwd()}.",
        )
    if not root.is_dir():
        return [root]
    images = set(PICTURE_SUFFIXES) - SUFFIXES  # each GIF is a clip
    found: list[Path] = []
    for place in [root, *sorted(root.rglob("*"))]:
        if any(part.startswith(".") for part in place.relative_to(root).parts):
            continue
        if place.is_dir():
            if any(file.suffix.lower() in images for file in place.iterdir()):
                found.append(place)
        elif place.suffix.lower() in SUFFIXES:
            found.append(place)
    if not found:
        raise StylenetError(
            f"{setting}={value} holds no clips: no video, no GIF, and no folder of frames.",
            f"Known are {', '.join(sorted(SUFFIXES))} and folders of images.",
        )
    return found
