"""From what a person asks for (a style, a mixture, a trained net, regions) to what paints it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from torch import Tensor

from stylenet.apply.any_style import StyledModel, in_styles, no_style_named, takes_styles
from stylenet.apply.backends import Backend, Eager
from stylenet.apply.model_file import Model, load_model
from stylenet.apply.requests import Request, read_regions
from stylenet.apply.stylizer import Stylizer, style_images
from stylenet.apply.zoo import ANY, shipped_model, shipped_models, shipped_painters
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.styles import catalogue

_WEIGHTED = re.compile(r"(.+):(\d+\.?\d*|\.\d+)")
Say = Callable[[str], None]


class Painter(Protocol):
    """Paints images (3,H,W) in [0,1] at their own size; ``name`` can be part of a file's."""

    @property
    def name(self) -> str:
        """In which style, in a word."""
        ...

    def __call__(self, image: Tensor) -> Tensor:
        """The painting."""
        ...

    def settled(self, image: Tensor) -> Painter:
        """What paints other images as ``image``: all that an image decides is decided by this."""
        ...


@dataclass(frozen=True)
class Wish:
    """What is to paint.

    Attributes:
        style: a name, a path, or a mixture ``udnie:0.6,wave:0.4``.
        model: a run directory, a model file or the name of a net that ships; found by ``style`` if
            None.
        strength: of the style, from 0 to 1.
        region_map: an image of flat colours, one a region.
        region_styles: colour -> style of its region.
        device: where to paint.
        packages: what a net may be made of besides stylenet's own.
        backend: what runs the net.
    """

    style: str | None = None
    model: str | None = None
    strength: float = 1.0
    region_map: Path | None = None
    region_styles: Mapping[str, str] = field(default_factory=dict)
    device: str = "auto"
    packages: tuple[str, ...] = ()
    backend: Backend = field(default_factory=Eager)


def painter_of(wish: Wish, say: Say) -> Painter:
    """What paints as ``wish`` says.

    Args:
        wish: what is asked for.
        say: gets what was decided in the user's place, a line each.

    Raises:
        StylenetError: no such net or style, or one that cannot do what is asked.
    """
    if bool(wish.region_map) != bool(wish.region_styles):
        got = "a map without styles" if wish.region_map else "styles of regions without their map"
        raise StylenetError(
            f"Got {got}.", "Give both: --regions map.png red=udnie blue=wave, a style a colour."
        )
    if wish.style is None and wish.model is None and not wish.region_styles:
        raise StylenetError(
            "Got no style.",
            "Use --style <name or painting>, --model <run> or both; `stylenet styles` lists what "
            "there is.",
        )
    if wish.region_map and wish.style is not None:
        raise StylenetError(
            f"Got the style {wish.style} and styles of regions, expected one of them.",
            "Leave the other out.",
        )
    if not 0 <= wish.strength <= 1:
        raise StylenetError(f"Got strength={wish.strength:g}, expected 0 to 1.", "Use 0.5.")
    model = None if wish.model is None else load_model(wish.model, wish.packages)
    if model is not None and not takes_styles(model):
        return _by_own_styles(model, wish)
    if wish.region_map is not None:
        painters = {
            colour: _in_style(style, model, wish, say)
            for colour, style in wish.region_styles.items()
        }
        return _ByRegion(painters, read_regions(wish.region_map, list(painters)))
    return _in_style(wish.style, model, wish, say)


def style_weights(style: str) -> dict[str, float]:
    """``udnie:0.6,wave:0.4`` as weights by name; a name or a path alone has the weight 1."""
    parts = style.split(",")
    found = [_WEIGHTED.fullmatch(part.strip()) for part in parts]
    named = len(parts) > 1 and all(_is_style(part.strip()) for part in parts)
    if expanded(style).is_file() or not (named or any(found)):
        return {style: 1.0}
    bare = [part for part, match in zip(parts, found, strict=True) if match is None]
    if bare:
        lack = "have" if len(bare) > 1 else "has"
        raise StylenetError(
            f"Got the mixture {style}, in which {', '.join(bare)} {lack} no weight.",
            "Give each style its weight: udnie:0.6,wave:0.4.",
        )
    return {match[1]: float(match[2]) for match in found if match}


def _is_style(word: str) -> bool:
    return word in catalogue() or expanded(word).is_file()


