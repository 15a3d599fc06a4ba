"""The style picture that a trained net is measured against."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig
from torch import Tensor

from stylenet import images
from stylenet.apply import Model
from stylenet.errors import StylenetError
from stylenet.images import read_image
from stylenet.run.building import instantiate, locate_style, scaled
from stylenet.run.painting.paintings import Painting
from stylenet.styles import StyleNotFoundError, read_style

log = logging.getLogger(__name__)
# what a model file may give as its style's size: it may come from a stranger
SIZES = ("AsIs", "CentreCrop", "CentreSquare", "Height", "LongerSide", "ShorterSide")


def style_of(config: DictConfig, painting: Painting) -> Tensor | None:
    """The style to measure against, at the size it was trained at."""
    if config.style is not None:
        return read_style(locate_style(config, str(config.style)), instantiate(config.style_size))
    if painting.facts is None:  # no single style
        return None
    model = painting.model
    one = "style.png" if painting.style is None else f"styles/{painting.style}.png"
    kept = model.path.parent / one
    if kept.is_file():
        return read_image(kept)[None]
    facts = painting.facts if isinstance(painting.facts, Mapping) else {}
    name, digest = facts.get("name"), facts.get("sha256")
    if not name:
        log.warning("%s: its file names no style: no style loss (give style=...)", model.name)
        return None
    try:
        found = locate_style(config, str(name))
    except StyleNotFoundError:
        log.warning(
            "%s: its style %s is not at hand: no style loss (give style=...)", model.name, name
        )
        return None
    if digest and found.sha256 != digest:
        log.warning(
            "%s: %s is taken for its style %s, but is another file than it was trained on (SHA-256 "
            "%s, there %s): the style loss may be off (give style=...)",
            *(model.name, found.path, name, found.sha256, digest),
        )
    style = read_style(found, _size(model, facts) or instantiate(config.style_size))
    return scaled(style, facts.get("scale") or 1.0)


def _size(model: Model, facts: Mapping[str, Any]) -> images.Sizing | None:
    """What ``model.json`` says of the style's size, built from ``stylenet.images`` only."""
    size = facts.get("size")
    if size is None:
        return None
    try:
        package, _, name = str(size["_target_"]).rpartition(".")
        if package != images.__name__ or name not in SIZES:
            raise KeyError(name)
        arguments = {k: v for k, v in size.items() if not k.startswith("_")}
        built: images.Sizing = getattr(images, name)(**arguments)
    except (KeyError, TypeError) as error:
        raise StylenetError(
            f"{model.path.with_suffix('.json')} gives {size} as the size of its style, expected "
            f"one of {', '.join(SIZES)} of {images.__name__}.",
            "Name the style's picture and size: style=... style_size=...",
        ) from error
    return built
