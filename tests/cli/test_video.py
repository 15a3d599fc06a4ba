"""``stylenet video``, from the command line to the clips."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from stylenet.apply import Model, StyledModel, Stylizer
from stylenet.images import LongerSide, read_image
from stylenet.images.colour import to_yiq

Command = Callable[..., SimpleNamespace]
Make = Callable[..., Path]
pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")


def test_a_clip_is_painted_frame_by_frame_as_photos_are(
    stylenet: Command, shipped: Path, clip: Make
) -> None:
    given = clip("given.mp4")
    assert stylenet("video", given, "frames/%02d.png", "--style", "wave").status == 0
    plain = ("--style", "wave", "--blend", "0", "--size", "40", "--start", "0.1", "--end", "0:00.3")
    done = stylenet("video", given, "plain/%02d.png", *plain)
    assert done.status == 0, done.said
    assert "plain/%02d.png  40 x 30  5 frames" in done.said
    assert "frames/s" in done.said
    assert len(list(Path("frames").iterdir())) == 8

    import av

    with av.open(str(given)) as source:
        frames = [f.to_ndarray(format="rgb24") for f in source.decode(video=0)]
    photo = torch.from_numpy(frames[3]).permute(2, 0, 1) / 255
    expected = Stylizer.load("wave", "cpu")(LongerSide(40)(photo))
    painted = read_image(Path("plain/01.png"))
    assert (painted - expected).abs().mean() < 0.03  # read here by another filter of chrominance


def test_memory_is_kept_and_a_flow_that_is_none_is_named(
    stylenet: Command, clip: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr("stylenet.apply.allocator.tune_allocator", lambda: told.append(True))
    done = stylenet("video", clip("a.mp4"), "b.mp4", "--style", "wave", "--flow", "farneback")
    assert done.status == 2
    assert "Got flow=farneback, expected dis, raft, or a file" in done.said
    assert not Path("b.mp4").exists()
    assert told


def test_the_clips_colours_are_kept(stylenet: Command, shipped: Path, clip: Make) -> None:
    given = clip("given.mp4")
    same = ("--style", "wave", "--keep-colours", "--blend", "0")
    assert stylenet("video", given, "kept/%d.png", *same).status == 0
    import av

    with av.open(str(given)) as source:
        frame = next(source.decode(video=0)).to_ndarray(format="rgb24")
    original = torch.from_numpy(frame).permute(2, 0, 1) / 255
    ours, theirs = (to_yiq(image[None])[:, 1:] for image in (read_image("kept/1.png"), original))
    assert (ours - theirs).abs().mean() < 0.03


def test_a_weaker_style_is_that_of_the_first_frame(
    stylenet: Command, shipped: Path, clip: Make, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each frame's own would change from frame to frame, and takes longer than to paint."""
    asked = []
    weakened = StyledModel.weakened

    def counted(model: StyledModel, image: torch.Tensor, strength: float) -> Model:
        asked.append(strength)
        return weakened(model, image, strength)

    monkeypatch.setattr(StyledModel, "weakened", counted)
    given = clip("given.mp4")
    words = ("--style", photos / "03.jpg", "--strength", "0.5")
    done = stylenet("video", given, "weak.mp4", *words)
    assert done.status == 0, done.said
    assert asked == [0.5]


def test_several_clips_go_into_a_folder_and_what_is_none_is_left_out(
    stylenet: Command, shipped: Path, clip: Make
) -> None:
    clip("a.mp4")
    Path("b.mp4").write_text("no clip")
    done = stylenet("video", "a.mp4", "b.mp4", "painted/", "--style", "wave", "--json")
    assert done.status == 1
    told = json.loads(done.out)
    assert [one["file"] for one in told["painted"]] == ["painted/a.mp4"]
    assert told["painted"][0]["frames"] == 8
    assert "cannot be read as a video" in told["skipped"][0]["reason"]
    assert "skipped b.mp4" in done.said
    assert [file.name for file in Path("painted").iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.mp4"], "Got 1 path, expected a clip and where its painting goes"),
        (["none.mp4", "b.mp4"], "There is no file none.mp4"),
        (["a.mp4", "b.xyz"], "expected a file ending in .mp4"),
        (["a.mp4", "a.mp4"], "would take its place"),
        (["a.mp4", "b.mp4", "--blend", "1"], "Got blend=1, expected 0 to 0.95"),
        (["a.mp4", "b.mp4", "--start", "1"], "has no frames to paint"),
    ],
)
def test_errors_are_one_line(
    words: list[str], said: str, stylenet: Command, shipped: Path, clip: Make
) -> None:
    clip("a.mp4")
    done = stylenet("video", *words, "--style", "wave")
    assert done.status == 2
    assert len(done.said.strip().splitlines()) == 1
    assert done.said.startswith("Error: ")
    assert said in done.said
    assert not Path("b.mp4").exists()


