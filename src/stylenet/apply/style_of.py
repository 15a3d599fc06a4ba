"""The style image that a trained net is measured against."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from stylenet import images
from stylenet.apply.model_file import Model
from stylenet.errors import StylenetError
from stylenet.images import Sizing, read_image, resize
from stylenet.styles import FoundStyle, StyleNotFoundError, read_style

log = logging.getLogger(__name__)
# what a model file may give as its style's size: it may come from a stranger
SIZES = ("AsIs", "CentreCrop", "CentreSquare", "Height", "LongerSide", "ShorterSide")


def style_of(
    model: Model, style: str | None, find: Callable[[str], FoundStyle], size: Sizing
) -> Tensor | None:
    """A net's style image as it was trained on, (1,3,H,W) in [0,1]; None where it was not found.

    It lies beside the net, or else is looked for by name. What is amiss is said.

    Args:
        model: the net.
        style: one of several; None for a net of one style.
        find: a style's file, by name.
        size: where the model file gives none.

    Raises:
        StylenetError: the model file gives a size that is none.
    """
    one = "style.png" if style is None else f"styles/{style}.png"
    kept = model.path.parent / one
    if kept.is_file():
        return read_image(kept)[None]
    facts = _facts(model, style)
    name, digest = facts.get("name"), facts.get("sha256")
    if not name:
        log.warning("%s: its file names no style: no style loss (give style=...)", model.name)
        return None
    try:
        found = find(str(name))
    except StyleNotFoundError:
        log.warning(
            "%s: its style %s was not found: no style loss (give style=...)", model.name, name
        )
        return None
    if digest and found.sha256 != digest:
        log.warning(
            "%s: %s is taken for its style %s, but is another file than it was trained on (SHA-256 "
            "%s, there %s): the style loss may be off (give style=...)",
            *(model.name, found.path, name, found.sha256, digest),
        )
    picture = read_style(found, _size(model, facts) or size)
    scale = facts.get("scale") or 1.0
    height, width = (max(1, round(side * scale)) for side in picture.shape[-2:])
    return resize(picture, height, width)


def _facts(model: Model, style: str | None) -> Mapping[str, Any]:
    """What ``model.json`` says of the style."""
    if style is None:
        facts = model.description.get("style")
    else:
        facts = model.description["styles"][model.style_number(style)]
    return facts if isinstance(facts, Mapping) else {}


def _size(model: Model, facts: Mapping[str, Any]) -> Sizing | None:
    """What ``model.json`` says of the style's size, built from ``stylenet.images`` only."""
    size = facts.get("size")
    if size is None:
        return None
    try:
        package, _, name = str(size["_target_"]).rpartition(".")
        if package != images.__name__ or name not in SIZES:
            raise KeyError(name)
        arguments = {k: v for k, v in size.items() if not k.startswith("_")}
        built: Sizing = getattr(images, name)(**arguments)
    except (KeyError, TypeError) as error:
        raise StylenetError(
            f"{model.path.with_suffix('.json')} gives {size} as the size of its style, expected "
            f"one of {', '.join(SIZES)} of {images.__name__}.",
            "Name the style's picture and size: style=... style_size=...",
        ) from error
    return built
