"""Runs of ``task=texture_net``: a generator of one texture."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from typing_extensions import override

from stylenet.config import Settings, as_list
from stylenet.data import Samples
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.nets import TextureNet
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.compiling import compiler_of
from stylenet.runners.nets import Net, NetRunner, describe_style, say_net
from stylenet.styles import FoundStyle

log = logging.getLogger(__name__)
OF_PHOTOGRAPHS = ("content", "laplacian", "temporal")  # terms that compare with one


class TextureNetRunner(NetRunner):
    """A generator is trained to paint images of one texture from noise."""

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """One style, and nothing that needs a photograph.

        Raises:
            StylenetError: several styles, or a term of the loss that compares with a photograph.
        """
        super().validate(config, say)
        styles = as_list(config.style)
        if len(styles) != 1:
            raise StylenetError(
                f"Got {len(styles)} styles {styles}, but task=texture_net trains a generator of "
                "one texture.",
                f"Give one, or train them one after the other: -m style={','.join(styles)}",
            )
        config.style = styles[0]
        wrong = [name for name in OF_PHOTOGRAPHS if name in config.loss.terms]
        if wrong:
            raise StylenetError(
                f"Got the term {', '.join(wrong)} in the loss, which compares with a photograph, "
                "but task=texture_net has none.",
                "Use loss=texture_net, without loss/laplacian or loss/temporal.",
            )

    @override
    def compares(self, config: Settings) -> set[str]:
        return {"style", "samples"}

    @override
    def targets(self, pictures: Sequence[Tensor]) -> Tensor:
        (picture,) = pictures
        return picture

    @override
    def net(self, config: Settings, instantiate: Instantiate, styles: Sequence[FoundStyle]) -> Net:
        """The generator.

        Raises:
            StylenetError: a net that paints photographs.
        """
        module = instantiate(config.net)
        if not isinstance(module, TextureNet):
            raise StylenetError(
                f"Got {type(module).__name__}, but task=texture_net trains a net that paints from "
                "noise.",
                "Use net=texture.",
            )
        return Net(module)

    @override
    def arguments(
        self, config: Settings, instantiate: Instantiate, pictures: Mapping[str, Tensor], say: Say
    ) -> dict[str, Any]:
        """The style image, sizes, what compiles the step, and a seed.

        Raises:
            StylenetError: data that are images.
        """
        data = instantiate(config.data)
        if not isinstance(data, Samples):
            raise StylenetError(
                f"Got data of {type(data).__name__}, but task=texture_net trains on noise.",
                "Use data=samples.",
            )
        (picture,) = pictures.values()
        sizes = {"size": data.size, "val_size": data.val_size}
        compiler = compiler_of(config, say)
        return {"style": picture, "compiler": compiler, "seed": config.seed, **sizes}

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

    @override
    def usage(self, run: Run) -> str:
        return f"draw      stylenet texture {shlex.quote(str(run.folder))}"
