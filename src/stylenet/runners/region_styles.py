"""Runs of ``task=regions``: one net that paints each region of a picture in its own style."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig
from torch import nn

from stylenet.apply import load_model
from stylenet.errors import StylenetError
from stylenet.run.building import Parts
from stylenet.runners.multistyle import MultiStyleRuns

log = logging.getLogger(__name__)


class RegionStyleRuns(MultiStyleRuns):
    """A net is trained for several styles side by side in a picture, and kept like any of several.

    It is one of several styles in all that is done with it: whole pictures, mixtures, regions. With
    ``bank`` it begins as a net of these styles, which so learns what it lacks in some steps.
    """

    def settle(self, config: DictConfig) -> None:
        """As `MultiStyleRuns`; one style has no regions.

        Raises:
            StylenetError: a setting that has no meaning here.
        """
        super().settle(config)
        if len(config.style) < 2:
            raise StylenetError(
                f"Got style={list(config.style)}, but task=regions trains a net for styles side by "
                "side.",
                "Give two or more, e.g. 'style=[udnie,starry_night]', or use task=feedforward.",
            )

    def _settle_bank(self, config: DictConfig) -> None:
        """The net to begin with may be any of several styles."""

    def _net(self, config: DictConfig, names: Sequence[str]) -> nn.Module:
        if config.bank is None:
            return super()._net(config, names)
        bank = load_model(config.bank)
        if bank.styles != tuple(names):
            raise StylenetError(
                f"Got style=[{','.join(names)}] and bank={config.bank}, a net of "
                f"{', '.join(bank.styles) or 'one style'}.",
                "Name the styles of the net, in its order.",
            )
        config.net = bank.description["architecture"]
        return bank.net.train().requires_grad_(True)

    def keep(
        self, config: DictConfig, folder: Path, parts: Parts, *, finished: bool
    ) -> float | None:
        """Also say how to paint by a map."""
        loss = super().keep(config, folder, parts, finished=finished)
        first, second, *_ = (style.name for style in parts.styles)
        log.info(
            "by a map  python evaluate.py 'model=%s' content=<picture> region_map=<map> "
            "'region_styles={red: %s, blue: %s}'",
            *(folder, first, second),
        )
        return loss
