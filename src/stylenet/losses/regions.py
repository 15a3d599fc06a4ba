"""Style reconstruction region by region (Gatys et al. 2017): guided statistics of features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from typing_extensions import override

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.distances import GramDistance, Statistics, StyleDistance
from stylenet.losses.features import inside, read_features
from stylenet.losses.layer_weights import LayerWeights, weigh_style_layers
from stylenet.losses.moments import gram_and_means, single
from stylenet.losses.perceptual import Term, View
from stylenet.losses.targets import KnownStatistics, guides_for, style_targets

MIN_CELLS = 1.0  # of a layer, added up; a region of less has no statistics there
FEW_CELLS = 16.0  # a region of fewer is measured at a finer layer, if it has as many there


def guided_gram_matrix(features: Tensor, guides: Tensor) -> Tensor:
    """Gram matrix of each region: features (N,C,H,W), guides (N,R,H,W) -> (N,R,C,C).

    G_r = sum_p T_r(p)^2 F(p) F(p)^T / (C * sum_p T_r(p)^2) over the cells p: Gatys et al. 2017
    (arXiv:1611.07865), section 3, where the guides' squares are scaled to a sum of 1; over C, so
    that one region everywhere has `functional.gram_matrix`. Zero for a guide that is zero.

    There is no gradient to the guides.
    """
    return gram_and_means(features, guides)[0]


def cells_of(guides: Tensor) -> Tensor:
    """How many cells each region has in all, guides (N,R,h,w) in [0,1] -> (N,R).

    Infinitely many where it has all there are: no finer layer would know more of it.
    """
    cells = single(guides).sum((2, 3)) + 1e-3  # rounding must not decide on exactly one cell
    return torch.where(cells >= guides[0, 0].numel(), torch.inf, cells)


def spread_weights(
    weights: Mapping[str, float], cells: Mapping[str, Tensor], sizes: Mapping[str, int]
) -> dict[str, Tensor]:
    """Each region's weight at each layer: that of a layer where it has few cells goes to a finer.

    Args:
        weights: layer -> weight.
        cells: layer -> how many cells each region has there, in the image or in its style,
            whichever are fewer, (N,R).
        sizes: layer -> how many cells there are: finer layers have more.

    Returns:
        layer -> (N,R). From a layer where a region has fewer than `FEW_CELLS` the weight goes to
        the next finer one, and so on. A region that has as many nowhere is measured at the finest
        layer, if it has `MIN_CELLS` there, else not at all.
    """
    coarse_to_fine = sorted(weights, key=lambda layer: sizes[layer])  # a stable order
    found: dict[str, Tensor] = {}
    carried = torch.zeros_like(next(iter(cells.values())))
    for layer in coarse_to_fine:
        due = carried + weights[layer]
        enough = cells[layer] >= FEW_CELLS
        found[layer] = torch.where(enough, due, 0)
        carried = torch.where(enough, 0, due)
    finest = coarse_to_fine[-1]
    found[finest] = found[finest] + torch.where(cells[finest] >= MIN_CELLS, carried, 0)
    return {layer: found[layer] for layer in weights}


class RegionStyleTerm(Term):
    """At each style layer, the distance of each region from the style that it is to have.

    The content's ``View.regions`` (N,R,H,W) say where the regions are; they are averaged over the
    cells of each layer. Per image and layer the distances of the guided statistics are summed,
    each times its region's weight: its fraction of the image's area, or ``region_weights``. One
    region everywhere is the plain `StyleTerm`.

    A region with few cells at a layer, in the image or in its style, is measured at a finer one:
    `spread_weights`. Where an image has no such region, its part is 0.

    Args:
        network: reads the style pictures.
        style: the target of each region, pictures (1,3,H,W) in [0,1] of any sizes; or one picture,
            with ``style_regions``.
        layers: style layers.
        layer_weights: 1 each if None.
        weight: of the term.
        distance: of statistics that regions have; Gram matrices if None.
        style_regions: (1,R,H,W) in [0,1] at the size of the one style picture: region r of it is
            the target of region r. None: the target is the whole of each picture.
        region_weights: a number for each region; the shares of the area if None.
        style_weights: shares of blended style images, which regions do not have: None.
        scales: what the sides of the images are divided by, for each size they are compared at.
        margin: cells at the borders of each layer that are not read.
        style_statistics: aimed at in place of those of the style images where they are not None.

    Raises:
        StylenetError: regions that do not suit the images or the weights.
    """

    def __init__(
        self,
        network: LossNetwork,
        style: Tensor | Sequence[Tensor],
        layers: Sequence[str],
        layer_weights: LayerWeights,
        weight: float,
        distance: StyleDistance | None = None,
        style_regions: Tensor | None = None,
        region_weights: Sequence[float] | None = None,
        style_weights: Sequence[float] | None = None,
        scales: Sequence[int] = (1,),
        margin: int = 0,
        style_statistics: KnownStatistics = None,
    ) -> None:
        super().__init__(weight)
        self.margin = margin
        self.distance = GramDistance() if distance is None else distance
        self.layer_weights = weigh_style_layers(layers, layer_weights, self.distance, scales)
        self.stylised_layers = tuple(self.layer_weights)
        styles = [style] if isinstance(style, Tensor) else list(style)
        if style_weights is not None or (style_regions is not None and len(styles) != 1):
            raise StylenetError(
                f"Got {len(styles)} style pictures"
                + (" with a region map" if style_regions is not None else "")
                + (f" and loss.style_weights={list(style_weights)}" if style_weights else "")
                + ", expected one picture with a map, or one picture for each region.",
                "Give a region one style: pictures are not blended within it.",
            )
        self.count = len(styles) if style_regions is None else style_regions.shape[1]
        weights = [1.0] * self.count if region_weights is None else list(region_weights)
        if len(weights) != self.count or min(weights) < 0:
            raise StylenetError(
                f"Got region weights {weights} for {self.count} regions, expected a number of 0 or "
                "more for each.",
                "Give each region its weight, or null for its fraction of the area.",
            )
        self.region_weights: Tensor | None
        given = None if region_weights is None else torch.tensor(weights)
        self.register_buffer("region_weights", given, persistent=False)
        self._keys: dict[str, tuple[str, ...]] = {}
        targets = style_targets(
            network,
            self.distance,
            styles,
            self.stylised_layers,
            style_regions,
            margin,
            style_statistics,
        )
        for layer in self.stylised_layers:
            self._keys[layer] = tuple(targets[0][layer])
            for key in self._keys[layer]:
                stacked = torch.cat([one[layer][key] for one in targets])
                self.register_buffer(f"{key}_{layer}", stacked, persistent=False)
        for layer, cells in self._style_cells(network, styles[0], style_regions).items():
            self.register_buffer(f"cells_{layer}", cells, persistent=False)

    @override
    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        found = self.by_region(stylised, content)
        weights = self._weights(content)
        return {layer: (found[layer] * weights).sum(1) for layer in self.layer_weights}

    def by_region(self, stylised: View, content: View) -> dict[str, Tensor]:
        """Layer -> distance of each region from its style, times the layer's weight, (N,R).

        Raises:
            StylenetError: nobody said where the regions are, or it is another number of them.
        """
        regions = content.regions
        if regions is None or regions.shape[1] != self.count:
            got = "none" if regions is None else f"a map of {regions.shape[1]}"
            raise StylenetError(
                f"A loss of {self.count} regions got {got}, expected (N,{self.count},H,W).",
                "Use loss=perceptual for the whole picture, or give the map of the regions.",
            )
        image = stylised.image
        guides, features = {}, {}
        for k in self.layer_weights:
            guide = guides_for(regions, stylised.features[k])
            guides[k] = inside(k, guide, image, self.margin)
            features[k] = inside(k, stylised.features[k], image, self.margin)
        sizes = {k: v[0, 0].numel() for k, v in features.items()}
        cells = {
            layer: torch.minimum(cells_of(guide), self.get_buffer(f"cells_{layer}"))
            for layer, guide in guides.items()
        }
        weights = spread_weights(self.layer_weights, cells, sizes)
        return {
            layer: weights[layer] * self._distances(layer, features[layer], guide)
            for layer, guide in guides.items()
        }

    def _weights(self, content: View) -> Tensor:
        if self.region_weights is not None:
            return self.region_weights
        assert content.regions is not None
        return single(content.regions).mean((2, 3))

    def _distances(self, layer: str, features: Tensor, guides: Tensor) -> Tensor:
        """Of each region from its target, (N,R)."""
        described = self.distance.describe(features, guides)
        images = len(guides)
        wanted: Statistics = {
            key: torch.cat([self.get_buffer(f"{key}_{layer}")] * images)
            for key in self._keys[layer]
        }
        return self.distance(described, wanted).view(guides.shape[:2])

    def _style_cells(
        self, network: LossNetwork, style: Tensor, style_regions: Tensor | None
    ) -> dict[str, Tensor]:
        """Layer -> cells of each region of the style image (1,R); endless for whole images."""
        if style_regions is None:
            return {k: torch.full((1, self.count), torch.inf) for k in self.stylised_layers}
        with torch.no_grad():
            features = read_features(network, style, self.stylised_layers)
        return {
            k: cells_of(inside(k, guides_for(style_regions, v), style, self.margin))
            for k, v in features.items()
        }
