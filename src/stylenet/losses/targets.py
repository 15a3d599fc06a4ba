"""Targets of style terms: the statistics of style images, computed once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.distances import Statistics, StyleDistance
from stylenet.losses.features import inside, read_features
from stylenet.losses.moments import single


@torch.no_grad()
def style_targets(
    network: LossNetwork,
    distance: StyleDistance,
    styles: Sequence[Tensor],
    layers: Sequence[str],
    style_regions: Tensor | None = None,
    margin: int = 0,
) -> list[dict[str, Statistics]]:
    """The target of each of ``styles``, layer by layer, in float32 whatever the features are in.

    Args:
        network: reads the images.
        distance: describes them; its photographs are described along with them.
        styles: images (1,3,H,W) in [0,1], of any sizes.
        layers: names as `stylenet.losses.features` explains them.
        style_regions: (1,R,H,W) in [0,1]: the target is that of each region of the style image.
        margin: cells at the borders that are left out: `stylenet.losses.features.inside`.
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

    photographs = [described(photograph) for photograph in distance.photographs]
    found = []
    for style in styles:
        statistics = described(style, style_regions)
        found.append(
            {k: distance.target(v, [one[k] for one in photographs]) for k, v in statistics.items()}
        )
    return found


def guides_for(regions: Tensor, features: Tensor) -> Tensor:
    """Region maps (N,R,H,W) averaged over the cells of ``features``: (N,R,height,width)."""
    height, width = features.shape[-2:]
    return torch.nn.functional.interpolate(
        single(regions).to(features.device), (height, width), mode="area"
    )
