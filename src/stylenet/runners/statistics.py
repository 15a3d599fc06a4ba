"""Nets that aim at a painting's own statistics, which ship, where a swatch stands in for it."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.loss_networks import LossNetwork
from stylenet.losses import StyleDistance
from stylenet.losses.layer_weights import weigh_style_layers
from stylenet.losses.normalised import PhotographsDistance
from stylenet.losses.targets import style_targets
from stylenet.runners.base import Instantiate, Say
from stylenet.styles import FoundStyle, PaintingStatistics, painting_statistics

Known = Mapping[str, Mapping[str, Tensor]]


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a style term reads of a style image.

    Attributes:
        layers: at their scales, as the term names them.
        distance: describes them, without what it is normalised by.
        margin: cells at the borders that are not read.
    """

    layers: tuple[str, ...]
    distance: StyleDistance
    margin: int

    @classmethod
    def by(cls, config: Settings, instantiate: Instantiate) -> Asked | None:
        """By the style term of ``config``; None where there is none that takes statistics."""
        named = config.loss.terms.get("style")
        term = None if named is None else instantiate(named)
        if not isinstance(term, functools.partial):
            return None
        if "style_statistics" not in inspect.signature(term).parameters:
            return None
        given = term.keywords
        distance = given["distance"]
        if isinstance(distance, PhotographsDistance):
            distance = distance.distance
        layers = weigh_style_layers(given["layers"], None, distance, given["scales"])
        return cls(tuple(layers), distance, given["margin"])

    def statistics(self, network: LossNetwork, painting: Tensor) -> dict[str, tuple[Tensor, ...]]:
        """Of a painting (1,3,H,W) in [0,1]: layer -> statistics in the distance's order."""
        style = [painting]
        (found,) = style_targets(network, self.distance, style, self.layers, margin=self.margin)
        return {layer: tuple(statistics.values()) for layer, statistics in found.items()}

    def named(self, statistics: PaintingStatistics) -> Known:
        """Layer -> the same by the distance's names."""
        names = tuple(self.distance.describe(torch.zeros(1, 1, 2, 2)))
        return {
            layer: dict(zip(names, statistics.layers[layer], strict=True)) for layer in self.layers
        }


def conditions(
    config: Settings, instantiate: Instantiate, network: LossNetwork, asked: Asked, painting: str
) -> dict[str, str]:
    """What statistics depend on besides their layers, in words; ``painting`` is its SHA-256."""
    modules = list(network.layers.values())
    kinds = {
        "padding": {type(m).__name__ for m in modules if isinstance(m, nn.Conv2d)},
        "pooling": {str(m) for m in modules if not isinstance(m, (nn.Conv2d, nn.ReLU))},
    }
    return {
        "painting": painting,
        "loss_network": network.weights_source,
        **{key: ", ".join(sorted(found)) for key, found in kinds.items()},
        "style_size": str(instantiate(config.style_size)),
        "style_scale": str(float(config.style_scale)),
        "margin": str(asked.margin),
        "distance": str(asked.distance),
    }


def find_statistics(
    config: Settings,
    instantiate: Instantiate,
    network: LossNetwork,
    styles: Sequence[FoundStyle],
    say: Say,
) -> tuple[tuple[FoundStyle, ...], list[Known | None] | None]:
    """The paintings' own statistics, where swatches stand in for them and these fit.

    A run that is resumed goes on as it began.

    Returns:
        ``styles`` with these, and for each what the style term is to aim at by layer and name;
        None where no style has any.

    Raises:
        StylenetError: a run that is resumed began with statistics that fit no longer.
    """
    asked = Asked.by(config, instantiate) if any(style.stand_in for style in styles) else None
    if asked is None:
        return tuple(styles), None
    found = []
    for style in styles:
        fitting = _fitting(config, instantiate, network, asked, style)
        if config.resume is not None and style.name not in config.run.statistics:
            fitting = None
        elif config.resume is not None and fitting is None:
            raise StylenetError(
                f"The run aims at the statistics of the painting {style.name}, but those that ship "
                "now are of another painting, loss network or style size.",
                "Continue it with the version of stylenet that began it, or start a new run.",
            )
        if fitting is not None:
            say(
                f"style {style.name}: trained towards the painting itself, whose statistics ship; "
                "the stand-in is what is shown, and what val/metric/* compare with"
            )
        found.append(dataclasses.replace(style, statistics=fitting))
    known = [asked.named(s.statistics) if s.statistics else None for s in found]
    return tuple(found), known if any(known) else None


def _fitting(
    config: Settings,
    instantiate: Instantiate,
    network: LossNetwork,
    asked: Asked,
    style: FoundStyle,
) -> PaintingStatistics | None:
    """The statistics that ship of the painting behind a swatch, if they are what is asked for."""
    if style.stand_in is None or style.entry is None:
        return None
    wanted = conditions(config, instantiate, network, asked, style.entry.sha256)
    for statistics in painting_statistics(style.name):
        if wanted == statistics.conditions and set(asked.layers) <= statistics.layers.keys():
            return statistics
    return None
