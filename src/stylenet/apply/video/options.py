"""What a user can choose of how a clip is painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from stylenet.apply.video.blending import FlowBlend
from stylenet.errors import StylenetError


@dataclass(frozen=True)
class ClipOptions:
    """How a clip is to be painted.

    Attributes:
        start: seconds into the clip, of the first frame to paint.
        end: seconds into the clip, of the first frame not to paint; None: to the last.
        fps: frames a second of the painted clip; None: the clip's own times.
        crf: x264's constant rate factor, from 0 (lossless) to 51 (worst).
        blend: against flicker; None: each frame by itself.
        overwrite: whether a target that is there gives way.
        resume: whether to go on with what a process that was stopped has left.

    Raises:
        StylenetError: values that cannot be.
    """

    start: Fraction = Fraction(0)
    end: Fraction | None = None
    fps: Fraction | None = None
    crf: float = 18
    blend: FlowBlend | None = field(default_factory=FlowBlend)
    overwrite: bool = False
    resume: bool = False

    def __post_init__(self) -> None:
        """Refuse values that cannot be."""
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            end = "the end" if self.end is None else f"{float(self.end):g} s"
            raise StylenetError(
                f"Got a clip from {float(self.start):g} s to {end}.",
                "Give a start of 0 or more, and an end after it.",
            )
        if self.fps is not None and self.fps <= 0:
            raise StylenetError(f"Got fps={float(self.fps):g}, expected more than 0.", "Use 25.")
        if not 0 <= self.crf <= 51:
            raise StylenetError(
                f"Got crf={self.crf:g}, expected 0 (lossless) to 51 (worst).", "Use 18."
            )
