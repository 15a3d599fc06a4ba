"""Runs of ``task=feedforward``: a transformer net for one style."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import nn
from typing_extensions import override

from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.nets import styles_of
from stylenet.runners.base import Instantiate, Say
from stylenet.runners.initial import settle_content_start, settle_init, take_channels
from stylenet.runners.nets import Net
from stylenet.runners.one_style import OneStyleRunner
from stylenet.styles import FoundStyle


class FeedForwardRunner(OneStyleRunner):
    """A net is trained for one style."""

    trains = "task=feedforward trains a net for one style"
    models: ClassVar[tuple[str, ...]] = ("init",)

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """One style.

        Raises:
            StylenetError: several.
        """
        super().validate(config, say)
        take_channels(config)
        settle_init(config, say)
        settle_content_start(config, say)

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
