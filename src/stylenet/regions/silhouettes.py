"""Figure and ground of photographs: what stands out from the image's border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from skimage.color import rgb2lab
from skimage.filters import threshold_otsu
from skimage.segmentation import slic
from skimage.transform import resize

Floats: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.bool_]
Labels: TypeAlias = NDArray[np.int64]

COLOUR_SIGMA = 10.0  # CIELAB units: superpixels that differ by less are one surface
CONNECTIVITY_SIGMA = 1.0
SPACE_SIGMA = 0.4  # of the image's longer side
LEAST_PIXELS = 60  # in a superpixel
BINS = (16, 16, 16)
FAR = 40.0  # CIELAB units at which a contrast counts in full


@dataclass(frozen=True)
class BorderContrast:
    """The figure: superpixels unlike those that the image's border is connected to.

    Saliency from robust background detection (Zhu et al. 2014, "Saliency Optimization from Robust
    Background Detection"): a surface that runs along much of the border for its area is ground;
    what contrasts with ground is figure; both are joined with smoothness in one linear system. Its
    solution is joined with what its colours say, cut by Otsu's threshold; holes are filled, specks
    dropped.

    Attributes:
        px: longer side at which it is computed; the figure comes back at the image's size.
        superpixels: about how many; fewer in an image that is small.
        speck: parts smaller than this fraction of the largest one are dropped.
    """

    px: int = 160
    superpixels: int = 200
    speck: float = 0.1

    def __call__(self, picture: Floats) -> Mask:
        """(H,W,3) in [0,1] -> where the figure is, (H,W); may be empty for a flat image."""
        height, width = picture.shape[:2]
        scale = min(1.0, self.px / max(height, width))
        small = resized(picture, round(height * scale), round(width * scale))
        labels, saliency = self.saliency(small)
        values = saliency[labels]
        if values.max() - values.min() < 1e-3:
            return np.zeros((height, width), dtype=bool)
        values = recoloured(small, values)
        threshold = threshold_otsu(values)  # type: ignore[no-untyped-call]
        figure = cleaned(values > threshold, self.speck)
        return resized(figure.astype(np.float32), height, width) > 0.5

    def saliency(self, picture: Floats) -> tuple[Labels, Floats]:
        """Superpixels (H,W), counted from 0, and how much each one is figure, in [0,1]."""
        lab = rgb2lab(picture).astype(np.float32)
        count = max(2, min(self.superpixels, lab[..., 0].size // LEAST_PIXELS))
        labels = slic(picture, count, compactness=10, start_label=0)
        labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
        count = int(labels.max()) + 1
        colours, centres = _means(labels, lab, count)
        distances = np.linalg.norm(colours[:, None] - colours[None], axis=-1)
        pairs = neighbours(labels)
        ground = _groundness(labels, distances, pairs, count)
        space = np.linalg.norm(centres[:, None] - centres[None], axis=-1) / max(labels.shape)
        near = np.exp(-(space**2) / (2 * SPACE_SIGMA**2))
        contrast = np.minimum(distances / FAR, 1) @ np.diag(ground)
        figureness = (contrast * near).sum(1)
        figureness /= max(float(figureness.max()), 1e-6)
        return labels, _smoothed(figureness * (1 - ground), ground, distances, pairs)


def resized(picture: Floats, height: int, width: int) -> Floats:
    """(H,W) or (H,W,C) at another size, averaged where it shrinks."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = height < picture.shape[0] or width < picture.shape[1]
    size = (max(1, height), max(1, width))
    small = resize(picture, size, order=1, anti_aliasing=shrinks)  # type: ignore[no-untyped-call]
    return small.astype(np.float32)  # type: ignore[no-any-return]


def mean_chroma(picture: Floats) -> float:
    """How colourful (H,W,3) in [0,1] is: 0 for grey; in CIELAB units, photographs have about 15."""
    return float(np.linalg.norm(rgb2lab(picture)[..., 1:], axis=-1).mean())


def cleaned(figure: Mask, speck: float) -> Mask:
    """A figure without holes, and without parts below ``speck`` of its largest one's area."""
    parts, count = ndimage.label(ndimage.binary_fill_holes(figure))
    if count == 0:
        return figure
    areas = np.bincount(parts.ravel())[1:]
    return np.isin(parts, 1 + np.flatnonzero(areas >= speck * areas.max()))


def neighbours(labels: Labels) -> NDArray[np.int64]:
    """Pairs (P,2) of labels that touch, each once, the smaller first."""
    across = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], 1)
    down = np.stack([labels[:-1].ravel(), labels[1:].ravel()], 1)
    pairs = np.sort(np.concatenate([across, down]), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def recoloured(picture: Floats, saliency: Floats) -> Floats:
    """Saliency (H,W) times the posterior of its colours, square root: pixels refine superpixels.

    The posterior of figure given a colour comes from two histograms of CIELAB, of the ``picture``
    weighted by saliency and by its opposite.
    """
    lab = rgb2lab(picture)
    cells = np.concatenate([lab[..., :1] / 10, (lab[..., 1:] + 100) / 12.5], axis=-1)
    index = np.ravel_multi_index(tuple(np.moveaxis(np.clip(cells, 0, 15).astype(int), -1, 0)), BINS)
    shares = []
    for weights in (saliency, 1 - saliency):
        counts = np.bincount(index.ravel(), weights.ravel(), 16**3).reshape(BINS)
        smooth = ndimage.gaussian_filter(counts, 0.7).ravel()
        shares.append(smooth / max(smooth.sum(), 1e-9))
    posterior = (shares[0] / (shares[0] + shares[1] + 1e-9))[index]
    joined = np.sqrt(saliency * ndimage.gaussian_filter(posterior, 1))
    return joined.astype(np.float32)  # type: ignore[no-any-return]


def border(shape: tuple[int, int]) -> Mask:
    """The outermost pixels of an image (H,W)."""
    mask = np.ones(shape, dtype=bool)
    mask[1:-1, 1:-1] = False
    return mask


def _means(labels: Labels, lab: Floats, count: int) -> tuple[Floats, Floats]:
    """Mean colour (N,3) and place (N,2) of each label."""
    index = np.arange(count)
    colours = np.stack([ndimage.mean(lab[..., c], labels, index) for c in range(3)], 1)
    rows, columns = np.indices(labels.shape)
    centres = np.stack([ndimage.mean(axis, labels, index) for axis in (rows, columns)], 1)
    return colours.astype(np.float32), centres.astype(np.float32)


def _groundness(labels: Labels, distances: Floats, pairs: NDArray[np.int64], count: int) -> Floats:
    """How much each superpixel is ground, (N,) in [0,1]: its surface's share in the border."""
    on_border = np.zeros(count)
    on_border[np.unique(labels[border(labels.shape)])] = 1
    steps = distances[pairs[:, 0], pairs[:, 1]] + 1e-3  # a distance of 0 would be no edge
    # all of the border counts as joined: what interrupts it does not divide the ground
    edge = np.flatnonzero(on_border)
    first, second = (side.ravel() for side in np.meshgrid(edge, edge))
    joined = first < second
    rows = np.concatenate([pairs[:, 0], first[joined]])
    columns = np.concatenate([pairs[:, 1], second[joined]])
    lengths = np.concatenate([steps, distances[first[joined], second[joined]] + 1e-3])
    graph = csr_matrix((lengths, (rows, columns)), shape=(count, count))
    paths = dijkstra(graph, directed=False)
    same = np.exp(-(paths**2) / (2 * COLOUR_SIGMA**2))
    connectivity = (same @ on_border) / np.sqrt(same.sum(1))
    ground: Floats = 1 - np.exp(-(connectivity**2) / (2 * CONNECTIVITY_SIGMA**2))
    return ground.astype(np.float32)


def _smoothed(
    figure: Floats, ground: Floats, distances: Floats, pairs: NDArray[np.int64]
) -> Floats:
    """The s that minimises sum ground s^2 + sum figure (s-1)^2 + sum w_ij (s_i-s_j)^2, (N,)."""
    i, j = pairs[:, 0], pairs[:, 1]
    weights = np.exp(-(distances[i, j] ** 2) / (2 * COLOUR_SIGMA**2)) + 0.1
    system = np.diag(figure + ground + 1e-6)
    np.add.at(system, (i, i), weights)
    np.add.at(system, (j, j), weights)
    np.add.at(system, (i, j), -weights)
    np.add.at(system, (j, i), -weights)
    solution: Floats = np.linalg.solve(system, figure).clip(0, 1).astype(np.float32)
    return solution
