"""An order for images that lie in chunks, where only a whole chunk is quick to get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylenet.data.order import Order


@dataclass(frozen=True)
class ChunkOrder(Order):
    """An `Order` that deals one chunk after another: the chunks shuffled, and each within itself.

    Its other laws are those of `Order`. Each shuffle fetches each chunk once; a full shuffle would
    fetch one for nearly every image. Images of a chunk are drawn near one another, so data
    should be written in an order that mixes them, as that of `FolderData` is.

    Args:
        chunks: How many of the images lie in each chunk; they are numbered chunk by chunk.
    """

    chunks: tuple[int, ...]

    def shuffled(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the numbers of all images, each once, those of a chunk together."""
        starts = np.cumsum([0, *self.chunks])
        return np.concatenate(
            [starts[n] + rng.permutation(self.chunks[n]) for n in rng.permutation(len(self.chunks))]
        )
