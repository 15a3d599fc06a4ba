"""Runs with regions: from the configuration to their maps, checks, files and facts."""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.loss_networks import LossNetwork
from stylenet.losses import RegionStyleTerm, View
from stylenet.losses.features import read_features
from stylenet.losses.regions import FEW_CELLS, MIN_CELLS, cells_of
from stylenet.losses.targets import guides_for
from stylenet.regions import RegionError, RegionMap
from stylenet.regions.files import write_region_map
from stylenet.regions.guiding import Guidance, soft
from stylenet.runners.base import Say
from stylenet.tasks import Gatys

log = logging.getLogger(__name__)


def settle_regions(config: Settings, say: Say) -> None:
    """Styles named for regions; without a content image there is none of its loss.

    Raises:
        StylenetError: the loss has no style term that could have regions.
    """
    if config.get("regions") is None:
        return
    if "layers" not in config.loss.terms.style:
        raise StylenetError(
            "Got regions for a loss without a style term.",
            "Use task=gatys or task=texture, or leave out regions.",
        )
    chosen = config.regions.get("styles")
    if chosen:
        files = {str(key): _settled(str(style)) for key, style in chosen.items()}
        config.regions.styles, config.style = files, list(dict.fromkeys(files.values()))
    if config.content is None and "content" in config.loss.terms:
        del config.loss.terms["content"]
        say("no content picture: no content term")


def _settled(style: str) -> str:
    path = expanded(style)
    return str(path.absolute()) if path.is_file() else style


def style_targets(
    config: Settings, guidance: Guidance | None, styles: Sequence[Tensor]
) -> dict[str, Any]:
    """What the style term wants to know of ``styles``, images of any one scale."""
    if guidance is None:
        return {"style": styles}
    return {**guidance.targets(styles), "region_weights": region_weights(config, guidance)}


def region_weights(config: Settings, guidance: Guidance) -> list[float] | None:
    """``loss.region_weights`` in the order of the regions; None for the fractions of their areas.

    Raises:
        StylenetError: not one for each region.
    """
    given = config.loss.get("region_weights")
    if given is None:
        return None
    weights = {str(name): float(weight) for name, weight in given.items()}
    names = guidance.content.names
    if set(weights) != set(names):
        raise StylenetError(
            f"Got loss.region_weights for {', '.join(weights)}, expected one for each region: "
            f"{', '.join(names)}.",
            "Give all of them a number, or none for their fractions of the area.",
        )
    return [weights[name] for name in names]


def check_guidance(
    config: Settings,
    guidance: Guidance,
    network: LossNetwork,
    content: Tensor,
    styles: Sequence[Tensor],
    say: Say,
) -> None:
    """Say what a user may not expect: maps of one region, regions too small for a layer.

    Raises:
        RegionError: a region is too small for every style layer, on one side or the other.
    """
    names = guidance.content.names
    if len(names) == 1:
        say(f"regions: {names[0]} is the only one, so this is transfer without regions")
    layers = list(config.loss.style_layers)
    maps = {"content": (guidance.content, content)}
    if guidance.style is not None:
        maps["style"] = (guidance.style, styles[0])
    for side, (regions, picture) in maps.items():
        for name, cells in _cells(regions, picture, layers, network).items():
            size = f"{picture.shape[-1]}x{picture.shape[-2]} px"
            if max(cells.values()) < MIN_CELLS:
                raise RegionError(
                    f"The region {name} of the {side} is less than one cell of "
                    f"{', '.join(layers)} at {size}, and no other style layer is left to it.",
                    "Draw it larger or leave it out of both maps, or use larger pictures "
                    f"({side}_size.px).",
                )
            few = [layer for layer, count in cells.items() if count < FEW_CELLS]
            if few:
                say(
                    f"region {name} of the {side} has fewer than {FEW_CELLS:.0f} cells of "
                    f"{', '.join(few)} at {size}: it is measured at finer layers in their place"
                )


def _cells(
    regions: RegionMap, picture: Tensor, layers: Sequence[str], network: LossNetwork
) -> dict[str, dict[str, float]]:
    """Names of regions -> layer -> how many cells they have there."""
    # only shapes are asked for: nothing is computed on this device
    shapes = read_features(copy.deepcopy(network).to("meta"), picture.to("meta"), layers)
    guides = {k: torch.empty(1, 1, *v.shape[-2:]) for k, v in shapes.items()}
    cells = {k: cells_of(guides_for(soft(regions, picture), v))[0] for k, v in guides.items()}
    return {
        name: {layer: float(counts[number]) for layer, counts in cells.items()}
        for number, name in enumerate(regions.names)
    }


def write_maps(folder: Path, guidance: Guidance, styles: Sequence[str]) -> None:
    """Write the maps used, and say how large the regions are."""
    write_region_map(folder / "regions_content.png", guidance.content)
    if guidance.style is not None:
        write_region_map(folder / "regions_style.png", guidance.style)
    for fact in region_facts(guidance, styles):
        source = fact.get("style", f"{fact.get('style_share', 0):.1%} of the style")
        log.info("region %s: %.1f%%, from %s", fact["name"], 100 * fact["content_share"], source)


def region_facts(guidance: Guidance, styles: Sequence[str]) -> list[dict[str, Any]]:
    """Name, colour and fraction of each region, and its style's fraction or name."""
    facts = []
    shares = guidance.content.shares()
    for number, name in enumerate(guidance.content.names):
        fact: dict[str, Any] = {
            "name": name,
            "colour": list(guidance.content.colours[number]),
            "content_share": float(shares[number]),
        }
        if guidance.style is None:
            fact["style"] = styles[guidance.styles[number]]
        else:
            fact["style_share"] = float(guidance.style.shares()[number])
        facts.append(fact)
    return facts


@torch.no_grad()
def region_results(guidance: Guidance, styles: Sequence[str], task: Gatys) -> list[dict[str, Any]]:
    """`region_facts` with ``style_loss``: each region's distance from its style.

    Summed over the layers and times ``style_weight``, not times the region's own weight.
    """
    picture, loss, regions = task.unfinished().clamp(0, 1), task.loss, task.stage.regions
    term = loss.terms["style"]
    assert isinstance(term, RegionStyleTerm)
    assert regions is not None
    stylised = View(picture, read_features(loss.network, picture, term.stylised_layers))
    content = View(picture, regions=regions.to(picture.device))
    values = torch.stack(list(term.by_region(stylised, content).values())).sum(0)[0]
    facts = region_facts(guidance, styles)
    return [
        {**fact, "style_loss": term.weight * float(value)}
        for fact, value in zip(facts, values, strict=True)
    ]
