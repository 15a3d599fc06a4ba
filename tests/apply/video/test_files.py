"""What a clip keeps on its way through: times, sound, orientation, colours, size."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video import CancelledError, ClipOptions, VideoError, paint_clip
from stylenet.apply.video.libraries import pyav
from stylenet.apply.video.reading import FileSource
from stylenet.apply.video.threads import DEPTH
from stylenet.errors import StylenetError
from stylenet.images import read_image, write_image

av = pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")

UNEVEN = [0, 40, 90, 100, 240, 280, 300, 410]  # ms
SECONDS = [Fraction(ms, 1000) for ms in UNEVEN]
PLAIN = ClipOptions(crf=0, blend=None)
Make = Callable[..., Path]
Scene = Callable[..., list[NDArray[np.uint8]]]


def same(image: Tensor) -> Tensor:
    return image


def read(file: Path) -> tuple[list[NDArray[Any]], list[Fraction]]:
    """Frames and the seconds at which they are shown, as FFmpeg has both."""
    with av.open(str(file)) as clip:
        found = [
            (
                np.rot90(f.to_ndarray(format="rgb24", interpolation="BICUBIC"), f.rotation // 90),
                f.pts * f.time_base,
            )
            for f in clip.decode(video=0)
        ]
    return [f for f, _ in found], [t for _, t in found]


def sound(file: Path) -> list[tuple[bytes, Fraction]]:
    """Packets of sound and the seconds at which they begin."""
    with av.open(str(file)) as clip:
        packets = clip.demux(audio=0)
        return [(bytes(p), p.pts * p.time_base) for p in packets if p.dts is not None]


def near(ours: NDArray[Any], theirs: NDArray[Any], levels: int = 4) -> bool:
    """Whether they are the same but for the coding of chrominance at half size."""
    return bool(np.abs(1.0 * ours - theirs).mean() < levels)


def test_times_and_sound_are_those_of_the_clip(clip: Make, tmp_path: Path) -> None:
    given = clip("given.mp4", None, UNEVEN, sound=True)
    done = paint_clip(given, tmp_path / "out.mp4", same, PLAIN)
    assert (done.frames, done.width, done.height) == (8, 64, 48)
    (frames, times), (originals, expected) = read(tmp_path / "out.mp4"), read(given)
    assert times == expected == SECONDS
    assert all(near(a, b, 2) for a, b in zip(frames, originals, strict=True))
    assert sound(tmp_path / "out.mp4") == sound(given)
    assert len(sound(given)) > 3


def test_a_clip_is_painted_upright_and_twice_alike(
    clip: Make, scene: Scene, tmp_path: Path
) -> None:
    given = clip("given.mp4", turned=90)
    for name in ("a.mp4", "b.mp4"):
        paint_clip(given, tmp_path / name, lambda image: 1 - image)
    (frames, _), (originals, _) = read(tmp_path / "a.mp4"), read(given)
    assert frames[3].shape == originals[3].shape == (64, 48, 3)
    assert near(255 - frames[3], originals[3])
    assert not near(255 - frames[3][::-1], originals[3])
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("coding", [(1, 1), (6, 1), (6, 2), (1, 2)])
def test_colours_and_how_they_are_coded_are_kept(
    clip: Make, scene: Scene, tmp_path: Path, coding: tuple[int, int]
) -> None:
    originals = scene(3)
    seen = []

    def paint(image: Tensor) -> Tensor:
        seen.append((image * 255).permute(1, 2, 0).numpy())
        return image

    paint_clip(clip("given.mp4", originals, coding=coding), tmp_path / "out.mkv", paint, PLAIN)
    assert all(near(a, b, 2) for a, b in zip(seen, originals, strict=True))
    with av.open(str(tmp_path / "out.mkv")) as out:
        frame = next(out.decode(video=0))
    assert (frame.colorspace, frame.color_range) == coding
    matrix = {1: 1, 6: 5}[coding[0]]
    painted = frame.reformat(format="rgb24", src_colorspace=matrix, src_color_range=coding[1])
    assert near(painted.to_ndarray(), originals[0], 2)


def test_odd_sides_get_one_pixel_more_and_nothing_is_sheared(scene: Scene, tmp_path: Path) -> None:
    originals = scene(3, 37, 53)
    for number, pixels in enumerate(originals):
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255
        write_image(tmp_path / "frames" / f"f{number + 9}.png", image)  # 9, 10, 11: by number
    paint_clip(tmp_path / "frames", tmp_path / "out.mp4", same, PLAIN)
    frames, times = read(tmp_path / "out.mp4")
    assert times == [0, Fraction(1, 24), Fraction(2, 24)]
    assert all(f.shape == (38, 54, 3) for f in frames)
    assert all(near(f[:37, :53], o) for f, o in zip(frames, originals, strict=True))
    assert near(frames[0][37], frames[0][36], 1)
    paint_clip(tmp_path / "frames", tmp_path / "painted", same, PLAIN)
    names = sorted(file.name for file in (tmp_path / "painted").iterdir())
    assert names == ["f10.png", "f11.png", "f9.png"]
    kept = read_image(tmp_path / "painted" / "f9.png") * 255
    assert np.array_equal(kept.permute(1, 2, 0).round().byte().numpy(), originals[0])


def test_gif_out_and_in_again(clip: Make, tmp_path: Path) -> None:
    said: list[str] = []
    given = clip("given.mp4", None, UNEVEN, sound=True)
    paint_clip(given, tmp_path / "out.gif", same, PLAIN, say=said.append)
    assert "GIF has no sound" in said[0]
    frames, times = read(tmp_path / "out.gif")
    assert times == SECONDS
    assert near(frames[4], read(given)[0][4], 10)
    paint_clip(tmp_path / "out.gif", tmp_path / "again.mp4", same, PLAIN)
    assert read(tmp_path / "again.mp4")[1] == SECONDS
    paint_clip(tmp_path / "out.gif", tmp_path / "frames" / "%03d.jpg", same, PLAIN)
    assert len(list((tmp_path / "frames").glob("00[1-8].jpg"))) == 8


def test_a_part_of_a_clip_begins_at_nought(clip: Make, tmp_path: Path) -> None:
    given = clip("given.mp4", None, UNEVEN, sound=True)
    part = ClipOptions(Fraction(1, 10), Fraction(3, 10), crf=0, blend=None)
    paint_clip(given, tmp_path / "out.mp4", same, part)
    frames, times = read(tmp_path / "out.mp4")
    assert times == [0, Fraction(14, 100), Fraction(18, 100)]
    assert near(frames[0], read(given)[0][3], 2)
    ours, all_of_it = sound(tmp_path / "out.mp4"), [packet for packet, _ in sound(given)]
    assert 0 < len(ours) < len(all_of_it)
    assert all(packet in all_of_it for packet, _ in ours)


@pytest.mark.parametrize("fps", [10, 50])
def test_another_rate_shows_the_frame_of_each_time(clip: Make, tmp_path: Path, fps: int) -> None:
    given = clip("given.mp4", None, UNEVEN)
    painted = []
    options = ClipOptions(fps=Fraction(fps), crf=0, blend=None)
    paint_clip(given, tmp_path / "out.mp4", lambda x: painted.append(1) or x, options)
    (frames, times), (originals, _) = read(tmp_path / "out.mp4"), read(given)
    assert times == [Fraction(n, fps) for n in range(len(times))]
    assert 0.41 * fps < len(times) < 0.41 * fps + 4
    for time, frame in zip(times, frames, strict=True):
        shown = max(n for n, begins in enumerate(SECONDS) if begins <= time)
        assert near(frame, originals[shown], 3)
    assert len(painted) <= min(8, len(times))


def test_another_rate_ends_where_it_is_asked_to(clip: Make, tmp_path: Path) -> None:
    """The frame that is on at the end lasts longer: ``--fps 5 --end 1`` wrote six frames."""
    given = clip("given.mp4", None, UNEVEN)
    options = ClipOptions(end=Fraction(1, 5), fps=Fraction(20), blend=None)
    paint_clip(given, tmp_path / "out.mp4", lambda x: x, options)
    assert read(tmp_path / "out.mp4")[1] == [Fraction(n, 20) for n in range(4)]


def test_of_a_truncated_clip_what_is_there_is_painted(
    clip: Make, scene: Scene, tmp_path: Path
) -> None:
    random = np.random.default_rng(0).integers(0, 256, (30, 48, 64, 3), dtype=np.uint8)
    given = clip("given.mp4", list(random))
    half = tmp_path / "half.mp4"
    half.write_bytes(given.read_bytes()[: given.stat().st_size // 2])
    said: list[str] = []
    done = paint_clip(half, tmp_path / "out.mp4", same, PLAIN, say=said.append)
    assert 5 < done.frames < 25
    assert len(read(tmp_path / "out.mp4")[0]) == done.frames
    assert len(said) == 1
    assert "half.mp4" in said[0]


def wrong(kind: str, make: Make, folder: Path, scene: Scene) -> Path:
    """A clip that cannot be painted."""
    if kind == "text":
        (folder / "text.mp4").write_text("no clip")
    elif kind == "sound":
        with av.open(str(folder / "sound.m4a"), "w") as out:
            track = out.add_stream("aac", rate=8000, layout="mono")
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), "s16", "mono")
            tone.rate = 8000
            out.mux([*track.encode(tone), *track.encode()])
        return folder / "sound.m4a"
    elif kind == "one":
        return make("one.mp4", scene(1))
    elif kind == "cut":  # the index is there, and not one frame
        whole = make("cut.mp4")
        content = whole.read_bytes()
        whole.write_bytes(content[: content.index(b"mdat") + 6])
    elif kind == "sizes":
        for number, side in enumerate((20, 30)):
            write_image(folder / "sizes.mp4" / f"{number}.png", torch.rand(3, side, side))
    return folder / f"{kind}.mp4"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "There is no file"),
        ("text", "cannot be read as a video"),
        ("sound", "has sound, and no video"),
        ("one", "has 1 frame to paint, expected 2"),
        ("cut", "no frame"),
        ("sizes", "has 30 x 30 pixels, but the first one has 20 x 20"),
    ],
)
def test_what_is_no_clip_is_said_and_nothing_is_left(
    kind: str, words: str, clip: Make, scene: Scene, tmp_path: Path
) -> None:
    given = wrong(kind, clip, tmp_path, scene)
    target = tmp_path / "out" / "out.mp4"
    with pytest.raises(VideoError, match=words):
        paint_clip(given, target, same, say=lambda _: None)
    assert not target.parent.exists() or not list(target.parent.iterdir())


def test_what_cannot_be_written_is_said(
    clip: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = clip("given.mp4")

    def refused(target: Path, words: str, error: type[Exception] = VideoError) -> None:
        before = target.read_bytes() if target.is_file() else None
        with pytest.raises(error, match=words):
            paint_clip(given, target, same)
        assert (target.read_bytes() if target.is_file() else None) == before

    (tmp_path / "file").write_text("mine")
    (tmp_path / "there.mp4").write_text("mine")
    refused(tmp_path / "file" / "out.mp4", "file", OSError)
    refused(tmp_path / "there.mp4", "is there already. Use --overwrite")
    refused(tmp_path / "out.avi", "expected a file ending in .mp4")
    refused(tmp_path / "%03d.png", "There is something in")
    refused(tmp_path / "frames" / "%03d.xyz", "not written as", StylenetError)
    refused(given, "would take its place")
    monkeypatch.setattr(pyav(), "codecs_available", set())
    refused(tmp_path / "out.mp4", "needs the encoder libx264, which is not built into this PyAV")
    monkeypatch.undo()
    done = paint_clip(given, tmp_path / "there.mp4", same, ClipOptions(overwrite=True))
    assert done.frames == 8


def test_a_full_disk_is_said(clip: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stylenet.apply.video import writing

    def full(self: Any, item: Any) -> None:
        with self.errors():
            raise av.error.OSError(28, "No space left on device")

    monkeypatch.setattr(writing.FileSink, "write", full)
    with pytest.raises(VideoError, match=r"out.mp4 cannot be written \(No space left on device\)"):
        paint_clip(clip("given.mp4"), tmp_path / "out.mp4", same)
    assert [f.name for f in tmp_path.iterdir()] == ["given.mp4"]


def test_progress_is_told_and_cancelling_leaves_nothing(clip: Make, tmp_path: Path) -> None:
    given, threads = clip("given.mp4"), threading.active_count()
    told: list[tuple[int, int | None]] = []
    with pytest.raises(CancelledError):
        paint_clip(
            given,
            tmp_path / "out.mp4",
            same,
            progress=lambda *done: told.append(done),
            cancelled=lambda: len(told) == 3,
        )
    assert told == [(1, 8), (2, 8), (3, 8)]
    assert [f.name for f in tmp_path.iterdir()] == ["given.mp4"]
    assert threading.active_count() == threads


def test_few_frames_wait_however_long_the_clip_is(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stylenet.apply.video import folders

    image = torch.rand(3, 16, 16)
    for number in range(60):
        write_image(tmp_path / "frames" / f"{number}.png", image)
    count = {"read": 0, "painted": 0, "most": 0}

    own = folders.read_photograph

    def counted(file: Path) -> Any:
        count["read"] += 1
        count["most"] = max(count["most"], count["read"] - count["painted"])
        return own(file)

    def paint(picture: Tensor) -> Tensor:
        count["painted"] += 1
        return picture

    monkeypatch.setattr(folders, "read_photograph", counted)
    paint_clip(tmp_path / "frames", tmp_path / "out.mp4", paint)
    assert count["read"] == count["painted"] == 60
    assert count["most"] <= 2 * DEPTH + 4


def test_a_clip_whose_title_is_not_utf8_is_read(tmp_path: Path) -> None:
    """As programs of long ago wrote it."""
    file = tmp_path / "old.mkv"
    with av.open(str(file), "w") as clip:
        clip.metadata["title"] = "Xx Xx Xx"
        video = clip.add_stream("libx264", rate=25)
        video.height, video.width, video.pix_fmt = 32, 32, "yuv420p"
        clip.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        clip.mux(video.encode())
    content = file.read_bytes()
    assert b"Xx Xx Xx" in content
    file.write_bytes(content.replace(b"Xx Xx Xx", "Été Été!".encode("latin-1")))
    source = FileSource(file)
    source.close()
    assert "t\ufffd" in str(source.about.metadata)
