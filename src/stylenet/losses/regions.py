"""Style reconstruction region by region: guided Gram matrices (Gatys et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.errors import StylenetError
from stylenet.losses import functional
from stylenet.losses.distances import GramDistance, StyleDistance
from stylenet.losses.functional import single
from stylenet.losses.network import LossNetwork
from stylenet.losses.perceptual import Term, View
from stylenet.losses.terms import LayerWeights, weigh_layers

LEAST_CELLS = 1.0  # of a layer, added up; a region of less has no statistics there


def guided_gram_matrix(features: Tensor, guides: Tensor) -> Tensor:
    """Gram matrix of each region: features (N,C,H,W), guides (N,R,H,W) -> (N,R,C,C).

    G_r = sum_p T_r(p)^2 F(p) F(p)^T / (C * sum_p T_r(p)^2) over the cells p: Gatys et al. 2017
    (arXiv:1611.07865), section 3, where the guides' squares are scaled to a sum of 1; over C, so
    that one region everywhere has `functional.gram_matrix`. Zero for a guide that is zero.

    There is no gradient to the guides. Precision: as `functional.gram_matrix`.
    """
    products: Tensor = _GuidedProduct.apply(features, guides)
    # as single numbers: summing many ones in bfloat16 stops at 256
    sizes = (single(guides) ** 2).sum((2, 3))
    sizes = features.shape[1] * torch.where(sizes > 0, sizes, 1)
    return products / sizes[..., None, None]


class _GuidedProduct(torch.autograd.Function):
    """Sum over cells of T_r^2 F F^T, (N,C,H,W) and (N,R,H,W) -> (N,R,C,C).

    Nothing is kept for the backward pass but what comes in, whatever the number of regions.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, guides: Tensor) -> Tensor:
        ctx.save_for_backward(features, guides)
        flat = functional.cells_by_channels(features)
        weights = guides.flatten(2).to(features.dtype)
        products = [functional.add_products(flat * w[..., None]) for w in weights.unbind(1)]
        return torch.stack(products, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,) = gradients
        features, guides = ctx.saved_tensors
        flat = functional.cells_by_channels(features)
        squares = guides.flatten(2).to(features.dtype) ** 2
        symmetric = (gradient + gradient.transpose(2, 3)).to(features.dtype)
        product = torch.zeros_like(flat)
        for weight, matrix in zip(squares.unbind(1), symmetric.unbind(1), strict=True):
            product += torch.bmm(flat, matrix) * weight[..., None]
        n, c, h, w = features.shape
        return product.view(n, h, w, c).permute(0, 3, 1, 2), None


def guides_at(regions: Tensor, height: int, width: int) -> Tensor:
    """Region maps (N,R,H,W) at a layer's size, averaged over areas: (N,R,height,width)."""
    return F.interpolate(regions, (height, width), mode="area")


def has_cells(guides: Tensor) -> Tensor:
    """Which regions are at least one cell in all at a layer, guides (N,R,h,w) -> bool (N,R)."""
    # rounding must not decide on a region of exactly one cell
    return single(guides).sum((2, 3)) >= LEAST_CELLS - 1e-3


class RegionStyleTerm(Term):
    """At each style layer, the distance of each region from the style that it is to have.

    The content's ``View.regions`` (N,R,H,W) say where the regions are; they are averaged over the
    cells of each layer. Per picture and layer the distances of the guided Gram matrices are summed,
    each times its region's weight: its share of the picture's area, or ``region_weights``. One
    region everywhere is the plain `StyleTerm`.

    A region that adds up to less than one cell at a layer, in the picture or in its style, has no
    statistics there: its part is 0 at this layer, as where a picture has no such region.

    Args:
        network: reads the style pictures.
        style: the target of each region, pictures (1,3,H,W) in [0,1] of any sizes; or one picture,
            with ``style_regions``.
        layers: style layers.
        layer_weights: 1 each if None.
        weight: of the term.
        distance: of Gram matrices, with its reduction.
        style_regions: (1,R,H,W) in [0,1] at the size of the one style picture: region r of it is
            the target of region r. None: the target is the whole of each picture.
        region_weights: a number for each region; the shares of the area if None.
        style_weights: shares of blended style pictures, which regions do not have: None.

    Raises:
        StylenetError: another distance, regions that do not suit the pictures or the weights.
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
    ) -> None:
        super().__init__(weight)
        self.layer_weights = weigh_layers("style", layers, layer_weights)
        self.stylised_layers = tuple(self.layer_weights)
        self.reduction = _reduction(distance)
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
                "Give each region its weight, or null for its share of the area.",
            )
        self.region_weights: Tensor | None
        given = None if region_weights is None else torch.tensor(weights)
        self.register_buffer("region_weights", given, persistent=False)
        with torch.no_grad():
            for layer, (grams, there) in self._describe(network, styles, style_regions).items():
                self.register_buffer(f"gram_{layer}", grams, persistent=False)
                self.register_buffer(f"there_{layer}", there, persistent=False)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """One part a style layer."""
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
        found = {}
        for layer, weight in self.layer_weights.items():
            features = stylised.features[layer]
            height, width = features.shape[-2:]
            guides = guides_at(regions, height, width)
            there = has_cells(guides) & self.get_buffer(f"there_{layer}")
            grams = guided_gram_matrix(features, guides)
            distances = self._distances(grams, self.get_buffer(f"gram_{layer}"))
            found[layer] = weight * torch.where(there, distances, 0)
        return found

    def _weights(self, content: View) -> Tensor:
        if self.region_weights is not None:
            return self.region_weights
        assert content.regions is not None
        return single(content.regions).mean((2, 3))

    def _distances(self, grams: Tensor, targets: Tensor) -> Tensor:
        """(N,R,C,C) and (1,R,C,C) -> (N,R)."""
        n, count = grams.shape[:2]
        wanted = targets.expand_as(grams).flatten(0, 1)
        return functional.style_loss(grams.flatten(0, 1), wanted, self.reduction).view(n, count)

    def _describe(
        self, network: LossNetwork, styles: Sequence[Tensor], style_regions: Tensor | None
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """Layer -> target of each region (1,R,C,C), and which regions have one (1,R)."""
        seen: list[Mapping[str, Tensor]] = [network(p, self.stylised_layers) for p in styles]
        found = {}
        for layer in self.stylised_layers:
            features = [single(one[layer]) for one in seen]
            if style_regions is None:
                grams = torch.cat([functional.gram_matrix(one) for one in features])[None]
                there = torch.ones(1, len(features), dtype=torch.bool, device=grams.device)
            else:
                height, width = features[0].shape[-2:]
                guides = guides_at(style_regions.to(features[0]), height, width)
                grams, there = guided_gram_matrix(features[0], guides), has_cells(guides)
            found[layer] = grams, there
        return found


def _reduction(distance: StyleDistance | None) -> functional.Reduction:
    distance = GramDistance() if distance is None else distance
    if not isinstance(distance, GramDistance):
        raise StylenetError(
            f"Got {type(distance).__name__} for a loss of regions, which compares guided Gram "
            "matrices.",
            "Use loss/style_distance=gram.",
        )
    return distance.reduction
