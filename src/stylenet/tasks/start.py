"""Where the optimisation of an image starts, as objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import torch
from torch import Generator, Tensor

from stylenet.errors import StylenetError
from stylenet.nets.pixels import resized

Start: TypeAlias = Callable[[Tensor, Tensor, Generator], Tensor]
"""(content (1,3,H,W), style (1,3,h,w), random generator) -> image (1,3,H,W), all in [0,1].

One with a true attribute ``of_content`` has no meaning without a content image.
"""


@dataclass(frozen=True)
class WhiteNoise:
    """Uniform noise around mid grey, ``spread`` wide: 1 fills [0,1] (Gatys et al. 2016)."""

    spread: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is not in [0,1]."""
        _share("spread", self.spread)

    def __call__(self, content: Tensor, style: Tensor, generator: Generator) -> Tensor:
        """Noise of the content's size."""
        del style
        noise = torch.rand(content.shape, generator=generator, dtype=content.dtype)
        return 0.5 + self.spread * (noise - 0.5)


@dataclass(frozen=True)
class FromContent:
    """The content image."""

    of_content: ClassVar[bool] = True

    def __call__(self, content: Tensor, style: Tensor, generator: Generator) -> Tensor:
        """The content."""
        del style, generator
        return content


@dataclass(frozen=True)
class FromStyle:
    """The style image, stretched to the content's size."""

    def __call__(self, content: Tensor, style: Tensor, generator: Generator) -> Tensor:
        """The style at the content's size."""
        del generator
        height, width = content.shape[-2:]
        return resized(style, height, width)


@dataclass(frozen=True)
class FromPicture:
    """A given image (3,h,w), such as a snapshot of another run, stretched to the size."""

    picture: Tensor

    def __call__(self, content: Tensor, style: Tensor, generator: Generator) -> Tensor:
        """The image at the content's size."""
        del style, generator
        height, width = content.shape[-2:]
        return resized(self.picture[None], height, width)


@dataclass(frozen=True)
class NoisyContent:
    """Content and white noise mixed: ``noise`` times the noise, the rest content."""

    of_content: ClassVar[bool] = True

    noise: float = 0.6

    def __post_init__(self) -> None:
        """Refuse what is not in [0,1]."""
        _share("noise", self.noise)

    def __call__(self, content: Tensor, style: Tensor, generator: Generator) -> Tensor:
        """The mixture."""
        return content.lerp(WhiteNoise()(content, style, generator), self.noise)


@dataclass(frozen=True)
class SpeckledContent:
    """The content, but white noise at a random ``share`` of the pixels."""

    of_content: ClassVar[bool] = True

    share: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what is not in [0,1]."""
        _share("share", self.share)

    def __call__(self, content: Tensor, style: Tensor, generator: Generator) -> Tensor:
        """The content with noise on it."""
        noise = WhiteNoise()(content, style, generator)
        chosen = torch.rand(content[:, :1].shape, generator=generator) < self.share
        return torch.where(chosen, noise, content)


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise StylenetError(
            f"Got start.{name}={value}, expected a fraction from 0 to 1.", f"Set start.{name}=0.5."
        )