def in_mixture(model: Model, weights: Mapping[str, float], say: Say) -> StyledModel:
    """A net for any style, to paint in the styles of these names or paths, by their weights."""
    wish = weights if len(weights) > 1 else next(iter(weights))
    return in_styles(model, *style_images(wish, say))


@dataclass(frozen=True)
class _ByNet:
    stylizer: Stylizer
    request: Request
    name: str

    def __call__(self, image: Tensor) -> Tensor:
        painted: Tensor = self.stylizer(image, self.request)
        return painted

    def settled(self, image: Tensor) -> Painter:
        """A net for any style is weakened towards the style of this image."""
        model, strength = self.stylizer.model, self.request.strength
        if strength == 1 or not isinstance(model, StyledModel):
            return self
        weaker = Stylizer(model.weakened(image, strength), self.stylizer.device, self.stylizer.tile)
        return replace(self, stylizer=weaker, request=replace(self.request, strength=1.0))


@dataclass(frozen=True)
class _ByRegion:
    """The whole image in each style, of which each region shows one."""

    painters: Mapping[str, Painter]
    regions: Callable[[int, int], Tensor]
    name: str = "regions"

    def __call__(self, image: Tensor) -> Tensor:
        regions = self.regions(*image.shape[-2:])
        painted = image.new_zeros(image.shape)
        for region, painter in zip(regions, self.painters.values(), strict=True):
            painted += region * painter(image)
        return painted

    def settled(self, image: Tensor) -> Painter:
        """As each of its painters is."""
        painters = {colour: p.settled(image) for colour, p in self.painters.items()}
        return replace(self, painters=painters)


def _by_own_styles(model: Model, wish: Wish) -> Painter:
    """By a net of one style, or of several."""
    weights = None if wish.style is None else style_weights(wish.style)
    if not model.styles:
        if wish.style is not None:
            raise StylenetError(
                f"Got the style {wish.style} for the net of {model.path}, which has its own.",
                "Leave out --style, or use a net for any style.",
            )
        weights = None
    elif weights is None and wish.region_map is None:
        raise _no_style_of_several(model, str(wish.model))
    if wish.region_map is not None:
        region_map = str(wish.region_map)
        request = Request(
            None, wish.strength, region_map=region_map, region_styles=wish.region_styles
        )
    else:
        request = Request(weights, wish.strength)
    request.weights(model)  # what cannot be is no fault of the first image
    title = request.title(model)
    name = model.name if title is None else f"{model.name}_{title}"
    return _ByNet(Stylizer(model, wish.device, backend=wish.backend), request, name)


def _no_style_of_several(model: Model, given: str) -> StylenetError:
    first, *others = model.styles
    mixture = f", or a mixture: --style {first}:0.6,{others[-1]}:0.4" if others else ""
    return StylenetError(
        f"The net {given} has the styles {', '.join(model.styles)}, and none was named.",
        f"Use --style {first}{mixture}.",
    )


def _in_style(style: str | None, model: Model | None, wish: Wish, say: Say) -> Painter:
    """By the net that ships for ``style``, or by one for any style: ``model`` or what ships."""
    if style is None:
        raise no_style_named(wish.model)
    weights = style_weights(style)
    own = shipped_model(style) if model is None and style in shipped_painters() else None
    mixed, is_file = len(weights) > 1, expanded(style).is_file()
    if own is not None and wish.strength == 1 and not is_file:
        return _ByNet(
            Stylizer(load_model(own), wish.device, backend=wish.backend), Request(), style
        )
    styled = in_mixture(_net_for_any(style) if model is None else model, weights, say)
    if model is None:
        words = f"the net {ANY} paints in it"
        if own is not None and not is_file:
            words = f"strength {wish.strength:g} is painted by the net {ANY}"
        elif not mixed and not is_file:
            words = f"no net of its own ships; {words}, by the picture of that name"
        say(f"style {style}: {words}")
    name = "+".join(f"{Path(k).stem}{w:g}" if mixed else Path(k).stem for k, w in weights.items())
    stylizer = Stylizer(styled, wish.device, backend=wish.backend)
    return _ByNet(stylizer, Request(strength=wish.strength), name)


def _net_for_any(style: str) -> Model:
    file = shipped_model(ANY)
    if file is None:
        raise StylenetError(
            f"Got the style {style}, but no net for any style ships with this version (there is: "
            f"{', '.join(shipped_models()) or 'none'}).",
            f"Train one in it (stylenet train style={style}), and use --model <run>.",
        )
    return load_model(file)
