"""From coarse to fine: which sizes an image is painted at, and for how many steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from stylenet.errors import StylenetError

Scales: TypeAlias = Callable[[int, int, int], list[tuple[int, int, int]]]
"""(height, width, steps of the run) -> (height, width, step at which it ends) of each size."""


@dataclass(frozen=True)
class OneScale:
    """The final size from the start."""

    def __call__(self, height: int, width: int, steps: int) -> list[tuple[int, int, int]]:
        """One size."""
        return [(height, width, steps)]


@dataclass(frozen=True)
class CoarseToFine:
    """Sizes growing by ``ratio`` up to the final one, as in crowsonkb/style-transfer-pytorch.

    The coarsest size has a longer side of ``first_px`` or a little less, and twice ``steps``
    steps; every other one has ``steps``, but the final one what the run has left.
    """

    first_px: int = 128
    ratio: float = math.sqrt(2)
    steps: int = 100

    def __post_init__(self) -> None:
        """Refuse what does not grow."""
        if self.first_px < 1 or self.ratio <= 1 or self.steps < 1:
            raise StylenetError(
                f"Got scales of first_px={self.first_px}, ratio={self.ratio}, steps={self.steps}; "
                "expected at least 1 pixel and 1 step, and a ratio above 1.",
                "Use scales.first_px=128 scales.ratio=1.4142 scales.steps=100.",
            )

    def __call__(self, height: int, width: int, steps: int) -> list[tuple[int, int, int]]:
        """Sizes of increasing sides.

        Raises:
            StylenetError: the run is too short to reach the final size.
        """
        sizes = [(height, width)]
        shrunk = 1.0
        while max(sizes[0]) > self.first_px:
            shrunk *= self.ratio
            smaller = (max(1, round(height / shrunk)), max(1, round(width / shrunk)))
            if smaller == sizes[0]:
                break
            sizes.insert(0, smaller)
        coarse = len(sizes) - 1
        needed = (coarse + 1) * self.steps if coarse else 0
        if steps <= needed:
            raise StylenetError(
                f"Got trainer.max_steps={steps}, but the {coarse} coarse sizes below {width} x "
                f"{height} take {needed} steps.",
                f"Set trainer.max_steps={needed + 2 * self.steps}, or a smaller scales.steps.",
            )
        ends = [(number + 2) * self.steps for number in range(coarse)]
        return [(h, w, end) for (h, w), end in zip(sizes, [*ends, steps], strict=True)]
