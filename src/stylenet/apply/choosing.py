"""From a name, a run or a painting to a net that paints in one fixed way."""

from __future__ import annotations

from collections.abc import Sequence

from stylenet.apply.any_style import no_style_named, takes_styles
from stylenet.apply.model_file import Model, load_model
from stylenet.apply.painters import Say, in_mixture, style_weights
from stylenet.apply.zoo import ANY, shipped_model
from stylenet.errors import StylenetError
from stylenet.files import expanded

MODEL_FILES = (".safetensors", ".json")


def chosen_net(
    what: str, style: str | None, packages: Sequence[str], say: Say
) -> tuple[Model, dict[str, float] | None]:
    """The net that ``what`` names, and the weights of its styles; None of a net of one style.

    Args:
        what: a net that ships, a run directory, a model file; or a style, as ``style`` names it,
            for the net that ships for any style.
        style: a name, a painting's path, or a mixture ``udnie:0.6,wave:0.4``, for a net that has
            several or takes any.
        packages: what the net may be made of besides stylenet's own.
        say: gets the line by which a swatch stands in for a painting.

    Raises:
        StylenetError: no such net or style; a style for a net that has its own; none for another.
    """
    given = expanded(what)
    is_net = given.is_dir() or given.suffix in MODEL_FILES or shipped_model(what) is not None
    if not is_net and style is not None:
        raise StylenetError(
            f"Got {what} and the style {style}, but {what} is no net: no run directory, no model "
            "file and none that ships.",
            f"Leave out --style, or name the net that paints in it, such as {ANY}.",
        )
    model = load_model(what if is_net else ANY, packages)
    wish = style if is_net else what
    weights = None if wish is None else style_weights(wish)
    if not takes_styles(model):
        return model, weights
    if weights is None:
        raise no_style_named(what)
    return in_mixture(model, weights, say), None
