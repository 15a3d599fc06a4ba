"""Runs of ``task=texture_net``: a generator of one texture."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from typing_extensions import override

from stylenet.config import Settings
from stylenet.data import Samples
from stylenet.errors import StylenetError
from stylenet.nets import TextureNet
from stylenet.runners.base import Instantiate, Run, Say
from stylenet.runners.nets import Net
from stylenet.runners.one_style import OneStyleRunner
from stylenet.styles import FoundStyle

OF_PHOTOGRAPHS = ("content", "laplacian", "temporal")  # terms that compare with one


class TextureNetRunner(OneStyleRunner):
    """A generator is trained to paint images of one texture from noise."""

    trains = "task=texture_net trains a generator of one texture"

    @override
    def validate(self, config: Settings, say: Say) -> None:
        """One style, and nothing that needs a photograph.

        Raises:
            StylenetError: several styles, or a term of the loss that compares with a photograph.
        """
        super().validate(config, say)
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
        shared = super().arguments(config, instantiate, pictures, say)
        return {**shared, "size": data.size, "val_size": data.val_size}

    @override
    def usage(self, run: Run) -> str:
        return f"draw      stylenet texture {shlex.quote(str(run.folder))}"
