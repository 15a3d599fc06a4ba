"""A camera's frames, painted as they come and shown in a window."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from stylenet.apply.video.blending import FlowBlend
from stylenet.apply.video.clips import Frame, PaintedFrame, Pixels
from stylenet.apply.video.frame_painter import FramePainter, Paint
from stylenet.apply.video.libraries import VideoError
from stylenet.motion import opencv

Show: TypeAlias = Callable[[Pixels], bool]
"""Shows a painted frame (H,W,3); whether there shall be more."""
_MILLISECONDS = 1000


class Camera:
    """A camera whose frame is the newest there is: those that nobody had time for are lost.

    Args:
        device: its number, from 0 on; or a clip that plays as if it were one.

    Raises:
        VideoError: it cannot be opened.
        StylenetError: OpenCV is not installed.
    """

    def __init__(self, device: int | Path) -> None:
        cv2 = opencv()
        number = isinstance(device, int)
        self._capture: Any = cv2.VideoCapture(device if number else str(device))
        if not self._capture.isOpened():
            self._capture.release()
            raise VideoError(
                f"The camera {device} cannot be opened." if number else f"{device} cannot be read.",
                "Connect it, close what else uses it, or give another number: stylenet video 1.",
            )
        # a camera makes one wait for its next frame; a file has to be told
        self._pause = 0.0 if number else 1 / (self._capture.get(cv2.CAP_PROP_FPS) or 25)
        self._news = threading.Condition()
        self._newest: Pixels | None = None
        self._ended = False

    def frames(self) -> Generator[Frame, None, None]:
        """The newest frame whenever one is asked for, until there are no more; times are in ms."""
        reader = threading.Thread(target=self._read, daemon=True)
        begun = time.monotonic()
        reader.start()
        try:
            while True:
                with self._news:
                    self._news.wait_for(lambda: self._newest is not None or self._ended)
                    pixels, self._newest = self._newest, None
                if pixels is None:
                    return
                yield Frame(
                    np.ascontiguousarray(pixels[..., ::-1]),
                    round(_MILLISECONDS * (time.monotonic() - begun)),
                )
        finally:
            self._ended = True
            reader.join()

    def close(self) -> None:
        """Let others have the camera."""
        self._ended = True
        self._capture.release()

    def _read(self) -> None:
        due = time.monotonic()
        while not self._ended:
            there, pixels = self._capture.read()
            with self._news:
                if there:
                    self._newest = pixels
                else:
                    self._ended = True
                self._news.notify()
            due += self._pause
            time.sleep(max(0.0, min(self._pause, due - time.monotonic())))


@dataclass(frozen=True)
class Shown:
    """What was shown: frames, their size, and for how long."""

    frames: int
    width: int
    height: int
    seconds: float


def paint_camera(
    camera: Camera,
    show: Show,
    paint: Paint,
    blend: FlowBlend | None = None,
    end: Fraction | None = None,
) -> Shown:
    """Paint what a camera sees, frame by frame, as clips are.

    Each frame is shown before the next one is fetched: what is seen is as old as one frame takes.

    Args:
        camera: whose frames.
        show: shows them; ends it.
        paint: paints a frame.
        blend: against flicker.
        end: seconds after which to stop; None: not before ``show`` says so, or Ctrl-C.

    Raises:
        VideoError: it gives no frame.
        StylenetError: from ``paint``.
    """
    painter = FramePainter(paint, blend)
    begun = time.monotonic()
    with (
        contextlib.closing(painter.moving(camera.frames())) as moving,
        contextlib.suppress(KeyboardInterrupt),
    ):
        for frame, motion in moving:
            painted = painter.painted(frame, motion)
            assert painted is not None  # which is of clips that were kept
            over = end is not None and frame.time >= end * _MILLISECONDS
            if not show(PaintedFrame(painted, frame).in_bytes()) or over:
                break
    if not painter.frames:
        raise VideoError("The camera gives no frames.", "Try it in another program.")
    height, width = painter.size
    return Shown(painter.frames, width, height, time.monotonic() - begun)


class Window:
    """A window that shows frames, until it is closed or Escape or q is pressed.

    Args:
        title: of the window.

    Raises:
        VideoError: there is no display, or this Python has no tkinter.
    """

    def __init__(self, title: str) -> None:
        remedy = "Use a machine with a screen, or paint a clip: stylenet video in.mp4 out.mp4."
        try:
            import tkinter
        except ImportError as error:
            raise VideoError(
                f"A window needs tkinter, which cannot be imported ({error}).",
                "Install it (python3-tk), or paint a clip: stylenet video in.mp4 out.mp4.",
            ) from error
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise VideoError(f"There is no display for a window ({error}).", remedy) from error
        self._image = tkinter.PhotoImage(master=self._root)
        self._open = True
        self._root.title(title)
        self._root.protocol("WM_DELETE_WINDOW", self._end)
        for key in ("<Escape>", "q"):
            self._root.bind(key, lambda _: self._end())
        tkinter.Label(self._root, image=self._image, borderwidth=0).pack()

    def __call__(self, pixels: Pixels) -> bool:
        """Show a frame (H,W,3); whether the window is still wanted."""
        height, width = pixels.shape[:2]
        self._image.configure(data=b"P6 %d %d 255 " % (width, height) + pixels.tobytes())
        self._root.update()
        return self._open

    def close(self) -> None:
        """Close it."""
        self._root.destroy()

    def _end(self) -> None:
        self._open = False
