"""Which image is drawn when, and with which random numbers: pure functions of the seed.

Nothing here reads or advances a global random generator, and nothing depends on the process
that asks: a draw is named by (seed, epoch, index), and its name fixes its image and its
augmentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylenet.errors import StylenetError

_ORDER_STREAM = 0
_AUGMENT_STREAM = 1


@dataclass(frozen=True, slots=True)
class Draw:
    """One training example before it is read: the ``index``-th of ``epoch``, of ``picture``.

    ``picture`` follows from the other two and the seed (see `Order`); it travels along so that
    workers need not know the order.
    """

    epoch: int
    index: int
    picture: int


def augment_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """Random numbers of one draw, the same in any process and whatever was drawn before.

    Args:
        seed: Of the run, 0 or more.
        epoch: 0 or more.
        index: Of the draw within its epoch, 0 or more.
    """
    return _rng(seed, _AUGMENT_STREAM, epoch, index)


def _rng(seed: int, *key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=key)))


@dataclass(frozen=True)
class Order:
    """The order of a training run: which image is drawn at (epoch, index).

    The images are dealt like a pack of cards: the pack is shuffled, dealt to its end,
    shuffled again. With ``epoch_size == pictures`` every epoch is therefore a permutation of the
    images; with a smaller or larger one, draw ``epoch * epoch_size + index`` of the whole run
    falls into shuffle number ``that // pictures``. At no time has an image been drawn more than
    once oftener than another.

    Args:
        pictures: How many there are, at least one.
        epoch_size: Draws in an epoch, at least one.
        seed: 0 or more; another seed is another order.

    Raises:
        StylenetError: One of them is too small.
    """

    pictures: int
    epoch_size: int
    seed: int

    def __post_init__(self) -> None:
        for name, minimum in (("pictures", 1), ("epoch_size", 1), ("seed", 0)):
            if (value := getattr(self, name)) < minimum:
                raise StylenetError(
                    f"The order of the pictures got {name}={value}, expected {minimum} or more.",
                    "Add pictures." if name == "pictures" else f"Set another data.{name}.",
                )

    def picks(self, epoch: int) -> NDArray[np.int64]:
        """Return the numbers of the images drawn in ``epoch``, shape (epoch_size,)."""
        first = epoch * self.epoch_size
        shuffles = range(first // self.pictures, (first + self.epoch_size - 1) // self.pictures + 1)
        dealt = np.concatenate(
            [self.shuffled(_rng(self.seed, _ORDER_STREAM, shuffle)) for shuffle in shuffles]
        )
        skipped = first - shuffles.start * self.pictures
        return dealt[skipped : skipped + self.epoch_size]

    def shuffled(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the numbers of all images, each once, in the order of one shuffle."""
        return rng.permutation(self.pictures)


class BatchPlan:
    """The batches of draws of one epoch, for one process: a batch sampler for a `DataLoader`.

    Batch ``b`` of all ``world_size`` processes together holds the draws from
    ``b * batch_size * world_size`` on, and each process takes its fraction of them: two processes
    see what one with twice the batch size sees.

    Args:
        order: Gives the images.
        batch_size: Draws in a batch of one process.
        drop_last: Leave out what does not fill a batch at the end of the epoch. Always done
            with several processes, which have to agree on the number of batches.
        rank: Number of this process, below ``world_size``.
        world_size: Processes that train together.

    Raises:
        StylenetError: An epoch would hold no batch.
    """

    def __init__(
        self,
        order: Order,
        batch_size: int,
        *,
        drop_last: bool = True,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.order = order
        self.batch_size = batch_size
        self.rank = rank
        self.stride = batch_size * world_size
        self.batches = order.epoch_size // self.stride
        if not drop_last and world_size == 1:
            self.batches = -(-order.epoch_size // batch_size)
        if self.batches < 1:
            raise StylenetError(
                f"An epoch has {order.epoch_size} draws (of {order.pictures} pictures), expected at"
                f" least one batch of {self.stride}.",
                "Add pictures, set a smaller data.batch_size, or set data.epoch_size (e.g. 1000):"
                " pictures then come several times in an epoch, augmented differently each time.",
            )
        self.epoch = 0
        self.start = 0

    def begin(self, epoch: int, batch: int) -> None:
        """Let the next iteration yield ``epoch`` from ``batch`` on."""
        self.epoch, self.start = epoch, batch

    def __len__(self) -> int:
        """Batches of a whole epoch, whatever `begin` was told."""
        return self.batches

    def __iter__(self) -> Iterator[list[Draw]]:
        epoch, start = self.epoch, self.start
        picks = self.order.picks(epoch).tolist()
        for batch in range(start, self.batches):
            first = batch * self.stride + self.rank * self.batch_size
            last = min(first + self.batch_size, self.order.epoch_size)
            yield [Draw(epoch, index, picks[index]) for index in range(first, last)]
