"""What a trained net is to paint: its one style, each of several, a mixture, regions, no style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from omegaconf import DictConfig
from torch import Tensor
from torch.nn import functional as F

from stylenet.apply import Model
from stylenet.errors import StylenetError
from stylenet.nets import style_parameters
from stylenet.regions import check_shape, read_regions

Weights = Callable[[int, int], Tensor]
"""Style weights (S,), or (S,H,W), for a picture of this height and width."""


@dataclass(frozen=True)
class Painting:
    """One way to paint with a model.

    Attributes:
        name: of the folder and the column that the pictures get.
        model: the net.
        weights: of its styles; None for a net of one style.
        style: the one that the result is measured against; None for the net's only one, or where
            there is no such.
        facts: what ``model.json`` says of the style measured against, or None.
        bytes: of the tensors that belong to the styles painted in, and to nothing else.
    """

    name: str
    model: Model
    weights: Weights | None
    style: str | None
    facts: Mapping[str, Any] | None
    bytes: int


def paintings(config: DictConfig, name: str, model: Model) -> list[Painting]:
    """What ``style_weights``, ``strength``, ``reconstruct`` and ``region_map`` ask of ``model``.

    Where they ask for nothing, a net of several styles paints in each.

    Raises:
        StylenetError: they contradict each other, or the net cannot do it.
    """
    asked = {
        "style_weights": config.style_weights is not None,
        "reconstruct=true": bool(config.reconstruct),
        "region_map": config.region_map is not None,
    }
    if config.region_styles and config.region_map is None:
        raise StylenetError(
            f"Got region_styles={dict(config.region_styles)} without a map of the regions.",
            "Use region_map=<picture of flat colours>.",
        )
    given = [key for key, value in asked.items() if value]
    if len(given) > 1:
        raise StylenetError(f"Got {' and '.join(given)}, expected one.", "Leave the others out.")
    if not model.styles:
        if given or config.strength != 1:
            raise StylenetError(
                f"Got {' '.join(given) or f'strength={config.strength}'}, but {model.path} is a "
                "net of one style.",
                "Give it to a net of several (task=multistyle).",
            )
        size = sum(t.numel() * t.element_size() for t in model.net.state_dict().values())
        facts = model.description.get("style")
        return [Painting(name, model, None, None, facts if facts else {}, size)]
    strength = _strength(config, model)
    if config.reconstruct:
        return [_mixed(f"{name}_reconstruction", model, {})]
    if config.region_map is not None:
        return [_in_regions(config, name, model, strength)]
    if config.style_weights is not None:
        weights = {str(k): float(v) * strength for k, v in config.style_weights.items()}
        _check_sum(weights, strength, model)
        title = "+".join(f"{style}{weight:g}" for style, weight in config.style_weights.items())
        return [_mixed(f"{name}_{title}", model, weights)]
    return [_mixed(f"{name}_{style}", model, {style: strength}) for style in model.styles]


def _mixed(name: str, model: Model, weights: Mapping[str, float]) -> Painting:
    row = torch.zeros(len(model.styles))
    for style, weight in weights.items():
        row[model.style_number(style)] = weight
    single = next(iter(weights)) if len(weights) == 1 else None
    facts = model.description["styles"][model.style_number(single)] if single else None
    return Painting(name, model, lambda *_: row, single, facts, _bytes(model, list(weights)))


def _in_regions(config: DictConfig, name: str, model: Model, strength: float) -> Painting:
    given = {str(k): str(v) for k, v in (config.region_styles or {}).items()}
    if not given:
        raise StylenetError(
            f"Got region_map={config.region_map} without their styles.",
            f"Use 'region_styles={{red: {model.styles[0]}, blue: {model.styles[-1]}}}'.",
        )
    regions = read_regions(config.region_map, list(given))
    maps = torch.zeros(len(model.styles), *regions.shape[-2:])
    for style, region in zip(given.values(), regions, strict=True):
        maps[model.style_number(style)] += strength * region

    def at(height: int, width: int) -> Tensor:
        own_height, own_width = maps.shape[-2:]
        check_shape(own_height, own_width, height, width, f"region_map={config.region_map}")
        return F.interpolate(maps[None], (height, width), mode="nearest-exact")[0]

    return Painting(f"{name}_regions", model, at, None, None, _bytes(model, set(given.values())))


def _strength(config: DictConfig, model: Model) -> float:
    strength = float(config.strength)
    can = hasattr(model.net, "reconstruct")
    if not 0 <= strength <= 1:
        raise StylenetError(f"Got strength={strength}, expected 0 to 1.", "Use strength=0.5.")
    if not can and (strength < 1 or config.reconstruct):
        raise StylenetError(
            f"Got {'reconstruct=true' if config.reconstruct else f'strength={strength}'}, but the "
            f"net of {model.path} has no reconstruction.",
            "Use a net that has (net=stylebank).",
        )
    return strength


def _check_sum(weights: Mapping[str, float], strength: float, model: Model) -> None:
    total = sum(weights.values())
    if not hasattr(model.net, "reconstruct") and abs(total - strength) > 1e-3:
        raise StylenetError(
            f"Got style_weights with a sum of {total:g}, expected 1: what is missing would be the "
            f"reconstruction, which the net of {model.path} does not have.",
            "Give weights with a sum of 1.",
        )


def _bytes(model: Model, styles: list[str] | set[str]) -> int:
    numbers = {model.style_number(style) for style in styles}
    own = [p for number in numbers for p in style_parameters(model.net, number)]
    return sum(p.numel() * p.element_size() for p in own)
