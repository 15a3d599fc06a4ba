"""What a Trainer iterates over: plain batches of pixels, for training and for validation.

Neither is a `torch.utils.data.DataLoader`. Lightning would replace the sampler of one under
several processes, ask for more workers than a small machine has, and hold one that resumes in
the middle of an epoch for broken; it leaves other iterables alone.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader

from stylenet.data.augment import Augment, CentreSquare
from stylenet.data.faults import Faults, name_some
from stylenet.data.maps import Mapped, labels_of, squared_maps
from stylenet.data.order import BatchPlan
from stylenet.data.pictures import DrawnPictures, Example, Pictures, collate, moved_of, stacked
from stylenet.data.workers import outlive_the_last_step, start_method
from stylenet.errors import StylenetError
from stylenet.images import PictureError, to_tensor
from stylenet.motion import Followed, MovedStill

_log = logging.getLogger(__name__)


class TrainLoader:
    """Batches (N, 3, size, size) float32 RGB in [0, 1]; each iteration is (the rest of) an epoch.

    Of images with maps they are `Mapped`, of frames of clips `stylenet.motion.Followed`.

    Lightning takes it for resumable because it has `state_dict`. Its position is not in there:
    ``position`` tells it, at the first batch of each epoch.

    Args:
        pictures: To draw from.
        plan: Names the draws of every batch.
        augment: Makes squares of images.
        size: Side of the squares in pixels.
        num_workers: Processes that prepare batches ahead; 0 prepares them in this one.
        pin_memory: Put batches where a GPU can fetch them.
        max_unreadable: Fraction of the images, from 0 to 1, that may turn out unreadable; one
            always may, unless the fraction is 0.
        position: Returns (epoch, batch) to begin with, or None: the epoch after the last one.

    Attributes:
        seconds_waited: Of the training process, so far, for batches that were not ready.
        pictures_made: So far, of those that were handed out.
        seconds_made: That the making of these took, less for ``num_workers`` that share it.
    """

    def __init__(
        self,
        pictures: Pictures,
        plan: BatchPlan,
        augment: Augment,
        *,
        size: int,
        num_workers: int = 0,
        pin_memory: bool = False,
        max_unreadable: float = 0.0,
        position: Callable[[], tuple[int, int] | None] = lambda: None,
    ) -> None:
        self.pictures = pictures
        self.plan = plan
        self._position = position
        self._epochs_begun = 0
        self._faults = Faults(pictures, max_unreadable)
        self._makers = max(1, num_workers)
        self.seconds_waited = 0.0
        self.pictures_made = 0
        self.seconds_made = 0.0
        seed = plan.order.seed
        # the batch of all processes: their number alone changes nothing
        self._state: dict[str, Any] = {"seed": seed, "size": size, "batch_size": plan.stride}
        self._state |= {"epoch_size": plan.order.epoch_size, "pictures": _fingerprint(pictures)}
        # Its own generator, or every epoch would draw a number from the global one.
        self._batches: DataLoader[Example] = DataLoader(
            DrawnPictures(
                pictures, augment, size=size, seed=seed, attempts=self._faults.allowed + 1
            ),
            batch_sampler=plan,
            num_workers=num_workers,
            collate_fn=collate,
            pin_memory=pin_memory,
            persistent_workers=num_workers > 0,
            multiprocessing_context=start_method() if num_workers else None,
            worker_init_fn=outlive_the_last_step,
            generator=torch.Generator(),
        )

    def __len__(self) -> int:
        """Batches in a whole epoch."""
        return len(self.plan)

    def __iter__(self) -> Iterator[Tensor | Mapped | Followed]:
        """Yield batches from the position on; the position is asked for with the first of them.

        Raises:
            StylenetError: While iterating: more images are unreadable than ``max_unreadable``.
        """
        epoch, batch = self._position() or (self._epochs_begun, 0)
        self._epochs_begun = epoch + 1
        if batch >= len(self):
            return
        self.plan.begin(epoch, batch)
        try:
            for pixels, failures, seconds, regions, moved in self._timed():
                self._faults.add(failures)
                assert pixels is not None, "a draw is given up only after more faults than allowed"
                self.pictures_made += len(pixels)
                self.seconds_made += seconds / self._makers
                yield _batch_of(pixels, regions, moved)
        finally:
            self._faults.sum_up()

    def _timed(self) -> Iterator[Example]:
        begun = time.perf_counter()
        for example in self._batches:
            self.seconds_waited += time.perf_counter() - begun
            yield example
            begun = time.perf_counter()

    def close(self) -> None:
        """End the worker processes; a later iteration would start new ones."""
        # As Lightning does with a DataLoader. Left to the garbage collector, which may take the
        # queues to the workers away before it asks them to stop, each costs seconds of waiting.
        shut_down = getattr(self._batches._iterator, "_shutdown_workers", None)
        self._batches._iterator = None
        if shut_down is not None:
            shut_down()

    def state_dict(self) -> dict[str, Any]:
        """Return what the order of batches depends on, as plain data."""
        return dict(self._state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Compare with the ``state`` of the run that is resumed, and log what is different."""
        changed = [key for key, value in self._state.items() if state.get(key) != value]
        if changed and self.plan.rank == 0:
            _log.warning(
                "The resumed run had other data (%s): it continues with batches that the"
                " uninterrupted run would not have seen.",
                "; ".join(f"{key} {state.get(key)} -> {self._state[key]}" for key in changed),
            )


