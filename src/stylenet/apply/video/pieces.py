"""Clips that grow piece by piece, so that whoever was stopped goes on from the last whole piece."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.clips import Pixels
from stylenet.apply.video.libraries import VideoError
from stylenet.files import claimed, write_files

PIECE = 120  # frames of a piece: what is lost at most
_JOB, _FIRST, _LAST, _LOCK = "job.json", "first.npy", "last.npz", "lock"
# in 1/255: the first frame painted anew may differ by so much, of which rounding is the reason
_MOST, _MEAN = 2, 0.1


class Pieces:
    """The pieces of one clip, in a folder.

    A piece is written whole or not at all, with the last frame that was painted by then, which the
    next one is blended with.

    Attributes:
        folder: where they are.
        frames: how many the pieces have.
        last: the last of these, (H,W,3) in [0,1]; None where there is no piece.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.frames = 0
        self.last: NDArray[np.float32] | None = None
        self._count = 0
        if (folder / _LAST).is_file():
            with _loaded(folder / _LAST) as last:
                self.frames, self._count = int(last["frames"]), int(last["pieces"])
                self.last = last["pixels"]

    def add(
        self, content: Mapping[str, NDArray[Any]], frames: int, last: NDArray[np.float32]
    ) -> None:
        """Keep a piece of so many frames, of which ``last`` is the last."""
        self.frames += frames
        state = {"frames": self.frames, "pieces": self._count + 1, "pixels": last}
        # the state last: what it counts is there
        write_files(
            {
                self._file(self._count): _packed(content),
                self.folder / _LAST: _packed({k: np.asarray(v) for k, v in state.items()}),
            }
        )
        self._count += 1
        self.last = last

    def __iter__(self) -> Iterator[Mapping[str, NDArray[Any]]]:
        """What was added, piece by piece."""
        for number in range(self._count):
            with _loaded(self._file(number)) as content:
                piece = dict(content)
            yield piece

    def all_of(self, name: str) -> list[NDArray[Any]]:
        """What every piece has under one name."""
        found = []
        for number in range(self._count):
            with _loaded(self._file(number)) as content:
                found.append(content[name])
        return found

    def check_first(self, painted: Pixels) -> None:
        """Refuse to go on where the first frame, ``painted`` anew, is not what it was.

        Raises:
            VideoError: it differs by more than rounding: the settings are others.
        """
        file = self.folder / _FIRST
        if not file.is_file():
            write_files({file: _saved(painted)})
            return
        with _loaded(file) as before:
            pass
        if before.shape == painted.shape:
            apart = np.abs(before.astype(np.int16) - painted)
            if apart.max() <= _MOST and apart.mean() <= _MEAN:
                return
        raise VideoError(
            f"What is kept in {self.folder} was painted in another way.",
            "Ask for the same style, size and colours, or begin anew without --resume.",
        )

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:05d}.npz"


@contextlib.contextmanager
def growing(
    target: Path, job: Mapping[str, Any], *, resume: bool, overwrite: bool
) -> Iterator[Pieces]:
    """The pieces of ``target``, in a folder beside it that is removed at the end.

    After an exception it is left where there is a whole piece in it.

    Args:
        target: what is made of them.
        job: plain values that must not change in between.
        resume: whether what a process before has left is gone on with.
        overwrite: whether it gives way else.

    Raises:
        VideoError: another process works on it; something is left that is of another job, or that
            nobody asked to go on with.
        OSError: from the file system.
    """
    folder = pieces_of(target)
    taken = VideoError(
        f"{target} is being painted by another process.", "Wait for it, or write elsewhere."
    )
    with claimed(folder / _LOCK, taken):
        if overwrite and not resume:  # unread: it may be damaged
            _clear(folder)
        pieces = Pieces(folder)
        if pieces.frames and not resume:
            raise VideoError(
                f"{pieces.frames} painted frames of {target} are kept in {folder}.",
                "Use --resume to go on with them, or --overwrite to begin anew.",
            )
        try:
            if not (resume and pieces.frames):
                _clear(folder)
                pieces = Pieces(folder)
            _check_job(folder, job)
            yield pieces
        except BaseException:
            if not (folder / _LAST).is_file():
                _clear(folder)
            raise
        else:
            _clear(folder)
        finally:
            if not any(file.name != _LOCK for file in folder.iterdir()):
                shutil.rmtree(folder)


def pieces_of(target: Path) -> Path:
    """The folder where the pieces of ``target`` are."""
    return target.with_name(f"{target.name}.pieces")


def _check_job(folder: Path, job: Mapping[str, Any]) -> None:
    file = folder / _JOB
    if not file.is_file():
        write_files({file: json.dumps(job, indent=1).encode()})
        return
    with _damage_in_words(file):
        before = dict(json.loads(file.read_text()))
    differ = [key for key in job if before.get(key) != job[key]]
    if differ:
        was = ", ".join(f"{key}={before.get(key)} before, {job[key]} now" for key in differ)
        raise VideoError(
            f"What is kept in {folder} is of another clip or other settings ({was}).",
            "Use the same, or begin anew without --resume.",
        )


@contextlib.contextmanager
def _damage_in_words(file: Path) -> Iterator[None]:
    """What a file that was cut short or overwritten raises, which may be nearly anything."""
    try:
        yield
    except OSError:  # a disk that fails
        raise
    except Exception as error:
        raise VideoError(
            f"{file} is damaged ({type(error).__name__}: {error}).",
            "Begin anew: --overwrite without --resume.",
        ) from error


@contextlib.contextmanager
def _loaded(file: Path) -> Iterator[Any]:
    """What numpy has written into ``file``."""
    # opened here: numpy leaves files open that it cannot read
    with _damage_in_words(file), file.open("rb") as stream:
        yield np.load(stream)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name == _LOCK:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _packed(content: Mapping[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **content)
    return buffer.getvalue()


def _saved(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, pixels, allow_pickle=False)
    return buffer.getvalue()