def test_a_number_is_a_camera(
    stylenet: Command, shipped: Path, clip: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stylenet.apply import video

    given, shown, camera = clip("given.mp4"), [], video.Camera
    monkeypatch.setattr(video, "Camera", lambda number: camera(given) if number == 3 else None)

    class Window:
        def __init__(self, title: str) -> None:
            assert title == "stylenet: wave"

        def __call__(self, pixels: object) -> bool:
            shown.append(pixels)
            return len(shown) < 2

        def close(self) -> None:
            shown.append("closed")

    monkeypatch.setattr(video, "Window", Window)
    done = stylenet("video", "3", "--style", "wave", "--size", "32")
    assert done.status == 0, done.said
    assert "camera 3  32 x 24  2 frames" in done.said
    assert shown[2:] == ["closed"]


def sound_alone(file: Path) -> None:
    import av
    import numpy as np

    with av.open(str(file), "w") as out:
        track = out.add_stream("aac", rate=8000, layout="mono")
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), "s16", "mono")
        tone.rate = 8000
        out.mux([*track.encode(tone), *track.encode()])


@pytest.mark.parametrize(
    ("given", "target", "said"),
    [
        ("text.mp4", "b.mp4", "text.mp4 cannot be read as a video"),
        ("sound.m4a", "b.mp4", "sound.m4a has sound, and no video"),
        ("one.mp4", "b.mp4", "has 1 frame to paint, expected 2 or more"),
        ("empty", "b.mp4", "frames=empty holds no picture"),
        ("a.mp4", "there.mp4", "there.mp4 is there already. Use --overwrite"),
        ("a.mp4", "text.mp4/b.mp4", "text.mp4"),
        ("a.mp4", "full.mp4", "No space left on device"),
        ("undecodable.mp4", "b.mp4", "The codec of undecodable.mp4 is not built into this PyAV"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    given: str,
    target: str,
    said: str,
    stylenet: Command,
    shipped: Path,
    clip: Make,
    scene: Callable[..., list[object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from stylenet.apply.video import pieces, reading

    clip("a.mp4")
    clip("undecodable.mp4")
    clip("one.mp4", scene(1))
    sound_alone(Path("sound.m4a"))
    Path("text.mp4").write_text("no clip")
    Path("there.mp4").write_text("mine")
    Path("empty").mkdir()
    if target == "full.mp4":

        def full(contents: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pieces, "write_files", full)
    if given == "undecodable.mp4":
        opened = reading.pyav().open

        class Undecodable:
            """A container whose streams have no decoder."""

            def __init__(self, *words: object, **more: object) -> None:
                self._own = opened(*words, **more)
                stream = SimpleNamespace(disposition=0, codec_context=None)
                self.streams = SimpleNamespace(video=[stream], audio=[])

            def close(self) -> None:
                self._own.close()

        monkeypatch.setattr(reading.pyav(), "open", Undecodable)

    def there() -> list[Path]:
        return sorted(file for file in Path().rglob("*") if file.parts[0] != "cache")

    before = there()
    done = stylenet("video", given, target, "--style", "wave")
    assert done.status == 2
    lines = [line for line in done.said.strip().splitlines() if "frames/s" not in line]
    assert len(lines) == 1, done.said
    assert lines[0].startswith("Error: ")
    assert said in lines[0]
    assert there() == before
    assert Path("there.mp4").read_text() == "mine"
