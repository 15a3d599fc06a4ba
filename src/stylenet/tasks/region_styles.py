"""Training one net to paint each region of a picture in a style of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from stylenet.losses import LossTerms
from stylenet.tasks.feedforward import scalars_of
from stylenet.tasks.maps import Maps, RandomMaps
from stylenet.tasks.multistyle import IDENTITY, MultiStyle


class RegionStyles(MultiStyle):
    """`MultiStyle` whose pictures have several styles each, in places that ``maps`` choose.

    The net gets the maps as its style weights (N,S,H,W), and the loss compares each region with its
    own style. A net trained on whole pictures alone can be given maps, too; but its norms, which
    take their statistics from the whole picture, then meet what they never saw: regions next to it.

    Each style's own losses are of the places that had this style. Validation paints each picture by
    the maps of the first steps, the same at every validation.

    Args:
        maps: where each style is wanted.
        arguments: as `MultiStyle`; the loss is of regions, one a style.
        more: likewise.
    """

    def __init__(self, *arguments: Any, maps: Maps | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.maps = RandomMaps() if maps is None else maps

    def maps_at(self, step: int, batch: Tensor) -> Tensor:
        """Where the styles are wanted in a batch (N,3,H,W): (N,S,H,W), on the CPU."""
        height, width = batch.shape[-2:]
        return self.maps(len(self.styles), len(batch), (height, width), step, self.seed)

    def validation_step(self, batch: Tensor, batch_idx: int) -> Mapping[str, Any]:
        """Log the losses of a batch; hand out its pictures.

        They are ``content``, ``regions`` (N,S,H,W), ``stylised``, and ``reconstruction`` if the net
        makes any.
        """
        regions = self.maps_at(batch_idx, batch)
        stylised, terms = self._painted_by(batch, regions)
        sums = scalars_of(terms) | self._by_region(terms, regions)
        pictures: dict[str, Any] = {"content": batch, "regions": regions, "stylised": stylised}
        if self.reconstructs():
            sums[IDENTITY], pictures["reconstruction"] = self._identity_loss(batch)
        self._log("val", sums, len(batch))
        return pictures

    def _styled(self, batch: Tensor, step: int) -> tuple[LossTerms, dict[str, Tensor]]:
        regions = self.maps_at(step, batch)
        _, terms = self._painted_by(batch, regions)
        return terms, self._by_region(terms, regions)

    def _painted_by(self, batch: Tensor, regions: Tensor) -> tuple[Tensor, LossTerms]:
        stylised = self(batch, regions)  # weights on the CPU: see Mixture.of
        return stylised, self.loss(stylised, batch, regions=regions.to(batch.device))

    def _by_region(self, terms: LossTerms, regions: Tensor) -> dict[str, Tensor]:
        """Each style's mean distance over the places that had it: a part is times their share."""
        shares = regions.mean((0, 2, 3)).tolist()
        return {
            f"{name}/style": terms.parts[f"style/{number}"] / shares[number]
            for number, name in enumerate(self.styles)
            if shares[number] > 0 and f"style/{number}" in terms.parts
        }
