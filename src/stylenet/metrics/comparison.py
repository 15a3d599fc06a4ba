"""Figures of stylised images that mean the same in every run, whatever its own loss is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from stylenet.errors import about
from stylenet.loss_networks import LossNetwork
from stylenet.losses import Term, View
from stylenet.losses.features import check_names, read_features
from stylenet.losses.functional import total_variation
from stylenet.metrics.diversity import diversity
from stylenet.metrics.figure_names import OF_A_STYLE
from stylenet.metrics.judge import Description, Judge
from stylenet.metrics.quality import ssim
from stylenet.metrics.spectrum import contrast, spectrum

LOST = 1.2  # content distance above which a photograph counts as lost
PENALTY = 10.0  # a distance of 0.1 more costs half of what a photograph has as style distance
JUDGED_PENALTY = 5.0  # the same: there a photograph has half of that
SMALLEST = 64  # shorter side of a style, pixels: no layer takes much less

MakeStyleTerm = Callable[..., Term]
"""Makes a term from ``network`` and ``style``: an image (1,3,H,W), or for regions several."""


class Comparison:
    """Measures what a task painted under one loss network, at one size.

    Images are brought to a shorter side of ``px``; style images are scaled by what the photographs
    are scaled by, so that strokes are compared at the size that the run aims at.

    Figures, means over a batch:

    - ``style``: 0 for the style image, about 2 for a photograph; ``style/<layer>`` are its parts;
    - ``content``: 0 for the photograph, 2 for an unrelated one;
    - ``balanced``: ``style``, and 10 times what ``content`` is above 1.2, where a photograph is
      lost;
    - ``tv``, ``contrast``, ``spectrum/low`` and ``spectrum/high`` of the stylised image;
    - ``ssim`` with the photograph;
    - of several images without photographs ``diversity`` and ``diversity/layout``;
    - with a judge ``judge/style``, its parts ``judge/style/<stage>``, ``judge/content``, and
      ``judge/balanced``: ``judge/style``, and 5 times what ``judge/content`` is above 1.2.

    Of several styles these are means, and each has its own ones under ``<style>/``, without parts.

    Args:
        network: frozen; not the run's own, which may compute in another precision.
        content: a term of weight 1, likewise the ones below.
        style: of one style for the whole image.
        region_style: of one style for each region.
        px: shorter side, pixels.
        judge: None: not asked.

    Raises:
        LossNetworkError: a layer that ``network`` has not.
    """

    def __init__(
        self,
        network: LossNetwork,
        content: Term,
        style: MakeStyleTerm,
        region_style: MakeStyleTerm,
        px: int = 256,
        judge: Judge | None = None,
    ) -> None:
        with about("comparison.content"):
            check_names(network, (*content.stylised_layers, *content.content_layers))
        for name, make in {"style": style, "region_style": region_style}.items():
            with about(f"comparison.{name}"):  # made when first asked for
                check_names(network, getattr(make, "keywords", {}).get("layers", ()))
        self.px = px
        self._network = network
        self._content = content
        self._style = style
        self._region_style = region_style
        self._judge = judge
        self._terms: dict[tuple[str, float], Term] = {}
        self._judged: dict[tuple[str, float], Description] = {}

    @torch.inference_mode()
    def __call__(
        self, painted: Mapping[str, Any], styles: Mapping[str, Tensor]
    ) -> dict[str, float]:
        """Measure a batch.

        Args:
            painted: ``stylised``, (N,3,H,W) in [0,1], or one such batch by style. Also, where they
                are to be compared, the photographs as ``content``, of that shape, and the
                ``regions`` of the styles (N,S,H,W). Anything else is not read.
            styles: images (1,3,h,w) in [0,1] by name, the same ones at every call; of regions in
                their order; none where no style is aimed at.
        """
        stylised = painted["stylised"]
        if not isinstance(stylised, Mapping):
            return self._means(stylised, painted, styles)
        each = {
            name: self._means(images, painted, {name: styles[name]})
            for name, images in stylised.items()
        }
        keys = next(iter(each.values())).keys()
        means = {key: fmean(found[key] for found in each.values()) for key in keys}
        return means | {
            f"{name}/{key}": found[key] for name, found in each.items() for key in keys & OF_A_STYLE
        }

    def _means(
        self, images: Tensor, painted: Mapping[str, Any], styles: Mapping[str, Tensor]
    ) -> dict[str, float]:
        content: Tensor | None = painted.get("content")
        regions: Tensor | None = painted.get("regions")
        factor = self.px / min((images if content is None else content).shape[-2:])
        stylised = self._sized(images)
        if content is not None:
            content = self._sized(content.to(stylised.device))
            if content.shape != stylised.shape:  # of coarse sizes, whose sides were rounded
                size = content.shape[-2:]
                stylised = F.interpolate(stylised, size, mode="bilinear", antialias=True)
        if regions is not None:
            regions = regions.to(stylised.device).float()
            regions = F.interpolate(regions, stylised.shape[-2:], mode="area")
        values = self._distances(stylised, content, regions, styles, factor)
        figures = {key: value.mean().item() for key, value in values.items()}
        looks = [_look(image) for image in stylised.cpu()]
        figures |= {key: fmean(look[key] for look in looks) for key in looks[0]}
        if content is not None:
            similar = [ssim(a, b) for a, b in zip(stylised, content, strict=True)]
            figures["ssim"] = fmean(value for value in similar if value is not None)
            if self._judge is not None:
                figures |= self._judgement(self._judge, stylised, content, styles, factor)
        elif len(stylised) > 1 and len(styles) == 1:
            (style,) = styles.values()
            figures |= diversity(stylised, resized(style.to(stylised).float(), factor))
        return figures

    def _sized(self, images: Tensor) -> Tensor:
        return resized(images.detach().float().clamp(0, 1), self.px / min(images.shape[-2:]))

    def _distances(
        self,
        stylised: Tensor,
        content: Tensor | None,
        regions: Tensor | None,
        styles: Mapping[str, Tensor],
        factor: float,
    ) -> dict[str, Tensor]:
        """What is read through the loss network, of each image (N,)."""
        self._network.to(stylised.device)
        terms = self._style_terms(styles, factor, in_regions=regions is not None)
        wanted = [term.stylised_layers for term in terms.values()]
        compared = () if content is None else self._content.stylised_layers
        layers = dict.fromkeys(layer for some in (*wanted, compared) for layer in some)
        seen = View(stylised, read_features(self._network, stylised, layers))
        photographs = View(stylised, regions=regions)
        if content is not None:
            features = read_features(self._network, content, self._content.content_layers)
            photographs = View(content, features, regions=regions)
        found = {"tv": total_variation(stylised)}
        if content is not None:
            found["content"] = torch.stack([*self._content(seen, photographs).values()]).sum(0)
        for term in terms.values():
            for part, value in term(seen, photographs).items():
                for key in ("style", f"style/{part.partition('@')[0]}"):
                    found[key] = found.get(key, 0) + value / len(terms)
        if regions is not None and styles:
            found = _by_region(found, regions, list(styles))
        if content is not None and styles:
            found["balanced"] = found["style"] + PENALTY * (found["content"] - LOST).clamp_min(0)
        return found

    def _style_terms(
        self, styles: Mapping[str, Tensor], factor: float, *, in_regions: bool
    ) -> dict[str, Term]:
        """A term for each style; or one for all regions."""
        groups = {"": list(styles)} if in_regions and styles else {name: [name] for name in styles}
        make = self._region_style if in_regions else self._style
        device = next(self._network.layers.parameters()).device
        for title, names in groups.items():
            if (title, factor) not in self._terms:
                sized = [resized(styles[name].to(device).float(), factor) for name in names]
                with about(f"comparison.{'region_style' if in_regions else 'style'}"):
                    term = make(network=self._network, style=sized if in_regions else sized[0])
                self._terms[title, factor] = term.to(device)
        return {title: self._terms[title, factor] for title in groups}

    def _judgement(
        self,
        judge: Judge,
        stylised: Tensor,
        content: Tensor,
        styles: Mapping[str, Tensor],
        factor: float,
    ) -> dict[str, float]:
        found: dict[str, list[float]] = defaultdict(list)
        for image, photograph in zip(stylised.cpu(), content.cpu(), strict=True):
            described, shown = judge.describe(image), judge.describe(photograph)
            content_distance = described.content_distance(shown)
            found["judge/content"].append(content_distance)
            penalty = JUDGED_PENALTY * max(0.0, content_distance - LOST)
            for name, style in styles.items():
                key = (name, factor)
                if key not in self._judged:
                    self._judged[key] = judge.describe(resized(style.float().cpu(), factor))
                distances = described.style_distance(self._judged[key], shown)
                mean = fmean(distances.values())
                found["judge/style"].append(mean)
                found["judge/balanced"].append(mean + penalty)
                for stage, distance in distances.items():
                    found[f"judge/style/{stage}"].append(distance)
        return {key: fmean(values) for key, values in found.items()}


def _by_region(
    found: dict[str, Tensor], regions: Tensor, names: Sequence[str]
) -> dict[str, Tensor]:
    """Parts of regions, which are times their fraction of the image, as distances of styles."""
    fractions = regions.mean((2, 3))
    kept = {key: value for key, value in found.items() if not key.startswith("style/")}
    for number, name in enumerate(names):
        there = fractions[:, number] > 0
        if there.any():
            part = found[f"style/{number}"]
            kept[f"{name}/style"] = part[there] / fractions[there, number]
    return kept


def _look(image: Tensor) -> dict[str, float]:
    low, high = spectrum(image)
    return {"contrast": contrast(image), "spectrum/low": low, "spectrum/high": high}


def resized(images: Tensor, factor: float) -> Tensor:
    """(N,3,H,W) with both sides multiplied, no shorter side below `SMALLEST`."""
    sides = images.shape[-2:]
    factor = max(factor, SMALLEST / min(sides))
    size = [round(side * factor) for side in sides]
    return F.interpolate(images, size, mode="bilinear", antialias=True)
