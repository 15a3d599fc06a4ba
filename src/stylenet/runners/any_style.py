"""Runs of ``task=any_style``: one net for any style."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, ClassVar

from torch import Tensor, nn
from typing_extensions import override

from stylenet.config import Settings
from stylenet.data.style_crops import StyleCrops
from stylenet.errors import StylenetError
from stylenet.images import ShorterSide, to_tensor, write_image
from stylenet.losses import StyleReader
from stylenet.nets import AnyStyleNet
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.nets import Net, NetRunner, say_net
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)


class AnyStyleRunner(NetRunner):
    """A net is trained to paint in any style, from a folder of style images."""

    paths = (*NetRunner.paths, "styles.roots", "styles.val_root", "styles.cache")
    models = ("init",)
    built = (*NetRunner.built, "reader.network")
    kinds: ClassVar[Mapping[str, Any]] = {
        **NetRunner.kinds,
        "reader": Mapping,
        "mixed_styles": float,
    }

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """No style of its own.

        Raises:
            StylenetError: one was given.
        """
        super().validate(config, say)
        if config.style is not None:
            raise StylenetError(
                f"Got style={config.style}, but task=any_style learns from folders of images.",
                "Use task=any_style 'styles.roots=[<folder>]'.",
            )

    @override
    def targets(self, pictures: Sequence[Tensor]) -> None:
        return None

    @override
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """The net.

        Raises:
            StylenetError: one for fixed styles.
        """
        module: nn.Module = instantiate(config.net)
        if not isinstance(module, AnyStyleNet):
            raise StylenetError(
                f"Got {type(module).__name__}, but task=any_style trains a net that predicts the "
                "scales and shifts of its norms.",
                "Use net=any_style.",
            )
        return Net(module)

    @override
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """The style images, and those whose styles are painted at validation."""
        data = instantiate(config.styles)
        kept = data.val_pictures()
        size = ShorterSide(data.val_size)
        shown = {
            PurePath(kept.name(number)).stem: size(to_tensor(kept.load(number)))[None]
            for number in range(len(kept))
        }
        return {
            "style_images": StyleCrops.of(data, config.mixed_styles),
            "styles": shown,
            "reader": self._reader(config, instantiate),
        }

    def _reader(self, config: Settings, instantiate: Instantiate) -> StyleReader | None:
        """What reads styles for the net, unless the loss network does."""
        if config.reader.name == config.loss_network.name:
            return None
        network = instantiate(config.reader.network)
        return StyleReader(network, config.reader.style_layers)

    @override
    def start(self, run: Run) -> None:
        """Write ``styles/<name>.png`` of those shown; name the components."""
        (run.folder / "styles").mkdir(exist_ok=True)
        for name, image in run.task.styles.items():
            write_image(run.folder / "styles" / f"{name}.png", image)
        log.info("style images %d", len(run.task.style_images.pictures))
        say_net(run)

    @override
    def described_styles(self, run: Run) -> dict[str, Any]:
        reader = run.task.reader
        network = run.task.loss.network if reader is None else reader.network
        layers = run.values["loss"]["style_layers"] if reader is None else reader.layers
        return {
            "any_style": {
                "style_images": len(run.task.style_images.pictures),
                "layers": list(layers),
                "loss_network": network.weights_source,
            }
        }
