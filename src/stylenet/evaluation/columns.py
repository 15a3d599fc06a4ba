"""A column of the sheet: a net, what is asked of it, and the loss that measures it.

All of it as the configuration of ``evaluate.py`` says.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace

from torch import Tensor

from stylenet.apply import Model, Request, StyledModel, in_styles, style_of, takes_styles
from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.loss_networks import LossNetwork
from stylenet.losses import PerceptualLoss
from stylenet.losses.features import check_names
from stylenet.runners.base import Instantiate
from stylenet.runners.building import build_loss, locate_styles
from stylenet.styles import FoundStyle, read_style

log = logging.getLogger(__name__)


def styled_models(config: Settings, model: Model, instantiate: Instantiate) -> list[Model]:
    """A net for any style as one net for each of ``style``, or for the mixture ``style_weights``.

    Raises:
        StylenetError: neither is given.
    """
    if not takes_styles(model):
        return [model]
    mixture = {str(k): float(v) for k, v in (config.style_weights or {}).items()}
    wanted = [mixture] if mixture else [{style: 1.0} for style in as_list(config.style)]
    if not wanted:
        raise StylenetError(
            f"The net of {model.path} paints in any style, and none was named.",
            "Use style=<picture or name>, or 'style_weights={udnie: 0.6, wave: 0.4}'.",
        )
    size = instantiate(config.style_size)
    styled: list[Model] = []
    for weights in wanted:
        found = locate_styles(config, list(weights), log.info)
        images = {style.name: read_style(style, size) for style in found}
        named = dict(zip(images, weights.values(), strict=True))
        title = "+".join(f"{name}{weight:g}" if mixture else name for name, weight in named.items())
        one = in_styles(model, images, named)
        styled.append(replace(one, path=one.path.with_name(f"{model.name}_{title}.safetensors")))
    return styled


def named_apart(models: list[Model]) -> Mapping[str, Model]:
    """Models by name; equal names get a number, so that none overwrites another's pictures."""
    named: dict[str, Model] = {}
    for model in models:
        name, count = model.name, 2
        while name in named:
            name, count = f"{model.name}_{count}", count + 1
        named[name] = model
    return named


def requests_of(config: Settings, name: str, model: Model) -> Iterator[tuple[str, Request]]:
    """What the configuration asks of a net, by the names of columns and folders.

    Where it chooses no style, a net of several paints in those of ``style`` that it has, or in
    each.
    """
    # a net for any style has become one for the mixture: see _styled
    mixture = None if isinstance(model, StyledModel) else config.style_weights
    weights = None if mixture is None else {str(k): float(v) for k, v in mixture.items()}
    region_styles = {str(k): str(v) for k, v in (config.region_styles or {}).items()}
    chosen = weights is not None or config.reconstruct or config.region_map is not None
    if model.styles and not chosen and not region_styles:
        named = as_list(config.style)
        for style in [style for style in model.styles if style in named] or model.styles:
            yield f"{name}_{style}", Request({style: 1.0}, config.strength)
        return
    request = Request(
        weights, config.strength, config.reconstruct, config.region_map, region_styles
    )
    title = request.title(model)
    yield name if title is None else f"{name}_{title}", request


def loss_of(
    config: Settings,
    model: Model,
    request: Request,
    network: LossNetwork,
    instantiate: Instantiate,
) -> PerceptualLoss:
    """The loss against the style that the net was trained on, or the one named."""
    loss = build_loss(
        config, instantiate, network, style=_style(config, model, request, instantiate)
    )
    # an unknown layer is no fault of the first picture
    check_names(loss.network, (*loss.stylised_layers, *loss.content_layers))
    return loss


def _style(
    config: Settings, model: Model, request: Request, instantiate: Instantiate
) -> Tensor | None:
    """The style to measure against; None where the painting has no single one."""

    def find(style: str) -> FoundStyle:
        (found,) = locate_styles(config, [style], log.info)
        return found

    if isinstance(model, StyledModel):
        return model.image
    size = instantiate(config.style_size)
    if config.style is not None:
        return read_style(find(str(config.style)), size)
    styles = request.styles(model)
    single = len(styles) == 1 and request.region_map is None
    if model.styles and not single:
        return None
    return style_of(model, styles[0] if model.styles else None, find, size)
