"""Which region of an image is to have which style: what sources of region maps give a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from stylenet.regions.correspondence import fit_map
from stylenet.regions.region_map import RegionMap

FeaturesOf: TypeAlias = Callable[[Tensor, Sequence[str]], Mapping[str, Tensor]]
"""(image (1,3,H,W) in [0,1], names of layers) -> {layer: features (1,C,h,w)}: a loss network."""


@dataclass(frozen=True)
class Seen:
    """An image that regions are looked for in.

    Attributes:
        name: as the configuration calls it.
        file: where it was read from.
        picture: at the size that the run uses, (1,3,H,W) in [0,1].
    """

    name: str
    file: Path
    picture: Tensor


@dataclass(frozen=True)
class Guidance:
    """Regions of the image to be painted, and where each has its style from.

    Attributes:
        content: the map of the image.
        style: the map of the one style image, with the same regions; or None.
        styles: the number of the style image that each region has as a whole, where ``style`` is
            None.
        words: what the run is to note, a line each.
    """

    content: RegionMap
    style: RegionMap | None = None
    styles: tuple[int, ...] = ()
    words: tuple[str, ...] = ()

    def fitted(self, content: Tensor, styles: Sequence[Tensor]) -> Guidance:
        """With the maps at the sizes of the images (1,3,H,W).

        Raises:
            RegionError: a map has another shape than its image.
        """
        height, width = content.shape[-2:]
        fitted = fit_map(self.content, height, width, "the content's region map")
        if self.style is None:
            return Guidance(fitted, None, self.styles)
        height, width = styles[0].shape[-2:]
        return Guidance(fitted, fit_map(self.style, height, width, "the style's region map"))

    def at(self, height: int, width: int) -> Tensor:
        """The image's map at another size: (1,R,height,width) in [0,1]."""
        return torch.from_numpy(self.content.soft(height, width))[None]

    def targets(self, styles: Sequence[Tensor]) -> dict[str, Any]:
        """Arguments of `RegionStyleTerm` for ``styles``, images of any one scale."""
        if self.style is None:
            return {"style": [styles[number] for number in self.styles]}
        return {"style": list(styles), "style_regions": soft(self.style, styles[0])}


class RegionSource(Protocol):
    """Finds the regions of content and style: what the group ``regions`` of conf/ names."""

    def __call__(
        self, content: Seen | None, styles: Sequence[Seen], network: FeaturesOf
    ) -> Guidance:
        """The regions, in maps of the images' shapes.

        Args:
            content: None where a new image is to be painted by a map alone.
            styles: at least one.
            network: the loss network, for sources that compare features.
        """
        ...


def soft(regions: RegionMap, picture: Tensor) -> Tensor:
    """A map at the size of ``picture`` (N,3,H,W): (1,R,H,W) in [0,1]."""
    height, width = picture.shape[-2:]
    return torch.from_numpy(regions.soft(height, width))[None]