class ValLoader:
    """The same squares in the same order every time: the images' centres, at ``size`` pixels.

    They are decoded once, here, and kept as bytes. Unreadable ones are left out with one warning.

    Args:
        pictures: Few, at least one of them readable.
        batch_size: Images in a batch; the last may be smaller.
        size: Side of the squares in pixels.

    Raises:
        StylenetError: No image is readable.
    """

    def __init__(self, pictures: Pictures, *, batch_size: int, size: int) -> None:
        squares: list[Image.Image] = []
        self._maps: list[Tensor] = []
        self._moved: list[MovedStill] = []
        faults: list[tuple[str, str]] = []
        for number in range(len(pictures)):
            try:
                picture = pictures.load(number)
                labels = labels_of(pictures, number)
                squares.append(CentreSquare()(picture, size))
            except (PictureError, OSError) as error:
                faults.append((pictures.name(number), str(getattr(error, "reason", error))))
            else:
                centre = functools.partial(CentreSquare(), size=size)
                moved = moved_of(pictures, number, centre, to_tensor(squares[-1]))
                if moved is not None:
                    self._moved.append(moved)
                if labels is not None:
                    self._maps.append(squared_maps(*labels, picture.size, centre))
        if not squares:
            raise StylenetError(
                f"Of {len(pictures)} validation pictures none can be read: {name_some(faults)}.",
                "Replace them, or name a folder of readable ones with data.val_root.",
            )
        if faults:
            _log.warning(
                "%d of %d validation pictures are unreadable and left out: %s.",
                len(faults),
                len(pictures),
                name_some(faults),
            )
        self._squares = squares
        self._batch_size = batch_size

    def __len__(self) -> int:
        """Batches."""
        return -(-len(self._squares) // self._batch_size)

    def __iter__(self) -> Iterator[Tensor | Mapped | Followed]:
        """Yield batches (N, 3, size, size) float32 RGB in [0, 1], or as `TrainLoader`."""
        for first in range(0, len(self._squares), self._batch_size):
            here = slice(first, first + self._batch_size)
            batch = torch.stack([to_tensor(square) for square in self._squares[here]])
            regions = torch.stack(self._maps[here]) if self._maps else None
            yield _batch_of(batch, regions, stacked(self._moved[here]) if self._moved else None)


def _batch_of(
    pixels: Tensor, regions: Tensor | None, moved: MovedStill | None
) -> Tensor | Mapped | Followed:
    if moved is not None:
        return Followed(pixels, moved)
    return pixels if regions is None else Mapped(pixels, regions)


def _fingerprint(pictures: Pictures) -> str:
    names = "\n".join(pictures.name(number) for number in range(len(pictures)))
    return f"{len(pictures)} ({hashlib.sha256(names.encode('utf-8', 'replace')).hexdigest()[:12]})"
