"""Training one net to paint each region of an image in a style of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from stylenet.losses import LossTerms
from stylenet.tasks.feedforward import log_losses, scalars_of
from stylenet.tasks.maps import Maps, RandomMaps
from stylenet.tasks.multistyle import MultiStyle
from stylenet.tasks.reconstruction import IDENTITY

Batch = Tensor | tuple[Tensor, Tensor]
"""Images (N,3,H,W) in [0,1], or these and their maps (N,R,H,W)."""


class RegionStyles(MultiStyle):
    """`MultiStyle` whose images have several styles each, in places that ``maps`` choose.

    The net gets the maps as its style weights (N,S,H,W), and the loss compares each region with its
    own style. A net trained on whole images alone can be given maps, too; but its norms, which
    take their statistics from the whole image, then meet what they never saw: regions next to it.

    Each style's own losses are of the places that had this style. Validation paints each image by
    the maps of the first steps, the same at every validation.

    Args:
        maps: where each style is wanted.
        arguments: as `MultiStyle`; the loss is of regions, one a style.
        more: likewise.
    """

    def __init__(self, *arguments: Any, maps: Maps | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.maps = RandomMaps() if maps is None else maps

    @property
    def reads_maps(self) -> bool:
        """Whether the maps are the data's own."""
        return bool(getattr(self.maps, "reads_data", False))

    def maps_at(self, step: int, batch: Batch) -> Tensor:
        """Where the styles are wanted in a batch: (N,S,H,W), on the CPU."""
        pictures, own = _parts(batch)
        return self.maps(len(self.styles), pictures, own, step, self.seed)

    def validation_step(self, batch: Batch, batch_idx: int) -> Mapping[str, Any]:
        """Log the losses of a batch; hand out its images.

        They are ``content``, ``regions`` (N,S,H,W), ``stylised``, and ``reconstruction`` if the net
        makes any.
        """
        regions, content = self.maps_at(batch_idx, batch), self._pictures(batch)
        stylised, terms = self._painted_by(content, regions)
        sums = scalars_of(terms) | self._by_region(terms, regions)
        pictures: dict[str, Any] = {"content": content, "regions": regions, "stylised": stylised}
        if self.reconstructs():
            sums[IDENTITY], pictures["reconstruction"] = self._identity_loss(content)
        log_losses(self, "val", sums, len(content))
        return pictures

    def _pictures(self, batch: Batch) -> Tensor:
        return _parts(batch)[0]

    def _styled(self, batch: Batch, step: int) -> tuple[LossTerms, dict[str, Tensor]]:
        regions = self.maps_at(step, batch)
        _, terms = self._painted_by(self._pictures(batch), regions)
        return terms, self._by_region(terms, regions)

    def _painted_by(self, batch: Tensor, regions: Tensor) -> tuple[Tensor, LossTerms]:
        stylised = self(batch, regions)  # weights on the CPU: see Mixture.of
        return stylised, self.loss(stylised, batch, regions=regions.to(batch.device))

    def _by_region(self, terms: LossTerms, regions: Tensor) -> dict[str, Tensor]:
        """Each style's mean distance over its places: a part is times their fraction."""
        shares = regions.mean((0, 2, 3)).tolist()
        return {
            f"{name}/style": terms.parts[f"style/{number}"] / shares[number]
            for number, name in enumerate(self.styles)
            if shares[number] > 0 and f"style/{number}" in terms.parts
        }


def _parts(batch: Batch) -> tuple[Tensor, Tensor | None]:
    return (batch, None) if isinstance(batch, Tensor) else (batch[0], batch[1])
