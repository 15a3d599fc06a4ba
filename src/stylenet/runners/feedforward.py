"""Runs of ``task=feedforward``: a transformer net for one style."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from typing_extensions import override

from stylenet.config import Settings, as_list
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.nets import styles_of
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.compiling import compiler_of
from stylenet.runners.initial import settle_init, take_channels
from stylenet.runners.nets import Net, NetRunner, describe_style, say_net
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)


class FeedForwardRunner(NetRunner):
    """A net is trained for one style."""

    models: ClassVar[tuple[str, ...]] = ("init",)

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """One style.

        Raises:
            StylenetError: several.
        """
        super().validate(config, say)
        styles = as_list(config.style)
        if len(styles) != 1:
            raise StylenetError(
                f"Got {len(styles)} styles {styles}, but task=feedforward trains a net for one "
                "style.",
                f"Give one, or train them one after the other: -m style={','.join(styles)}",
            )
        config.style = styles[0]
        take_channels(config)
        settle_init(config, say)

    @override
    def targets(self, pictures: Sequence[Tensor]) -> Tensor:
        (picture,) = pictures
        return picture

    @override
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """The net.

        Raises:
            StylenetError: one for several styles.
        """
        module: nn.Module = instantiate(config.net)
        if styles_of(module) is not None:
            raise StylenetError(
                f"Got {type(module).__name__} for {styles_of(module)} styles "
                "(norm=conditional_instance, net=stylebank), but task=feedforward trains a net for "
                "one style.",
                "Use norm=instance, or task=multistyle 'style=[udnie,wave]'.",
            )
        return Net(module)

    @override
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """The style picture, what compiles the step, and a seed."""
        (picture,) = pictures.values()
        return {"style": picture, "compiler": compiler_of(config, say), "seed": config.seed}

    @override
    def start(self, run: Run) -> None:
        """Write ``style.png``; name the components."""
        write_image(run.folder / "style.png", run.task.style)
        (style,) = run.components.styles
        log.info("style %s: %s", style.name, style.path)
        say_net(run)

    @override
    def described_styles(self, run: Run) -> dict[str, Any]:
        (style,) = run.components.styles
        return {"style": describe_style(run, style)}
