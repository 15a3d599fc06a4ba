"""A clip that was stopped at any moment is gone on with, and is the same bit for bit."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video import CancelledError, ClipOptions, VideoError, paint_clip, pieces
from stylenet.files import claimed
from stylenet.images import write_image

av = pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")

FRAMES = 11  # of those painted, as many as a queue holds are lost with the one being written
UNEVEN = [0, 40, 90, 100, 240, 280, 300, 410, 440, 490, 640]  # ms
ENOUGH = ClipOptions()
GOES_ON = ClipOptions(resume=True)
Make = Callable[..., Path]
Scene = Callable[..., list[NDArray[np.uint8]]]
KILLED = """
import os, signal, sys
from stylenet.apply.video import ClipOptions, paint_clip, pieces, writing
pieces.PIECE = 3
given, target, moment = sys.argv[1:]
count = 0

def paint(image):
    global count
    if str(count) == moment:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
    return 1 - image

if moment == "whole":
    finish = writing.FileSink.finish
    def killed(self, part, source):
        finish(self, part, source)
        os.kill(os.getpid(), signal.SIGKILL)
    writing.FileSink.finish = killed
paint_clip(given, target, paint, ClipOptions(resume=True))
"""


@pytest.fixture(autouse=True)
def _short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 3)


@pytest.fixture
def given(clip: Make, scene: Scene) -> Path:
    return clip("given.mp4", scene(FRAMES), UNEVEN, sound=True)


def painted(image: Tensor) -> Tensor:
    return 1 - image


@pytest.mark.parametrize("name", ["last.npz", "00000.npz", "first.npy", "job.json"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"[1]"])
def test_a_damaged_piece_is_named_and_can_be_thrown_away(
    given: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    target = tmp_path / "painted.mp4"
    stopped_after(9, given, target)
    file = pieces.pieces_of(target) / name
    assert file.is_file()
    file.write_bytes(content)
    with pytest.raises(VideoError, match=rf"{name} is damaged.*--overwrite without --resume"):
        paint_clip(given, target, painted, GOES_ON)
    paint_clip(given, target, painted, replace(ENOUGH, overwrite=True))
    assert target.is_file()
    assert not file.exists()


def stopped_after(count: int, given: Path, target: Path, options: ClipOptions = ENOUGH) -> None:
    told: list[int] = []
    with pytest.raises(CancelledError):
        paint_clip(
            given,
            target,
            painted,
            options,
            say=lambda _: None,
            progress=lambda done, _: told.append(done),
            cancelled=lambda: len(told) == count,
        )


def killed_at(moment: str, given: Path, target: Path) -> None:
    """A process of its own that ends as by ``kill -9``."""
    words = [sys.executable, "-c", KILLED, str(given), str(target), moment]
    done = subprocess.run(words, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()


def test_killed_at_several_moments_it_is_the_file_of_one_go(given: Path, tmp_path: Path) -> None:
    paint_clip(given, tmp_path / "whole.mp4", painted)
    target = tmp_path / "parted.mp4"
    for moment in ("9", "whole"):  # frames; in the second process none but the first is painted
        killed_at(moment, given, target)
        assert pieces.pieces_of(target).is_dir()
    count = []
    done = paint_clip(given, target, lambda image: count.append(1) or painted(image), GOES_ON)
    assert target.read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert (done.frames, done.kept) == (FRAMES, FRAMES)
    assert len(count) == 1  # the first frame shows that the net is what it was
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *("given.mp4", "parted.mp4", "whole.mp4")
    ]


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv", "out.gif", "out/%03d.png"])
@pytest.mark.parametrize("stops", [[1], [9, 1]])  # so many frames, then so many more
def test_whatever_is_written_and_whenever_it_stops(
    target: str, stops: list[int], given: Path, tmp_path: Path
) -> None:
    options = ClipOptions(fps=Fraction(25) if target == "out.mkv" else None, crf=30)
    for name in ("whole", "parted"):
        (tmp_path / name).mkdir()
    paint_clip(given, tmp_path / "whole" / target, painted, options, say=lambda _: None)
    options = replace(options, resume=True)
    for stop in stops:
        stopped_after(stop, given, tmp_path / "parted" / target, options)
    kept = (tmp_path / "parted" / f"{target.split('/')[0]}.pieces").is_dir()
    assert kept == (max(stops) > 3)
    paint_clip(given, tmp_path / "parted" / target, painted, options, say=lambda _: None)
    whole, parted = (
        {f.relative_to(tmp_path / name): f.read_bytes() for f in files if f.is_file()}
        for name in ("whole", "parted")
        for files in [sorted((tmp_path / name).rglob("*"))]
    )
    assert whole
    assert whole == parted


def test_a_clip_of_many_pieces_decodes_as_what_was_painted(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times of decoding are right though each piece's encoder knew its own frames only."""
    for size in (1, 2, 3, 100):
        monkeypatch.setattr(pieces, "PIECE", size)
        target = tmp_path / f"{size}.mp4"
        paint_clip(given, target, painted, ClipOptions(crf=0, blend=None))
        with av.open(str(target)) as clip:
            packets = [p for p in clip.demux(video=0) if p.dts is not None]
            decoded = [p.dts for p in packets]
            assert decoded == sorted(set(decoded))
            assert all(p.dts <= p.pts for p in packets)
        with av.open(str(target)) as clip, av.open(str(given)) as source:
            ours, theirs = (list(c.decode(video=0)) for c in (clip, source))
        assert [round(1000 * f.time) for f in ours] == UNEVEN
        for one, other in zip(ours, theirs, strict=True):
            inverted = 255 - other.to_ndarray(format="rgb24").astype(np.int16)
            assert np.abs(one.to_ndarray(format="rgb24") - inverted).mean() < 3


