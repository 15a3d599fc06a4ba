"""Training a generator of one texture, from noise (Ulyanov et al. 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from stylenet.motion import Followed
from stylenet.nets import TextureNet as Generator
from stylenet.tasks.feedforward import FeedForward

TRAINING, VALIDATION = 0, 1


class TextureNet(FeedForward):
    """Optimises ``net`` so that the loss of what it paints of fresh noise falls.

    Noise is drawn anew from the number of the step, so that a resumed run goes on with that of the
    uninterrupted one; at every validation it is the same.

    Args:
        net: the generator.
        size: side of the images that it is trained on, pixels.
        val_size: of those of a validation.
        more: as `FeedForward`.
    """

    def __init__(self, net: Generator, *args: Any, size: int, val_size: int, **more: Any) -> None:
        super().__init__(net, *args, **more)
        self._size = size
        self._val_size = val_size

    @override
    def training_step(self, batch: Tensor | Followed, batch_idx: int) -> Tensor:
        """One step on as many images as ``batch`` (N,) has numbers."""
        assert isinstance(batch, Tensor)  # data=samples has no frames
        noise = self._noise(batch, self._size, TRAINING, self.global_step, self.global_rank)
        return super().training_step(noise, batch_idx)

    @override
    def validation_step(self, batch: Tensor | Followed, batch_idx: int) -> Mapping[str, Tensor]:
        """Log the losses of images from noise that is always the same; hand them out."""
        assert isinstance(batch, Tensor)
        noise = self._noise(batch, self._val_size, VALIDATION, batch_idx)
        return {"stylised": super().validation_step(noise, batch_idx)["stylised"]}

    def _noise(self, batch: Tensor, size: int, *key: int) -> Tensor:
        seed = np.random.SeedSequence((self._seed, *key)).generate_state(1)
        generator = torch.Generator(batch.device).manual_seed(int(seed[0]))
        assert isinstance(self.net, Generator)
        return self.net.noise(len(batch), size, size, generator)
