"""Runs of ``task=regions``: one net that paints each region of a picture in its own style."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from typing_extensions import override

from stylenet.apply import load_model
from stylenet.commands import command
from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.multistyle import MultiStyleRunner
from stylenet.runners.nets import Net
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)


class RegionStylesRunner(MultiStyleRunner):
    """A net is trained for several styles side by side in a picture, and kept like any of several.

    It is one of several styles in all that is done with it: whole pictures, mixtures, regions. With
    ``bank`` it begins as a net of these styles, which so learns what it lacks in some steps.
    """

    models = (*MultiStyleRunner.models, "bank")

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """As `MultiStyleRunner`; one style has no regions, and a bank is what training begins with.

        Raises:
            StylenetError: a setting that has no meaning here.
        """
        if config.bank is not None and "init" in config:
            if config.init not in (None, "auto"):
                raise StylenetError(
                    f"Got bank={config.bank} and init={config.init}, expected one of them: both "
                    "are what training begins with.",
                    "Leave init out, or use it without bank.",
                )
            config.init = None
        super().validate(config, say)
        if len(config.style) < 2:
            raise StylenetError(
                f"Got style={list(config.style)}, but task=regions trains a net for styles side by "
                "side.",
                "Give two or more, e.g. 'style=[udnie,starry_night]', or use task=feedforward.",
            )

    @override
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """The net of ``bank``, if it is given, else a new one.

        Raises:
            StylenetError: a bank of other styles.
        """
        if config.bank is None:
            return super().net(config, instantiate, styles)
        bank, names = load_model(config.bank, config.net_packages), [style.name for style in styles]
        if bank.styles != tuple(names):
            raise StylenetError(
                f"Got style=[{','.join(names)}] and bank={config.bank}, a net of "
                f"{', '.join(bank.styles) or 'one style'}.",
                "Name the styles of the net, in its order.",
            )
        module = bank.net.train().requires_grad_(True)
        return Net(module, bank.description["architecture"], bank)

    @override
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Also say how to paint by a map."""
        figures = super().save_results(run, finished=finished)
        first, second, *_ = (style.name for style in run.components.styles)
        styles = f"'region_styles={{red: {first}, blue: {second}}}'"
        what = f"content=<picture> region_map=<map> {styles}"
        log.info("by a map  %s", command("evaluate", {"model": run.folder}, what))
        return figures
