"""Nets with a choice of styles: how style weights reach the layers that depend on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.errors import StylenetError
from stylenet.nets.fitting import pad_to_multiple

WHOLE = 1e-6  # how far weights may be from a sum of 1 to count as 1


class StyleWeightsError(StylenetError, ValueError):
    """Style weights that do not suit the net or the images."""


@dataclass(frozen=True)
class Mixture:
    """The styles of a batch as pairs of an image and a style that it is painted in.

    Pairs of weight 0 are left out, so that what a net computes does not grow with its styles.

    Attributes:
        count: N, images in the batch.
        pictures: numbers of the M pairs' images, rising.
        styles: numbers of the M pairs' styles.
        weights: of the pairs, (M,); or (M,H,W) where they differ within an image.
        plain: whether each image has one style, of weight 1.
    """

    count: int
    pictures: tuple[int, ...]
    styles: tuple[int, ...]
    weights: Tensor
    plain: bool

    @classmethod
    def of(cls, style: Tensor, image: Tensor, styles: int) -> Mixture:
        """Read style weights (N,S), or (N,S,H,W) of the size of ``image`` (N,3,H,W).

        Weights that lie on the CPU spare a GPU the wait for their values.

        Raises:
            StyleWeightsError: another shape, or a value that is not finite.
        """
        n, _, height, width = image.shape
        shapes = ((n, styles), (n, styles, height, width))
        if tuple(style.shape) not in shapes:
            raise StyleWeightsError(
                f"Got style weights of shape {tuple(style.shape)}, expected {shapes[0]} (pictures, "
                f"styles) or {shapes[1]}.",
                "Give every picture a weight for each style of the net.",
            )
        if not torch.isfinite(style).all():
            raise StyleWeightsError(
                "Got a style weight that is infinite or not a number.", "Give finite weights."
            )
        used = (style != 0).flatten(2).any(2) if style.ndim == 4 else style != 0
        pairs = used.nonzero().tolist()
        pictures, numbers = tuple(p for p, _ in pairs), tuple(s for _, s in pairs)
        weights = style[used]
        plain = pictures == tuple(range(n)) and bool((weights == 1).all())
        return cls(n, pictures, numbers, weights.to(image.device, torch.float32), plain)

    @property
    def one_each(self) -> bool:
        """Whether the pairs are the images in their order."""
        return self.pictures == tuple(range(self.count))

    def padded(self, multiple: int, margin: int) -> Mixture:
        """For images that ``pad_to_multiple`` enlarges: weights that differ within are, too."""
        if self.weights.ndim == 1:
            return self
        return replace(self, weights=pad_to_multiple(self.weights[None], multiple, margin)[0])

    def spread(self, features: Tensor) -> Tensor:
        """The pairs' images, (N,C,H,W) -> (M,C,H,W)."""
        return features if self.one_each else features[list(self.pictures)]

    def gather(self, values: Tensor) -> Tensor:
        """Sum over each image's pairs, unweighted: (M,...) -> (N,...)."""
        if self.one_each:
            return values
        total = values.new_zeros(self.count, *values.shape[1:])
        return total.index_add(0, torch.tensor(self.pictures, device=values.device), values)

    def at(self, height: int, width: int) -> Tensor:
        """The weights for features of this size: (M,1,1,1) or (M,1,height,width)."""
        if self.weights.ndim == 1:
            return self.weights[:, None, None, None]
        return F.interpolate(self.weights[:, None], (height, width), mode="area")

    def rest(self, height: int, width: int) -> Tensor | None:
        """What the weights of each image lack of 1: (N,1,1 or H,1 or W); None where nothing."""
        lack = 1 - self.gather(self.at(height, width))
        return None if bool((lack.abs() <= WHOLE).all()) else lack


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a net predicts for the style of each image.

    Attributes:
        of: scales and shifts, (N,C) each, of each of its norms.
        matrix: of the colours before its output's range, (N,3,3).
        shift: of these colours, (N,3).
    """

    of: Mapping[nn.Module, tuple[Tensor, Tensor]]
    matrix: Tensor
    shift: Tensor

    def coloured(self, x: Tensor) -> Tensor:
        """Colours (N,3,H,W) times the matrix, plus the shift."""
        mixed = torch.einsum("nij,njhw->nihw", self.matrix, x)
        return mixed + self.shift[..., None, None]


Condition: TypeAlias = Mixture | Predicted | None
"""What layers that depend on styles are told of the styles of a batch."""


class Styled(nn.Module):
    """A layer that may depend on the styles: ``layer(x, condition)``."""


class StyledSequential(nn.Sequential, Styled):
    """A sequence that hands the condition to those of its layers that take one."""

    def forward(self, x: Tensor, condition: Condition = None) -> Tensor:
        """Through all layers."""
        for layer in self:
            x = layer(x, condition) if isinstance(layer, Styled) else layer(x)
        return x


class StyleList(nn.ModuleList):
    """Modules of one kind, one a style: what belongs to a style and to no other."""


@runtime_checkable
class MultiStyleNet(Protocol):
    """Paints in several styles: (N,3,H,W) in [0,1] and style weights (N,S) -> the same size."""

    styles: int

    def __call__(self, image: Tensor, style: Tensor) -> Tensor:
        """Paint; the weights may be maps, (N,S,H,W)."""
        ...


def styles_of(net: nn.Module) -> int | None:
    """How many styles ``net`` has a choice of; None for a net of one style."""
    styles = getattr(net, "styles", None)
    return styles if isinstance(styles, int) else None


def style_lists(net: nn.Module) -> Iterator[tuple[str, StyleList]]:
    """The lists of what belongs to single styles, by name."""
    for name, module in net.named_modules():
        if isinstance(module, StyleList):
            yield name, module


def style_parameters(net: nn.Module, style: int) -> list[nn.Parameter]:
    """The parameters of the style with this number, and of no other."""
    return [p for _, modules in style_lists(net) for p in modules[style].parameters()]


def shared_parameters(net: nn.Module) -> list[nn.Parameter]:
    """The parameters that all styles use."""
    own = {id(p) for _, modules in style_lists(net) for p in modules.parameters()}
    return [p for p in net.parameters() if id(p) not in own]


def split_state(net: nn.Module) -> tuple[dict[str, Tensor], list[dict[str, Tensor]]]:
    """The state of ``net`` as what is shared and, copied, what is each style's.

    A style's keys have a ``*`` in place of its number: `join_state` puts any number there.
    """
    shared = dict(net.state_dict())
    lists = list(style_lists(net))
    own: list[dict[str, Tensor]] = [{} for _ in range(styles_of(net) or 0)]
    for name, _ in lists:
        for number, tensors in enumerate(own):
            prefix = f"{name}.{number}."
            for key in [key for key in shared if key.startswith(prefix)]:
                tensors[f"{name}.*.{key.removeprefix(prefix)}"] = shared.pop(key).clone()
    return shared, own


def join_state(
    shared: Mapping[str, Tensor], styles: list[Mapping[str, Tensor]]
) -> dict[str, Tensor]:
    """A state dict of what is shared and what is each style's: `split_state` undone."""
    state = dict(shared)
    for number, tensors in enumerate(styles):
        state |= {key.replace("*", str(number)): value for key, value in tensors.items()}
    return state
