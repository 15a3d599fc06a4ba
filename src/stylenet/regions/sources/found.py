"""Sources of region maps that nobody drew: what is alike in the content and the style image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.regions import (
    Clusters,
    FeaturesOf,
    Felzenszwalb,
    Floats,
    Guidance,
    Picture,
    Seen,
    Segments,
    Slic,
)


class ClusteredRegions:
    """Regions by joint clustering of what the loss network sees in both images.

    Args:
        count: regions, 2 or more.
        layers: of the loss network, from shallow to deep.
        deepest: how many of them are read, the deepest ones.
        height_weight: of the height of a place, where a layer has 1; 0: it does not matter.
        smoothing: how far borders are rounded: standard deviation over the shorter side.
        seed: of the first centres.
    """

    def __init__(
        self,
        count: int,
        layers: Sequence[str],
        deepest: int,
        height_weight: float,
        smoothing: float,
        seed: int,
    ) -> None:
        self.clusters = Clusters(count, list(layers), deepest, height_weight, smoothing, seed)

    def __call__(
        self, content: Seen | None, styles: Sequence[Seen], network: FeaturesOf
    ) -> Guidance:
        """The regions, found at the sizes of the images.

        Raises:
            StylenetError: no content image, or not one style image.
            RegionError: images in which there are none to be found.
        """

        def look(picture: Picture, layers: Sequence[str]) -> list[Floats]:
            image = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]
            with torch.no_grad():
                features = network(image, layers)
            return [features[layer][0].float().numpy() for layer in layers]

        found = self.clusters(*_pictures(content, styles), look)
        return Guidance(found.content, found.style, words=found.words)


class SegmentedRegions:
    """Regions by joint clustering of the colours of both images' segments.

    Args:
        count: regions, 2 or more.
        segmenter: cuts the images.
        smoothing: how far borders are rounded: standard deviation over the shorter side.
        seed: of the first centres.
    """

    def __init__(
        self, count: int, segmenter: Slic | Felzenszwalb, smoothing: float, seed: int
    ) -> None:
        self.segments = Segments(count, segmenter, smoothing, seed)

    def __call__(
        self, content: Seen | None, styles: Sequence[Seen], network: FeaturesOf
    ) -> Guidance:
        """The regions, found at the sizes of the images.

        Raises:
            StylenetError: no content image, or not one style image.
            RegionError: images in which there are none to be found.
        """
        del network
        found = self.segments(*_pictures(content, styles))
        return Guidance(found.content, found.style, words=found.words)


def _pictures(content: Seen | None, styles: Sequence[Seen]) -> tuple[Picture, Picture]:
    """The two images as arrays."""
    if content is None or len(styles) != 1:
        got = "no content picture" if content is None else f"{len(styles)} style pictures"
        raise StylenetError(
            f"Got {got}, but regions that are alike are looked for in a content picture and one "
            "style picture.",
            "Use content=<picture> style=<one style>, or draw maps: regions=maps.",
        )
    return _array(content.picture), _array(styles[0].picture)


def _array(picture: Tensor) -> Picture:
    array: Picture = picture[0].permute(1, 2, 0).float().cpu().numpy()
    return array