def test_other_settings_or_another_net_are_refused(given: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    stopped_after(9, given, target)
    before = sorted(pieces.pieces_of(target).iterdir())
    with pytest.raises(VideoError, match=r"other settings \(crf=18 before, 20 now\)"):
        paint_clip(given, target, painted, replace(GOES_ON, crf=20), say=lambda _: None)
    with pytest.raises(VideoError, match=r"painted in another way.*--resume"):
        paint_clip(given, target, lambda image: image / 2, GOES_ON, say=lambda _: None)
    with pytest.raises(VideoError, match=r"[369] painted frames of .*out.mp4 are kept.*--resume"):
        paint_clip(given, target, painted)
    assert sorted(pieces.pieces_of(target).iterdir()) == before
    paint_clip(given, target, lambda image: image / 2, ClipOptions(overwrite=True))
    assert not pieces.pieces_of(target).exists()


def test_what_is_kept_is_said(given: Path, tmp_path: Path) -> None:
    said: list[str] = []
    with pytest.raises(CancelledError):
        paint_clip(
            given,
            tmp_path / "out.mp4",
            painted,
            say=said.append,
            progress=lambda done, _: said.append("frame") if done == 9 else None,
            cancelled=lambda: "frame" in said,
        )
    assert len(said) == 2
    assert re.search("out.mp4: [369] frames are kept; --resume goes on from there", said[1])
    job = json.loads((tmp_path / "out.mp4.pieces" / "job.json").read_text())
    assert job["clip"] == str(given)


def test_two_processes_do_not_paint_one_target(given: Path, tmp_path: Path) -> None:
    lock = pieces.pieces_of(tmp_path / "out.mp4") / "lock"
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with claimed(lock, VideoError("taken", "")):
            held.set()
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        with pytest.raises(VideoError, match="is being painted by another process"):
            paint_clip(given, tmp_path / "out.mp4", painted)
    finally:
        over.set()
        thread.join()


def test_frames_of_a_folder_go_on_too(scene: Scene, tmp_path: Path) -> None:
    for number, pixels in enumerate(scene(FRAMES)):
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255
        write_image(tmp_path / "given" / f"frame {number}.png", image)
    paint_clip(tmp_path / "given", tmp_path / "whole", painted)
    stopped_after(9, tmp_path / "given", tmp_path / "parted")
    assert not (tmp_path / "parted").exists()
    done = paint_clip(tmp_path / "given", tmp_path / "parted", painted, GOES_ON)
    assert done.kept in (3, 6, 9)
    for file in (tmp_path / "whole").iterdir():
        assert file.read_bytes() == (tmp_path / "parted" / file.name).read_bytes()
