"""What a camera sees is painted as clips are; here a file is the camera."""

from __future__ import annotations

import builtins
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.video import (
    Camera,
    ClipOptions,
    FlowBlend,
    VideoError,
    Window,
    paint_camera,
    paint_clip,
)
from stylenet.apply.video import (
    camera as camera_module,
)
from stylenet.images import read_image

pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")
Make = Callable[..., Path]


def inverted(image: Tensor) -> Tensor:
    return 1 - image


class Screen:
    """Keeps what it is shown, so many frames of it."""

    def __init__(self, most: int = 1000) -> None:
        self.shown: list[NDArray[np.uint8]] = []
        self.most = most

    def __call__(self, pixels: NDArray[np.uint8]) -> bool:
        self.shown.append(pixels)
        return len(self.shown) < self.most


def test_what_is_shown_is_what_a_clip_of_it_would_be(
    clip: Make, tmp_path: Path, slowness: Callable[[], float]
) -> None:
    given, screen = clip("given.mp4"), Screen()
    blend = FlowBlend()
    with closing(Camera(given)) as camera:
        camera._pause = 0.2 * slowness()  # none is lost
        done = paint_camera(camera, screen, inverted, blend)
    assert done.frames == len(screen.shown) == 8
    assert (done.width, done.height) == (64, 48)
    paint_clip(given, tmp_path / "frames" / "%d.png", inverted, ClipOptions(blend=blend))
    for number, ours in enumerate(screen.shown, 1):
        theirs = read_image(tmp_path / "frames" / f"{number}.png").permute(1, 2, 0) * 255
        assert np.abs(ours - theirs.numpy()).mean() < 4  # OpenCV decodes colours its own way


def test_each_frame_is_the_newest_there_is(clip: Make, scene: Callable[..., Any]) -> None:
    """A painter that takes as long as five frames sees one of five."""
    given, screen = clip("given.mp4", scene(30)), Screen()

    def slow(image: Tensor) -> Tensor:
        time.sleep(0.2)
        return image

    with closing(Camera(given)) as camera:
        done = paint_camera(camera, screen, slow)
    assert 2 <= done.frames < 15
    assert done.seconds < 5


def test_it_ends_when_the_window_says_so_or_the_time_is_over(clip: Make, tmp_path: Path) -> None:
    threads = threading.active_count()
    with closing(Camera(clip("given.mp4"))) as camera:
        assert paint_camera(camera, Screen(2), inverted).frames == 2
    with closing(Camera(tmp_path / "given.mp4")) as camera:
        assert paint_camera(camera, Screen(), inverted, end=Fraction(0)).frames == 1
    assert threading.active_count() == threads


def test_ctrl_c_is_an_end_too(clip: Make) -> None:
    def stopped(pixels: NDArray[np.uint8]) -> bool:
        raise KeyboardInterrupt

    with closing(Camera(clip("given.mp4"))) as camera:
        assert paint_camera(camera, stopped, inverted).frames == 1


def test_without_a_camera_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"camera 97 cannot be opened.*another number"):
        Camera(97)
    (tmp_path / "text.mp4").write_text("no clip")
    with pytest.raises(VideoError, match=r"text.mp4 cannot be read"):
        Camera(tmp_path / "text.mp4")


class FakeTk:
    """As much of tkinter as a window takes; ``pressed`` is what the user does at each update."""

    class TclError(Exception):
        pass

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.bound: dict[str, Callable[..., None]] = {}
        self.pressed: list[str | None] = []
        self.Label = lambda *_, **__: SimpleNamespace(pack=lambda: None)
        self.PhotoImage = lambda **_: SimpleNamespace(configure=lambda data: self.data.append(data))

    def Tk(self) -> Any:  # noqa: N802, its name
        return SimpleNamespace(
            title=lambda _: None,
            protocol=lambda name, action: self.bound.__setitem__(name, lambda _: action()),
            bind=self.bound.__setitem__,
            update=lambda: (key := self.pressed.pop(0)) and self.bound[key](None),
            destroy=lambda: None,
        )


def test_a_window_shows_frames_until_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    tkinter = FakeTk()
    monkeypatch.setitem(sys.modules, "tkinter", tkinter)
    frame = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    for way in ("<Escape>", "q", "WM_DELETE_WINDOW"):
        tkinter.pressed = [None, way]
        with closing(Window("wave")) as window:
            assert [window(frame), window(frame)] == [True, False]
    assert tkinter.data[0] == b"P6 4 2 255 " + frame.tobytes()


def test_without_a_display_or_tkinter_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    tkinter = FakeTk()
    monkeypatch.setitem(sys.modules, "tkinter", tkinter)

    def refused() -> None:
        raise FakeTk.TclError("no display name")

    monkeypatch.setattr(tkinter, "Tk", refused)
    with pytest.raises(VideoError, match=r"no display for a window \(no display name\)"):
        Window("wave")
    own = builtins.__import__

    def lacking(name: str, *more: Any) -> Any:
        if name == "tkinter":
            raise ImportError("No module named 'tkinter'")
        return own(name, *more)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(VideoError, match="needs tkinter"):
        Window("wave")
    assert camera_module.Window is Window
