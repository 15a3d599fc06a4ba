"""How photographs are painted: size, net, colours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from torch import Tensor

from stylenet.apply.painters import Painter, Say, Wish, painter_of
from stylenet.errors import OutOfMemoryError, lacks_memory
from stylenet.images import (
    Adjustment,
    AsIs,
    Colours,
    LongerSide,
    LuminanceOnly,
    Photograph,
    Sizing,
    StyleColours,
)


@dataclass(frozen=True)
class Recipe:
    """How photographs are painted: brought to a size, painted, recoloured."""

    painter: Painter
    size: Sizing = field(default_factory=AsIs)
    colours: Colours = field(default_factory=StyleColours)
    adjustment: Adjustment = field(default_factory=Adjustment)

    def settled(self, image: Tensor) -> Recipe:
        """The recipe for images that are to be painted as ``image`` is: the frames of a clip."""
        return replace(self, painter=self.painter.settled(self.size(image)))

    @property
    def name(self) -> str:
        """The painter's."""
        return self.painter.name

    def paint(self, photograph: Photograph) -> Tensor:
        """The painting of a photograph.

        Raises:
            PictureTooSmallError, OutOfMemoryError: as for images.
        """
        return self(photograph.pixels)

    def __call__(self, image: Tensor) -> Tensor:
        """(3,H,W) in [0,1] -> the painting, (3,H',W').

        Raises:
            PictureTooSmallError: see the net.
            OutOfMemoryError: the image is too large for the memory.
        """
        content = self.size(image)
        try:
            painted = self.painter(content)[None]
            return self.adjustment(self.colours.recolour(painted, content[None]))[0]
        except (RuntimeError, MemoryError) as error:
            if not lacks_memory(error):
                raise
            height, width = content.shape[-2:]
            raise OutOfMemoryError(
                f"while painting {width} x {height} pixels", "Use a smaller --size.", error
            ) from error


def recipe_of(
    wish: Wish,
    say: Say,
    *,
    size: int | None = None,
    keep_colours: bool = False,
    adjustment: tuple[float, float, float] = (0.0, 1.0, 1.0),
) -> Recipe:
    """The recipe for what a person asks for.

    Args:
        wish: what is to paint.
        say: see `painter_of`.
        size: pixels of the longer side; None for the photograph's own.
        keep_colours: the photograph's.
        adjustment: hue, saturation and brightness; see `Adjustment`.

    Raises:
        StylenetError: see `painter_of`; a factor below 0.
    """
    return Recipe(
        painter_of(wish, say),
        AsIs() if size is None else LongerSide(size),
        LuminanceOnly() if keep_colours else StyleColours(),
        Adjustment(*adjustment),
    )
