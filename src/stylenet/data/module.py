"""The LightningDataModule that every source of images shares."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path

import pytorch_lightning as pl

from stylenet.data.agreeing import fail_together, is_one_of_several
from stylenet.data.augment import Augment
from stylenet.data.cache import cached
from stylenet.data.choosing import check_numbers
from stylenet.data.loader import TrainLoader, ValLoader
from stylenet.data.order import BatchPlan, Order
from stylenet.data.pictures import Pictures, StampedPictures
from stylenet.data.position import next_batch
from stylenet.errors import StylenetError
from stylenet.files import expanded


class PictureData(pl.LightningDataModule, ABC):
    """Batches of images for training and validation: (N, 3, H, W) float32 RGB in [0, 1].

    A new source of data implements `find`; order, augmentation, workers, resuming and unreadable
    files are taken care of here. What a run sees is a function of ``seed`` and of the files.

    Args:
        augment: Makes training squares of images.
        batch_size: Squares in a batch of one process.
        size: Side of the training squares in pixels.
        val_size: Side of the validation squares in pixels.
        epoch_size: Squares in an epoch, of all processes together; None: one an image.
        drop_last: Leave out an incomplete batch at the end of an epoch.
        num_workers: Processes that prepare training batches ahead; None: as many as cores but
            one, at least 1 and at most 4, where the cores are divided among the training
            processes of this machine; 0: the training process prepares them itself.
        seed: 0 or more.
        max_unreadable: Fraction of the images, 0 to 1, that may turn out unreadable; one always
            may, unless the fraction is 0.
        cache: Folder where training images are kept decoded and shrunk, so that no epoch but the
            first has to decode them; None: none. See `stylenet.data.cache`.

    Raises:
        StylenetError: A value is out of its range.
    """

    def __init__(
        self,
        *,
        augment: Augment,
        batch_size: int = 4,
        size: int = 256,
        val_size: int = 256,
        epoch_size: int | None = None,
        drop_last: bool = True,
        num_workers: int | None = None,
        seed: int = 0,
        max_unreadable: float = 0.1,
        cache: str | None = None,
    ) -> None:
        super().__init__()
        check_numbers(1, batch_size=batch_size, size=size, val_size=val_size, epoch_size=epoch_size)
        check_numbers(0, num_workers=num_workers, seed=seed)
        if not 0 <= max_unreadable <= 1:
            raise StylenetError(
                f"data.max_unreadable is {max_unreadable}, expected a fraction from 0 to 1.",
                "0.1 allows every tenth picture to be unreadable.",
            )
        self.augment = augment
        self.batch_size = batch_size
        self.size = size
        self.val_size = val_size
        self.epoch_size = epoch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.seed = seed
        self.max_unreadable = max_unreadable
        self.cache = None if cache is None else expanded(cache)
        self._train: Pictures | None = None
        self._val: Pictures | None = None
        self._failure: Exception | None = None
        self._is_agreed = False
        self._loaders: list[TrainLoader] = []

    @abstractmethod
    def find(self) -> tuple[Pictures, Pictures]:
        """Return the images to train on, and those to validate on (these may be none).

        The same call on the same files must return the same images under the same numbers,
        for every seed.

        Raises:
            StylenetError: They are missing, or too few, or too many of them are unreadable.
        """

    def prepare_data(self) -> None:
        """`prepare`; of several processes on a machine Lightning lets the first one do it.

        The others wait for it, and cannot be told now that it failed: its error waits for `setup`.
        """
        try:
            self.prepare()
        except Exception as error:
            if not is_one_of_several():
                raise
            self._failure = error

    def prepare(self) -> None:
        """Write to the disk what all processes of this machine read: build the cache."""
        if self.cache is not None:
            self._find_once()

    def setup(self, stage: str | None = None) -> None:  # noqa: ARG002, Lightning's signature
        """Find the images; a second call changes nothing.

        Raises:
            StylenetError: as `find` and `prepare`; another process of this run failed.
        """
        if self._is_agreed:
            return
        fail_together(self._failure)
        try:
            self._find_once()
        except Exception as error:
            self._failure = error
        fail_together(self._failure)
        self._is_agreed = True

    def _find_once(self) -> None:
        if self._train is None:
            train, self._val = self.find()
            self._train = train if self.cache is None else self._cached(train, self.cache)

    def _cached(self, pictures: Pictures, folder: Path) -> Pictures:
        if not isinstance(pictures, StampedPictures):
            raise StylenetError(
                f"data.cache={folder} is set, but {type(self).__name__} has its pictures in memory,"
                " where no cache makes them faster; expected pictures in files.",
                "Leave data.cache=null.",
            )
        return cached(pictures, folder, self.augment.reduction(self.size))

    def train_pictures(self) -> Pictures:
        """Return the images trained on, finding them first if need be."""
        self.setup()
        assert self._train is not None
        return self._train

    def val_pictures(self) -> Pictures:
        """Return the images validated on, finding them first if need be."""
        self.setup()
        assert self._val is not None
        return self._val

    def order(self, pictures: Pictures) -> Order:
        """Return the order in which the training ``pictures`` are drawn."""
        return Order(len(pictures), self.epoch_size or len(pictures), self.seed)

    def train_dataloader(self) -> TrainLoader:
        """Return the training batches, which continue where the trainer is, if there is one.

        Raises:
            StylenetError: An epoch would not fill one batch.
        """
        pictures = self.train_pictures()
        trainer = self.trainer
        plan = BatchPlan(
            self.order(pictures),
            self.batch_size,
            drop_last=self.drop_last,
            rank=trainer.global_rank if trainer else 0,
            world_size=trainer.world_size if trainer else 1,
        )
        loader = TrainLoader(
            pictures,
            plan,
            self.augment,
            size=self.size,
            num_workers=_spare_cores(trainer) if self.num_workers is None else self.num_workers,
            pin_memory=trainer is not None and trainer.strategy.root_device.type == "cuda",
            max_unreadable=self.max_unreadable,
            position=lambda: next_batch(trainer, len(plan)) if trainer else None,
        )
        self._loaders.append(loader)
        return loader

    def val_dataloader(self) -> ValLoader | list[ValLoader]:
        """Return the validation batches, or an empty list where there are no images for them.

        Every process validates on all of them.
        """
        pictures = self.val_pictures()
        if not len(pictures):
            return []
        return ValLoader(pictures, batch_size=self.batch_size, size=self.val_size)

    def teardown(self, stage: str | None = None) -> None:  # noqa: ARG002, Lightning's signature
        """End the worker processes; the images found are kept."""
        while self._loaders:
            self._loaders.pop().close()

    def on_exception(self, exception: BaseException) -> None:  # noqa: ARG002, likewise
        """End the worker processes: after an error Lightning does not call `teardown`."""
        self.teardown()


def _spare_cores(trainer: pl.Trainer | None) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processes = max(1, trainer.num_devices) if trainer else 1
    return max(1, min(4, (cores or 1) // processes - 1))
