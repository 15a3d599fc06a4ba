"""Style images for nets of any style: another one for each image of each step."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from stylenet.data.augment import Augment
from stylenet.data.module import PictureData
from stylenet.data.order import Order, augment_rng
from stylenet.data.pictures import Pictures
from stylenet.errors import StylenetError
from stylenet.images import to_tensor

PARTNERS = 1 << 20  # epochs from here on: who stands beside whom
_MAKERS = ThreadPoolExecutor(min(8, os.cpu_count() or 1), "style images")


class StyleCrops:
    """Squares of style images, dealt by the number of the step: a function of that and the seed.

    Some are two squares side by side, cut where chance wants it. Their statistics are a mixture of
    two styles', as weighed by their areas, so that mixtures are learnt too.

    Threads make those of the next step ahead: else a GPU waits for them, image by image.

    Args:
        pictures: at least one.
        augment: makes the squares.
        size: their side, pixels.
        seed: 0 or more.
        mixed: fraction of the squares that are made of two, 0 to 1.

    Raises:
        StylenetError: ``mixed`` is out of its range.
    """

    def __init__(
        self, pictures: Pictures, augment: Augment, size: int, seed: int, mixed: float = 0.2
    ) -> None:
        if not 0 <= mixed <= 1:
            raise StylenetError(
                f"Got mixed={mixed}, expected the fraction of mixed styles, 0 to 1.",
                "Use mixed=0.2.",
            )
        self.pictures = pictures
        self.augment = augment
        self.size = size
        self.seed = seed
        self.mixed = mixed
        self._ahead: tuple[tuple[int, int], list[Future[Tensor]]] | None = None

    def __getstate__(self) -> dict[str, object]:
        """Leave out what only this process can wait for."""
        return self.__dict__ | {"_ahead": None}

    @classmethod
    def of(cls, data: PictureData, mixed: float = 0.2) -> StyleCrops:
        """The training images of ``data``, with its augmentation, size and seed."""
        return cls(data.train_pictures(), data.augment, data.size, data.seed, mixed)

    def batch(self, step: int, count: int) -> Tensor:
        """The style images of the step of this number: (count,3,size,size) in [0,1].

        Raises:
            PictureError: one cannot be read.
        """
        ahead, self._ahead = self._ahead, None
        begun = ahead[1] if ahead and ahead[0] == (step, count) else self._begun(step, count)
        made = torch.stack([square.result() for square in begun])
        self._ahead = (step + 1, count), self._begun(step + 1, count)
        return made

    def _begun(self, step: int, count: int) -> list[Future[Tensor]]:
        numbers = Order(len(self.pictures), count, self.seed).picks(step)
        partners = Order(len(self.pictures), count, self.seed).picks(PARTNERS + step)
        return [
            _MAKERS.submit(self._square, step, index, int(number), int(partner))
            for index, (number, partner) in enumerate(zip(numbers, partners, strict=True))
        ]

    def _square(self, step: int, index: int, number: int, partner: int) -> Tensor:
        rng = augment_rng(self.seed, step, index)
        square = self._cut(number, rng)
        if rng.random() < self.mixed:
            left = round(self.size * rng.uniform(0.2, 0.8))
            square = square.copy()
            square.paste(self._cut(partner, rng), (left, 0))
        return to_tensor(square)

    def _cut(self, number: int, rng: np.random.Generator) -> Image.Image:
        return self.augment(self.pictures.load(number), self.size, rng)
