"""Opening clips of any kind: a video file, a GIF, a folder of frames; their first frames."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from torch import Tensor

from stylenet.apply.video.clips import Source
from stylenet.apply.video.folders import RATE, FolderSource
from stylenet.apply.video.frame_painter import tensor_of
from stylenet.apply.video.libraries import VideoError
from stylenet.apply.video.options import ClipOptions
from stylenet.apply.video.reading import FileSource
from stylenet.files import expanded

log = logging.getLogger(__name__)

FEWEST = 2  # frames of a clip


def opened(clip: Path, options: ClipOptions) -> Source:
    """What reads ``clip``, from the start to the end that ``options`` give.

    Raises:
        VideoError: it cannot be read.
    """
    if clip.is_dir():
        return FolderSource(clip, options.fps or RATE, options.start, options.end)
    return FileSource(clip, options.start, options.end)


def each_frame(clip: str | Path, count: int) -> Generator[Tensor, None, None]:
    """The first frames of a clip, a GIF or a folder of frames, read as they are asked for.

    (3,H,W) in [0,1], all of one size. What is wrong with the file is logged after the last.

    Raises:
        VideoError: it cannot be read.
        OSError: from the file system.
    """
    with (
        closing(opened(expanded(clip), ClipOptions())) as source,
        closing(source.frames()) as frames,
    ):
        yield from map(tensor_of, itertools.islice(frames, count))
        for remark in source.remarks:
            log.warning(remark)


def read_frames(clip: str | Path, count: int) -> list[Tensor]:
    """The first frames of a clip, a GIF or a folder of frames: (3,H,W) in [0,1], all of one size.

    Raises:
        VideoError: it cannot be read, or has less than two frames.
        OSError: from the file system.
    """
    found = list(each_frame(clip, count))
    if len(found) < min(FEWEST, count):
        raise VideoError(
            f"{clip} has {len(found)} frames that can be read, expected {FEWEST} or more.",
            "Name another clip.",
        )
    return found
