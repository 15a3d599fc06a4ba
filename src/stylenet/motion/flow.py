"""Optical flow. OpenCV is the extra ``video``, imported when flow is first computed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylenet.errors import StylenetError

Grey: TypeAlias = NDArray[np.uint8]
"""(H,W)."""
Field: TypeAlias = NDArray[np.float32]
"""(H,W,2): how many pixels to the right and down what is here lies in the other frame."""
Flow: TypeAlias = Callable[[Grey, Grey], Field]
"""Two grey frames -> where what the first one shows lies in the second."""


class Effort(Enum):
    """OpenCV's presets of DIS flow: how fine the last level is, how many steps it takes."""

    ULTRAFAST = 0
    FAST = 1
    MEDIUM = 2


@dataclass(frozen=True)
class DisFlow:
    """Dense inverse search (Kroeger et al. 2016, arXiv:1603.03590), by OpenCV.

    Attributes:
        effort: one of OpenCV's presets. MEDIUM takes four times as long as FAST.
    """

    effort: Effort = Effort.MEDIUM

    def __call__(self, here: Grey, there: Grey) -> Field:
        """Where what ``here`` shows lies in ``there``, of the same size.

        Raises:
            StylenetError: OpenCV is not installed.
        """
        search = opencv().DISOpticalFlow.create(self.effort.value)
        found: Field = search.calc(_large(here), _large(there), None)
        return found[: here.shape[0], : here.shape[1]]


def opencv() -> ModuleType:
    """The module ``cv2``.

    Raises:
        StylenetError: it is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise StylenetError(
            f"Optical flow needs OpenCV, which cannot be imported ({error}).",
            "pip install 'stylenet[video]', or in a clone: uv sync --extra video.",
        ) from error
    return cv2


@contextlib.contextmanager
def one_threaded() -> Iterator[None]:
    """OpenCV in one thread: DIS divides a frame among its threads, and each has its own result.

    Loading processes are forked, too, and have none of the threads that OpenCV counts on.
    """
    cv2 = opencv()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _large(grey: Grey) -> Grey:
    """At least 32 pixels either way: with less, DIS has no level to begin with."""
    height, width = grey.shape
    missing = ((0, max(0, 32 - height)), (0, max(0, 32 - width)))
    return np.pad(grey, missing, mode="edge") if any(m for _, m in missing) else grey
