"""What the controls of a painting say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from stylenet.app.look import Look, kept
from stylenet.app.studio import Mixture, Studio
from stylenet.app.visit import Visit
from stylenet.images import Adjustment

NONE = ""  # no further style


@dataclass(frozen=True)
class Wanted:
    """A painting; in words for the page, and as a title for files."""

    mixture: Mixture
    size: int
    strokes: float
    look: Look
    words: str
    title: str

    @classmethod
    def of(cls, studio: Studio, visit: Visit, *controls: Any) -> Wanted:
        """By the values of all of `PaintControls`.

        Raises:
            StylenetError: a style that is not there any more.
        """
        style, second, third, *rest = controls
        *weights, size, strokes, strength, keep, hue, saturation, brightness = rest
        given = [(s, w) for s, w in zip((style, second, third), weights, strict=True) if s != NONE]
        mixed = len(given) > 1
        mixture = tuple((visit.style(studio, s), w if mixed else 1.0) for s, w in given)
        own = {file: label for label, file in visit.own_styles}
        whole = sum(share for _, share in mixture) or 1
        words, parts = [], []
        for name, share in mixture:
            percent = f"{100 * share / whole:.0f}"
            called = own.get(name) or studio.called(name)
            words.append(f"{percent}% {called}" if mixed else called)
            parts.append(f"{Path(name).stem}_{percent}" if mixed else Path(name).stem)
        return cls(
            mixture,
            int(size),
            float(strokes),
            Look(strength, kept(keep), Adjustment(hue, saturation, brightness)),
            " and ".join(words),
            "_and_".join(parts),
        )

    def painted(self, studio: Studio, visit: Visit) -> Tensor:
        """The painting (3,H,W) in [0,1], by the net only where it has not painted that before.

        Raises:
            StylenetError: see `Visit.painting`.
        """
        painted = visit.painting(studio, self.mixture, self.size, self.strokes)
        return self.look(painted, visit.content(self.size))
