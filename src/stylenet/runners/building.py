"""What several runners build alike: style pictures, the loss network, the loss."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from stylenet.config import Settings
from stylenet.errors import StylenetError, about
from stylenet.files import cache_folder, expanded
from stylenet.images import resize
from stylenet.loss_networks import LossNetwork
from stylenet.losses import PerceptualLoss, Term
from stylenet.losses.features import check_names
from stylenet.runners.base import Instantiate, Say
from stylenet.styles import FoundStyle, find_style, find_swatch, read_style


def locate_styles(config: Settings, styles: Sequence[str], say: Say) -> tuple[FoundStyle, ...]:
    """Find style pictures by path or name; say where a swatch stands in for one.

    Raises:
        StyleNotFoundError: there is no such style.
    """
    found = tuple(_located(config, style) for style in styles)
    for style in found:
        if style.stand_in is not None:
            say(style.stand_in)
    return found


def _located(config: Settings, style: str) -> FoundStyle:
    # or a run begun without a network would continue with another picture
    stand_in = config.run.stand_ins.get(style) if "run" in config else None
    if stand_in is not None:
        return find_swatch(style, stand_in)
    folder = config.paths.styles
    return find_style(
        style,
        folder=expanded(folder) if folder else None,
        cache=cache_folder(config.paths.cache) / "styles",
    )


def read_sized_style(config: Settings, instantiate: Instantiate, found: FoundStyle) -> Tensor:
    """The style picture at ``style_size`` times ``style_scale``: (1,3,H,W) in [0,1]."""
    return scaled(read_style(found, instantiate(config.style_size)), config.style_scale)


def scaled(picture: Tensor, factor: float) -> Tensor:
    """A picture (1,3,H,W) with both sides multiplied, at least one pixel each."""
    height, width = (max(1, round(side * factor)) for side in picture.shape[-2:])
    return resize(picture, height, width)


def build_network(config: Settings, instantiate: Instantiate) -> LossNetwork:
    """The loss network that ``loss_network`` names."""
    network = instantiate(config.loss_network.network)
    assert isinstance(network, LossNetwork)
    return network


def build_loss(
    config: Settings, instantiate: Instantiate, network: LossNetwork, **inputs: Any
) -> PerceptualLoss:
    """The terms that ``loss`` names.

    Args:
        config: settled.
        instantiate: builds a term, or what waits for the rest of its arguments (``_partial_``).
        network: the loss network.
        inputs: what such terms may ask for by these names, besides ``network``: ``style``, one
            picture (1,3,H,W) or several, ``style_statistics``, those to aim at for each,
            ``style_regions``, ``region_weights``. Terms that ask for one that is None here, and
            have no default, are left out.

    Raises:
        StylenetError: no term asks for an input that there is, or a term for a layer that there
            is not.
    """
    offered = {"network": network, **inputs}
    unread = {name for name, value in inputs.items() if value is not None}
    terms: dict[str, Term] = {}
    for name, term_config in config.loss.terms.items():
        if term_config is None:  # left out, as null leaves out a callback
            continue
        with about(f"loss.terms.{name}"):
            term = instantiate(term_config)
            if not isinstance(term, Term):
                parameters = inspect.signature(term).parameters
                given = {k: offered[k] for k in parameters if offered.get(k) is not None}
                lacking = parameters.keys() & offered.keys() - given.keys()
                if any(parameters[k].default is inspect.Parameter.empty for k in lacking):
                    continue
                unread -= given.keys()
                term = term(**given)
            check_names(network, (*term.stylised_layers, *term.content_layers))
        terms[str(name)] = term
    if "style_regions" in unread or "region_weights" in unread:
        raise StylenetError(
            f"Got regions, but no term of the loss takes {' or '.join(sorted(unread))}.",
            "Use a term such as stylenet.losses.RegionStyleTerm, or leave out regions.",
        )
    return PerceptualLoss(terms, network)
