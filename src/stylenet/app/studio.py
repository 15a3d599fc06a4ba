"""What paints for all visitors: one picture at a time, since one takes all cores."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from torch import Tensor

from stylenet.app.limits import Limits
from stylenet.app.words import short_title
from stylenet.apply import Stylizer, shipped_painters
from stylenet.apply.devices import device_of
from stylenet.apply.style_sheet import named_styles, picture_of
from stylenet.apply.zoo import ANY
from stylenet.errors import StylenetError

# styles that are no paintings: at the end of the list, in words that anybody understands
PHOTOGRAPHS = {
    "ihc": "Photograph: stained tissue under a microscope",
    "hubble": "Photograph: galaxies, by the Hubble space telescope",
    "retina": "Photograph: the back of an eye",
}
Mixture: TypeAlias = tuple[tuple[str, float], ...]
"""Names of styles, paths of paintings or run directories of nets, with their weights.

A net paints by itself; in a mixture its painting stands for it.
"""


class Studio:
    """The nets and styles that the page has.

    Args:
        device: where to paint: see `Stylizer`.
        limits: what a visitor may ask for.

    Attributes:
        limits: what a visitor may ask for.
        styles: what to call them in the page -> name, of all that can be painted in here.
        pictures: what to call them in the page -> file of the picture, where there is one.

    Raises:
        StylenetError: a device that cannot be used; there is no style.
    """

    def __init__(self, device: str = "auto", limits: Limits | None = None) -> None:
        self.limits = Limits() if limits is None else limits
        found = [s for s in named_styles() if s.here]
        found.sort(key=lambda style: style.name in PHOTOGRAPHS)
        self.styles = {PHOTOGRAPHS.get(s.name) or s.title or s.name: s.name for s in found}
        if not self.styles:
            raise StylenetError(
                "There is no net that ships with this version, so the page can paint nothing.",
                "Install a released version of stylenet.",
            )
        self.pictures = {
            label: file for label, name in self.styles.items() if (file := picture_of(name))
        }
        self._device = device_of(device)
        self._known: dict[Mixture, Stylizer] = {}
        self._painting = threading.Lock()

    def paint(self, mixture: Mixture, image: Tensor) -> Tensor:
        """(3,H,W) in [0,1] -> the painting, when it is its turn.

        Raises:
            PictureTooSmallError: see the net.
            StylenetError: weights of a mixture of which none is above 0.
        """
        return self.painter(mixture)(image)

    def painter(self, mixture: Mixture) -> Callable[[Tensor], Tensor]:
        """What paints one image after another, each when it is its turn, as `paint` does.

        Raises:
            StylenetError: weights of a mixture of which none is above 0.
        """
        with self._painting:
            stylizer = self._stylizer(mixture)

        def paint(image: Tensor) -> Tensor:
            with self._painting:
                return stylizer.paint(image)

        return paint

    def _stylizer(self, mixture: Mixture) -> Stylizer:
        """Kept for the styles that all visitors have; a visitor's own painting is not."""
        if mixture in self._known:
            return self._known[mixture]
        names = [name for name, _ in mixture]
        own_net = names[0] not in self.styles.values() and Path(names[0]).is_dir()
        if len(names) == 1 and (own_net or names[0] in shipped_painters()):
            stylizer = Stylizer.load(names[0], self._device)
        elif len(names) == 1:
            stylizer = Stylizer.load(ANY, self._device, style=self.file(names[0]))
        else:
            weights: Mapping[str, float] = {str(self.file(n)): weight for n, weight in mixture}
            stylizer = Stylizer.load(ANY, self._device, style=weights)
        if len(names) == 1 and names[0] in self.styles.values():
            self._known[mixture] = stylizer
        return stylizer

    def called(self, style: str) -> str:
        """What to call one of `styles` in a sentence: without artist, year and further titles."""
        return short_title(next(label for label, name in self.styles.items() if name == style))

    def file(self, style: str) -> Path:
        """The file of a style's picture; without asking any server.

        Raises:
            StylenetError: a net ships for it, but no picture.
        """
        if style not in self.styles.values():
            return Path(style) / "style.png" if Path(style).is_dir() else Path(style)
        file = picture_of(style)
        if file is None:
            raise StylenetError(
                f"There is no picture of {self.called(style)} here.", "Choose another style."
            )
        return file
