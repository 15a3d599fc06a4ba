"""What a trained net is asked to paint: its style, a mixture of several, regions, none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.apply.any_style import StyledModel
from stylenet.apply.model_file import Model
from stylenet.errors import StylenetError
from stylenet.images import AnyImage, Colours, StyleColours, as_tensor, colour_values, to_pil
from stylenet.nets import style_parameters
from stylenet.regions import check_shape, label_colours

Weights: TypeAlias = Callable[[int, int], Tensor | None]
"""For an image of this height and width the weights of a net's styles: (S,) or (S,H,W); None for
a net of one style."""


@dataclass(frozen=True)
class Request:
    """How a net is to paint an image.

    A net of one style takes nothing but ``colours``. One of several needs ``style_weights``, or
    ``region_map`` with ``region_styles``, or ``reconstruct``.

    Attributes:
        style_weights: style -> weight; with a sum of 1, unless the net can reconstruct: that has
            the rest.
        strength: from 0, no style, to 1; less than 1 for nets that can reconstruct, and for a net
            for any style.
        reconstruct: no style at all, for the same nets.
        region_map: an image of flat colours, of the painted image's shape and of any size.
        region_styles: colour (a name as in CSS, or ``0xff0000``) -> the style of its region.
        colours: what becomes of the painted image's colours.
    """

    style_weights: Mapping[str, float] | None = None
    strength: float = 1.0
    reconstruct: bool = False
    region_map: AnyImage | None = None
    region_styles: Mapping[str, str] = field(default_factory=dict)
    colours: Colours = field(default_factory=StyleColours)

    def weights(self, model: Model) -> Weights:
        """What is asked of ``model``, in numbers.

        Raises:
            StylenetError: what is asked contradicts itself, or the net cannot do it.
            PictureError: an unreadable map.
            RegionError: a map of other colours than ``region_styles``.
        """
        self._check(model)
        if not model.styles:
            return lambda *_: None
        if self.region_map is not None:
            return self._by_map(model)
        row = torch.zeros(len(model.styles))
        for style, weight in self._mixture().items():
            row[model.style_number(style)] = weight
        _check_sum(row, 0.0 if self.reconstruct else self.strength, model)
        return lambda *_: row

    def styles(self, model: Model) -> list[str]:
        """The styles that are painted in, each once; of a net of one style none."""
        if not model.styles:
            return []
        return list(dict.fromkeys(self.region_styles.values() if self._maps else self._mixture()))

    def title(self, model: Model) -> str | None:
        """What is asked for, in a word that can name a file; None of a net of one style."""
        if not model.styles:
            return None
        if self.reconstruct or self._maps:
            return "reconstruction" if self.reconstruct else "regions"
        weights = self.style_weights or {}
        alone = list(weights.values()) == [1]
        return "+".join(s if alone else f"{s}{w:g}" for s, w in weights.items())

    @property
    def _maps(self) -> bool:
        return self.region_map is not None

    @property
    def _asked(self) -> list[str]:
        """The ways to choose a style that are used."""
        asked = {
            "style_weights": self.style_weights is not None,
            "reconstruct=true": self.reconstruct,
            "region_map": self._maps,
        }
        return [name for name, used in asked.items() if used]

    def _check(self, model: Model) -> None:
        if self.region_styles and not self._maps:
            raise StylenetError(
                f"Got region_styles={dict(self.region_styles)} without a map of the regions.",
                "Use region_map=<picture of flat colours>.",
            )
        asked = self._asked
        if len(asked) > 1:
            raise StylenetError(
                f"Got {' and '.join(asked)}, expected one.", "Leave the others out."
            )
        if not model.styles:
            weakens = isinstance(model, StyledModel) and 0 <= self.strength <= 1
            if asked or (self.strength != 1 and not weakens):
                raise StylenetError(
                    f"Got {' '.join(asked) or f'strength={self.strength}'}, but {model.path} is a "
                    "net of one style.",
                    "Give it to a net of several (task=multistyle).",
                )
            return
        if not asked:
            raise StylenetError(
                f"The net of {model.path} has {len(model.styles)} styles, and none was chosen.",
                f"Use style_weights={{{model.styles[0]}: 1}}. There are: "
                f"{', '.join(model.styles)}.",
            )
        if not 0 <= self.strength <= 1:
            raise StylenetError(
                f"Got strength={self.strength}, expected 0 to 1.", "Use strength=0.5."
            )
        if (self.strength < 1 or self.reconstruct) and not hasattr(model.net, "reconstruct"):
            got = "reconstruct=true" if self.reconstruct else f"strength={self.strength}"
            other = "" if self.reconstruct else ", or the net any, which weakens its styles"
            raise StylenetError(
                f"Got {got}, but the net of {model.path} has no reconstruction.",
                f"Use a net that has (net=stylebank){other}.",
            )
        if self._maps and not self.region_styles:
            raise StylenetError(
                "Got a region_map without the styles of its colours.",
                f"Use 'region_styles={{red: {model.styles[0]}, blue: {model.styles[-1]}}}'.",
            )

    def _mixture(self) -> dict[str, float]:
        weights = {} if self.style_weights is None else self.style_weights
        return {style: weight * self.strength for style, weight in weights.items()}

    def _by_map(self, model: Model) -> Weights:
        assert self.region_map is not None
        regions = read_regions(self.region_map, list(self.region_styles))

        def at(height: int, width: int) -> Tensor:
            maps = torch.zeros(len(model.styles), height, width)
            found = regions(height, width)
            for style, region in zip(self.region_styles.values(), found, strict=True):
                maps[model.style_number(style)] += self.strength * region
            return maps

        return at


def read_regions(region_map: AnyImage, colours: Sequence[str]) -> Callable[[int, int], Tensor]:
    """The regions of a map, for an image of any size of its shape: (R,H,W) of 0 and 1.

    Args:
        region_map: an image of flat colours.
        colours: its colours, as in CSS or ``0xff0000``, one a region.

    Raises:
        PictureError: an unreadable map.
        RegionError: a map of other colours; from what is given back: an image of another shape.
    """
    values = [colour_values(colour) for colour in colours]
    pixels = np.asarray(to_pil(as_tensor(region_map)))
    named = isinstance(region_map, str) or hasattr(region_map, "__fspath__")
    name = f"region map {region_map}" if named else "region map"
    found = label_colours(pixels, values, f"The {name}", list(colours))
    regions = torch.from_numpy(found.soft(*found.size))

    def at(height: int, width: int) -> Tensor:
        check_shape(*found.size, height, width, f"the {name}")
        return F.interpolate(regions[None], (height, width), mode="nearest-exact")[0]

    return at


def _check_sum(row: Tensor, wanted: float, model: Model) -> None:
    total = float(row.sum())
    if not hasattr(model.net, "reconstruct") and abs(total - wanted) > 1e-3:
        raise StylenetError(
            f"Got weights of styles with a sum of {total:g}, expected 1: the rest would be the "
            f"reconstruction, which the net of {model.path} does not have.",
            "Give weights with a sum of 1.",
        )


def style_bytes(model: Model, styles: Collection[str]) -> int:
    """Of the tensors that only ``styles`` use; all of a net of one style."""
    own: list[Any] = list(model.net.state_dict().values())
    if model.styles:
        numbers = {model.style_number(style) for style in styles}
        own = [p for number in numbers for p in style_parameters(model.net, number)]
    return sum(tensor.numel() * tensor.element_size() for tensor in own)
