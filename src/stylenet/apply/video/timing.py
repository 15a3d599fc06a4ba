"""Times in words, and frames at another rate."""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction

from stylenet.apply.video.clips import About, Frame
from stylenet.errors import StylenetError

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")
_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:/(\d+))?")


def seconds_of(text: str) -> Fraction:
    """``83.5``, ``1:23.5`` and ``0:01:23.5`` as seconds.

    Raises:
        StylenetError: no time.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise StylenetError(f"Got the time {text!r}.", "Give seconds, or 1:23.5.")
    hours, minutes, seconds = match.groups()
    return 3600 * Fraction(hours or 0) + 60 * Fraction(minutes or 0) + Fraction(seconds)


def rate_of(text: str) -> Fraction:
    """``25``, ``29.97`` and ``30000/1001`` as frames a second.

    Raises:
        StylenetError: no rate above 0.
    """
    match = _RATE.fullmatch(text.strip())
    parts = [Fraction(part or 1) for part in match.groups()] if match else [Fraction(0)] * 2
    if 0 in parts:
        raise StylenetError(f"Got fps={text}, expected frames a second.", "Use 25 or 30000/1001.")
    return parts[0] / parts[1]


def at_rate(
    frames: Generator[Frame, None, None],
    about: About,
    rate: Fraction,
    length: Fraction | None = None,
) -> Generator[Frame, None, None]:
    """Frames shown at multiples of 1/``rate``: each time the one that is on at that time.

    Args:
        frames: of a clip.
        about: that clip.
        rate: frames a second; times count in 1/``rate`` from then on.
        length: seconds that are asked for: the last frame may last longer; None: to its end.
    """
    tick = about.time_base * rate  # of a new time in an old one
    held: Frame | None = None
    number = 0
    with closing(frames):
        for frame in frames:
            if held is None:
                number = math.ceil(frame.time * tick)
            while held is not None and number < frame.time * tick:
                yield replace(held, time=number, duration=1)
                number += 1
            held = frame
    if held is not None:
        shown = held.duration or 1 / (about.rate * about.time_base)
        last = (held.time + shown) * tick
        while number < (last if length is None else min(last, length * rate)):
            yield replace(held, time=number, duration=1)
            number += 1
