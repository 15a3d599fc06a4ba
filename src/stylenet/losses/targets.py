"""Targets of style terms: the statistics of style images, computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from stylenet.loss_networks.errors import TooSmallError
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.distances import Statistics, StyleDistance
from stylenet.losses.features import inside, read_features
from stylenet.losses.moments import single

KnownStatistics: TypeAlias = Sequence[Mapping[str, Statistics] | None] | None
"""For each style image statistics by layer to aim at in place of its own, or None."""


@torch.no_grad()
def style_targets(
    network: LossNetwork,
    distance: StyleDistance,
    styles: Sequence[Tensor],
    layers: Sequence[str],
    style_regions: Tensor | None = None,
    margin: int = 0,
    known: KnownStatistics = None,
) -> list[dict[str, Statistics]]:
    """The target of each of ``styles``, layer by layer, in float32 whatever the features are in.

    Args:
        network: reads the images.
        distance: describes them; its photographs are described along with them.
        styles: images (1,3,H,W) in [0,1], of any sizes.
        layers: names as `stylenet.losses.features` explains them.
        style_regions: (1,R,H,W) in [0,1]: the target is that of each region of the style image.
        margin: cells at the borders that are left out: `stylenet.losses.features.inside`.
        known: for each of ``styles`` statistics by layer that are aimed at in place of its own, or
            None; as ``distance`` describes a whole image.

    Raises:
        TooSmallError: a style image is; says that it is the style.
    """

    def described(image: Tensor, regions: Tensor | None = None) -> dict[str, Statistics]:
        found = {}
        for layer, value in read_features(network, image, layers).items():
            guides = (
                None
                if regions is None
                else inside(layer, guides_for(regions, value), image, margin)
            )
            found[layer] = distance.describe(single(inside(layer, value, image, margin)), guides)
        return found

    # a style may be on a GPU, where the photographs are not
    photographs = [described(one.to(styles[0].device)) for one in distance.photographs]
    found = []
    for style, given in zip(styles, known or [None] * len(styles), strict=True):
        try:
            statistics = described(style, style_regions) if given is None else given
        except TooSmallError as error:
            height, width = style.shape[-2:]
            raise TooSmallError(
                f"The style image, {width} x {height} as it is read, is too small. {error.problem}",
                "Give it more pixels (style_size.px, style_scale), or use shallower "
                "loss.style_layers.",
            ) from error
        found.append(distance.targets({k: statistics[k] for k in layers}, photographs))
    return found


def guides_for(regions: Tensor, features: Tensor) -> Tensor:
    """Region maps (N,R,H,W) averaged over the cells of ``features``: (N,R,height,width)."""
    height, width = features.shape[-2:]
    return torch.nn.functional.interpolate(
        single(regions).to(features.device), (height, width), mode="area"
    )
