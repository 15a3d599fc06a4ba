"""Region maps that nobody drew: what is alike in the content and in the style image."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skimage import color

from stylenet.regions.clustering import Floats, Labels, k_means
from stylenet.regions.errors import RegionError
from stylenet.regions.features import Look, features_of, principal
from stylenet.regions.region_map import Colour, RegionMap
from stylenet.regions.resampling import resampled
from stylenet.regions.segmenting import Picture, Segmenter
from stylenet.regions.shared_labels import Pair, pair, smooth

SIDE = 320  # longer side of what is segmented, pixels
GOLDEN = 0.618  # of the circle of hues, between one colour and the next


@dataclass(frozen=True)
class FoundRegions:
    """Maps of both images with the same regions, each of which is in both.

    ``words`` tell what was merged, a line each.
    """

    content: RegionMap
    style: RegionMap
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clusters:
    """Regions by joint k-means over the features that a loss network has of both images.

    Features of all layers are brought to one grid of at most 64 cells a side, in each image
    by itself to mean 0 and std 1 a channel, and divided by the root of their layer's number
    of channels; the height of the place in its image is one more feature, of mean 0 and std
    ``height_weight``. Their first 32 principal components are clustered. So a cluster is what
    stands out in the same way in either image, not what is of a photograph or of a painting; and
    layers count alike. Smooth sky and smooth water differ by little else than their height.

    Attributes:
        count: regions, 2 or more; fewer where the images have no more in common.
        layers: of the loss network, from shallow to deep.
        deepest: how many of them are read, the deepest ones: these tell things apart, where shallow
            ones tell edges and textures apart.
        height_weight: of the height of a place, where a layer has 1; 0: it does not matter.
        smoothing: how far borders are rounded: standard deviation over the shorter side.
        seed: of the first centres.
    """

    count: int
    layers: Sequence[str]
    deepest: int = 3
    height_weight: float = 0.75
    smoothing: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        _check(self.count, self.smoothing)
        if self.height_weight < 0:
            raise RegionError(
                f"Got regions.height_weight={self.height_weight}, expected 0 or more.",
                "Use regions.height_weight=0.75, or 0 where above and below mean nothing.",
            )
        if not 1 <= self.deepest <= len(self.layers):
            raise RegionError(
                f"Got regions.layers={list(self.layers)} and regions.deepest={self.deepest}, "
                "expected at least one layer, and a number of them.",
                "Use e.g. regions.layers=[relu3_2] regions.deepest=1, or regions=segments, which "
                "reads no features.",
            )

    def __call__(self, content: Picture, style: Picture, look: Look) -> FoundRegions:
        """The regions of both images, at their sizes.

        Raises:
            RegionError: an image of one colour, or fewer kinds of places than clusters.
        """
        _check_pictures(content, style)
        layers = self.layers[-self.deepest :]
        grids = [features_of(one, layers, look, self.height_weight) for one in (content, style)]
        points = principal([grid.reshape(-1, grid.shape[-1]) for grid in grids])
        numbers = [np.arange(grid[..., 0].size).reshape(grid.shape[:2]) for grid in grids]
        return _paired(points, numbers, (content, style), self)


@dataclass(frozen=True)
class Segments:
    """Regions by joint k-means over the mean colours of both images' segments.

    Colours are CIE Lab, less the mean of their image and over its std (one number for the
    three channels), so that a region is what is light or blue for its image. A segment weighs
    its area.

    Attributes:
        count: regions, 2 or more; fewer where the images have no more in common.
        segmenter: cuts the images, their longer sides brought to `SIDE` pixels if larger.
        smoothing: how far borders are rounded: standard deviation over the shorter side.
        seed: of the first centres.
    """

    count: int
    segmenter: Segmenter
    smoothing: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        _check(self.count, self.smoothing)

    def __call__(self, content: Picture, style: Picture, look: Look | None = None) -> FoundRegions:
        """The regions of both images, at their sizes; ``look`` is not used.

        Raises:
            RegionError: an image of one colour, or fewer kinds of segments than
                clusters.
        """
        del look
        _check_pictures(content, style)
        small = [_shrunk(one, SIDE) for one in (content, style)]
        maps = [_numbered(self.segmenter(one)) for one in small]
        points = []
        for picture, segments in zip(small, maps, strict=True):
            lab = color.rgb2lab(picture)
            lab = (lab - lab.mean((0, 1))) / max(float(lab.std((0, 1)).max()), 1e-6)
            areas = np.bincount(segments.ravel())
            sums = [np.bincount(segments.ravel(), lab[..., c].ravel()) for c in range(3)]
            points.append(np.stack(sums, 1) / areas[:, None])
        return _paired(points, maps, (content, style), self)


def _paired(
    points: Sequence[Floats],
    maps: Sequence[Labels],
    pictures: Sequence[Picture],
    settings: Clusters | Segments,
) -> FoundRegions:
    """Cluster the points of both images; ``maps`` say which of its points each cell has.

    Where clusters are merged, up to twice as many are tried, for as many regions as were asked for.
    """
    # each image weighs 1, whatever its size
    weights = np.concatenate([np.bincount(numbers.ravel()) / numbers.size for numbers in maps])
    together = np.concatenate(points)
    kinds = len(np.unique(together.round(4), axis=0))
    if kinds < settings.count:
        raise RegionError(
            f"Got regions.count={settings.count}, but the two pictures have only {kinds} kinds of "
            "places that differ.",
            f"Use regions.count={kinds} or fewer." if kinds > 1 else "Leave regions out.",
        )
    best: Pair | None = None
    for count in range(settings.count, min(2 * settings.count, kinds) + 1):
        clusters, centres = k_means(together, weights, count, settings.seed)
        labels = [
            smooth(own[numbers], (picture.shape[0], picture.shape[1]), settings.smoothing)
            for own, numbers, picture in zip(
                np.split(clusters, [len(points[0])]), maps, pictures, strict=True
            )
        ]
        found = pair(labels[0], labels[1], centres)
        if found.count <= settings.count and (best is None or found.count > best.count):
            best = found
        if found.count == settings.count:
            break
    assert best is not None
    words = best.words
    if best.count < settings.count:
        words = (f"{best.count} of {settings.count} regions are in both pictures", *words)
    names = tuple(f"region {number + 1}" for number in range(best.count))
    colours = palette(best.count)
    return FoundRegions(
        RegionMap(best.content, names, colours), RegionMap(best.style, names, colours), words
    )


def palette(count: int) -> tuple[Colour, ...]:
    """As many colours that differ: hues a golden section apart, darker after some turns."""
    colours = []
    for number in range(count):
        value = 0.95 - 0.3 * (number // 8 % 3)
        red, green, blue = colorsys.hsv_to_rgb(GOLDEN * number % 1, 0.8, value)
        colours.append((round(255 * red), round(255 * green), round(255 * blue)))
    return tuple(colours)


def _check(count: int, smoothing: float) -> None:
    if count < 2:
        raise RegionError(
            f"Got regions.count={count}, expected 2 or more: one region is the whole picture.",
            "Leave regions out, or use regions.count=4.",
        )
    if smoothing < 0:
        raise RegionError(
            f"Got regions.smoothing={smoothing}, expected 0 or more.", "Use regions.smoothing=0.02."
        )


def _check_pictures(content: Picture, style: Picture) -> None:
    for name, picture in (("content", content), ("style", style)):
        if np.ptp(picture, axis=(0, 1)).max() < 1 / 255:
            raise RegionError(
                f"The {name} picture is of one colour: it has no regions to be found.",
                "Leave regions out, or give maps: regions=maps.",
            )


def _shrunk(picture: Picture, side: int) -> Picture:
    scale = side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    return resampled(picture, (height, width))


def _numbered(segments: Labels) -> Labels:
    """Segments by numbers 0..n-1, none left out."""
    numbers = np.unique(segments, return_inverse=True)[1].reshape(segments.shape)
    found: Labels = numbers.astype(np.intp)
    return found
