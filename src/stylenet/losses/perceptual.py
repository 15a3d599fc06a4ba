"""The perceptual loss: named terms over one pass through the loss network, summed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.loss_networks.checkpointed import CheckpointedNetwork
from stylenet.loss_networks.network import LossNetwork
from stylenet.losses.features import read_features
from stylenet.motion import MovedStill, StillMotion


class Second(NamedTuple):
    """What was painted of second frames, (N,3,H,W) in [0,1], and where these lie in the first."""

    image: Tensor
    moved: MovedStill


@dataclass(frozen=True)
class View:
    """A batch of images, (N,3,H,W) in [0,1], and those of its features that terms asked for.

    ``chosen`` is the number of the style that each image is to have, (N,), where a loss has
    several. ``regions`` says how much each region has of every pixel, (N,R,H,W) in [0,1].
    ``example`` is an image in the style that each image is to have, where each has one of its own.
    ``second`` is what was painted of a second frame of each image, where a term compares the two.
    """

    image: Tensor
    features: Mapping[str, Tensor] = field(default_factory=dict)
    chosen: Tensor | None = None
    regions: Tensor | None = None
    example: View | None = None
    second: Second | None = None


@dataclass(frozen=True)
class LossTerms:
    """What a loss is made of; every value is a scalar averaged over the batch.

    ``total`` is the sum of ``terms`` (each times its weight: they are comparable), ``parts`` holds
    those of single layers, such as ``style/relu2_2``, weighted alike. ``pictures`` holds the
    terms of each image, (N,), without gradient, where images have styles of their own.
    """

    total: Tensor
    terms: Mapping[str, Tensor]
    parts: Mapping[str, Tensor]
    pictures: Mapping[str, Tensor] = field(default_factory=dict)


class Term(nn.Module):
    """One named part of the loss, times ``weight``.

    A subclass says which features it reads and returns its parts: a mapping from a part's name
    (a layer, or ``""`` for a term without parts) to one value per image, shape (N,).
    """

    stylised_layers: tuple[str, ...] = ()
    content_layers: tuple[str, ...] = ()
    example_layers: tuple[str, ...] = ()
    motion: StillMotion | None = None
    """Makes the second frames that the term wants to see painted, too."""

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = float(weight)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        """Parts of the term, before ``weight`` and before averaging over the batch."""
        raise NotImplementedError


class PerceptualLoss(nn.Module):
    """Sum of named terms that share one pass of ``network`` over the stylised images.

    The content branch runs without gradient and no deeper than the terms read; a term that reads
    no features costs no pass.

    Args:
        terms: name -> term; the names are those under which the losses are logged.
        network: the frozen loss network.

    Attributes:
        motion: makes the second frames that a term compares the first with; None: no term does.

    Raises:
        StylenetError: there is no term.
    """

    def __init__(
        self, terms: Mapping[str, Term], network: LossNetwork | CheckpointedNetwork
    ) -> None:
        super().__init__()
        if not terms:
            raise StylenetError(
                "The loss has no terms, expected at least one: there is nothing to train on.",
                "Use loss=perceptual, or name terms under loss.terms.",
            )
        self.terms = nn.ModuleDict(dict(terms))
        self.network: LossNetwork | CheckpointedNetwork = network
        self.stylised_layers = _union(term.stylised_layers for term in terms.values())
        self.content_layers = _union(term.content_layers for term in terms.values())
        self.example_layers = _union(term.example_layers for term in terms.values())
        self.motion = next((t.motion for t in terms.values() if t.motion is not None), None)

    def forward(
        self,
        stylised: Tensor,
        content: Tensor,
        chosen: Tensor | None = None,
        regions: Tensor | None = None,
        example: Tensor | None = None,
        second: Second | None = None,
    ) -> LossTerms:
        """Compare ``stylised`` with ``content``, both (N,3,H,W) in [0,1]; the others: `View`.

        ``example`` are images (N,3,h,w) in [0,1] of any size.
        """
        view = self.view_content(content, chosen, regions, example)
        return self.compare(stylised, view, second)

    def view_content(
        self,
        content: Tensor,
        chosen: Tensor | None = None,
        regions: Tensor | None = None,
        example: Tensor | None = None,
    ) -> View:
        """What the terms read of ``content`` (N,3,H,W) in [0,1]: the same for every comparison."""
        with torch.no_grad():
            seen = None
            if example is not None:
                seen = View(example, self._features(example, self.example_layers))
            features = self._features(content, self.content_layers)
            return View(content, features, chosen, regions, seen)

    def compare(
        self, stylised: Tensor, content_view: View, second: Second | None = None
    ) -> LossTerms:
        """Compare ``stylised`` (N,3,H,W) in [0,1] with a content image viewed before."""
        features = self._features(stylised, self.stylised_layers)
        stylised_view = View(stylised, features, second=second)
        terms: dict[str, Tensor] = {}
        parts: dict[str, Tensor] = {}
        pictures: dict[str, Tensor] = {}
        for name, term in self.terms.items():
            values: dict[str, Tensor] = term(stylised_view, content_view)
            weight: Any = term.weight
            shares = {k: weight * v.mean() for k, v in values.items()}
            if content_view.chosen is not None:  # else nobody tells images apart
                pictures[name] = weight * torch.stack(list(values.values())).sum(0).detach()
            terms[name] = torch.stack(list(shares.values())).sum()
            parts |= {f"{name}/{k}": v for k, v in shares.items() if k}
        return LossTerms(torch.stack(list(terms.values())).sum(), terms, parts, pictures)

    def _features(self, image: Tensor, layers: tuple[str, ...]) -> Mapping[str, Tensor]:
        return read_features(self.network, image, layers)


def _union(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(layer for group in groups for layer in group))
