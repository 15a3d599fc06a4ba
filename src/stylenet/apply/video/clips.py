"""What a clip is made of, between the readers and the writers of its kinds."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.video.colours import TELEVISION, Coding
from stylenet.motion import opencv

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet

Pixels: TypeAlias = NDArray[np.uint8]
"""(H,W,3), RGB."""


@dataclass(frozen=True)
class Frame:
    """A frame, upright.

    Attributes:
        pixels: of it.
        time: when it is shown, in the clip's time base.
        duration: how long, in the same; 0 where that is not known.
        name: of its file, in a folder of frames.
        pixel_shape: width over height of its pixels.
        alpha: how opaque they are, (H,W); None where none is transparent. ``pixels`` lie on white.
    """

    pixels: Pixels
    time: int
    duration: int = 0
    name: str | None = None
    pixel_shape: Fraction = Fraction(1)
    alpha: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class About:
    """What is known of a clip before its frames are read.

    Attributes:
        file: where it is.
        time_base: seconds that a frame's times count in.
        rate: frames a second, on average.
        frames: how many there are, about; None where that is not known.
        sounds: its streams of sound.
        coding: how its colours are coded.
        metadata: title, date and the like.
    """

    file: Path
    time_base: Fraction
    rate: Fraction
    frames: int | None
    sounds: Sequence[AudioStream] = ()
    coding: Coding = TELEVISION
    metadata: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """A clip that is read once, from its first frame to its last."""

    @property
    def about(self) -> About:
        """What is known before."""
        ...

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know, once it has been read: a line each."""
        ...

    def frames(self) -> Generator[Frame, None, None]:
        """Frames in the order of their times.

        Raises:
            VideoError: it cannot be read.
        """
        ...

    def sounds(self) -> Generator[Packet[AudioStream], None, None]:
        """Packets of sound, which are copied as they are, with times that begin where frames do.

        Raises:
            VideoError: it cannot be read.
        """
        ...

    def close(self) -> None:
        """Close its files."""
        ...


@dataclass(frozen=True)
class PaintedFrame:
    """A frame and what was painted of it, (H,W,3) in [0,1]."""

    pixels: NDArray[np.float32]
    frame: Frame

    def in_bytes(self) -> Pixels:
        """The nearest of 256 values a channel."""
        cv2 = opencv()  # which rounds and cuts off above 255 as it converts
        found: Pixels = cv2.convertScaleAbs(cv2.max(self.pixels, 0.0), alpha=255)
        return found

    def alpha(self) -> NDArray[np.uint8] | None:
        """How opaque each pixel is, (H,W), at the painting's size; None where all are."""
        alpha, (height, width) = self.frame.alpha, self.pixels.shape[:2]
        if alpha is None or alpha.shape == (height, width):
            return alpha
        cv2 = opencv()
        resized: NDArray[np.uint8] = cv2.resize(
            np.ascontiguousarray(alpha), (width, height), interpolation=cv2.INTER_AREA
        )
        return resized


class Sink(Protocol):
    """A clip that is written: first its pieces, one after the other, then the whole."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know: a line each."""
        ...

    def write(self, painted: PaintedFrame) -> None:
        """The next frame of a piece.

        Raises:
            VideoError: it cannot be written.
        """
        ...

    def end_piece(self) -> dict[str, NDArray[Any]]:
        """What was written since the piece before: the next frame begins a new one."""
        ...

    def finish(self, part: Path, source: Source) -> None:
        """Make the whole of its pieces, and of the sound of ``source``.

        Raises:
            VideoError: it cannot be written.
        """
        ...
