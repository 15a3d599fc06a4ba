"""How many images a generator paints in a step, and at a validation: there is nothing to load."""

from __future__ import annotations

from collections.abc import Iterator

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from stylenet.data.choosing import check_numbers


class _Endless(IterableDataset[Tensor]):
    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[Tensor]:
        while True:
            yield torch.arange(self.count)


class Samples(pl.LightningDataModule):
    """One endless epoch of batches (N,) that number the images to be painted; no files.

    A resumed run needs no place in it: the task draws its noise from the number of the step.

    Args:
        batch_size: images in a step, of one process.
        val_count: images of a validation, in one batch, so that they can be compared.
        size: side of the images that are trained on, pixels: for the task.
        val_size: of those of a validation.

    Raises:
        StylenetError: a number below 1.
    """

    def __init__(self, batch_size: int, val_count: int, size: int, val_size: int) -> None:
        super().__init__()
        counts = {"batch_size": batch_size, "val_count": val_count}
        check_numbers(1, **counts, size=size, val_size=val_size)
        self.batch_size = batch_size
        self.val_count = val_count
        self.size = size
        self.val_size = val_size

    def train_dataloader(self) -> DataLoader[Tensor]:
        """Return batches without end."""
        return DataLoader(_Endless(self.batch_size), batch_size=None)

    def val_dataloader(self) -> DataLoader[Tensor]:
        """Return the one batch of a validation."""
        return DataLoader([torch.arange(self.val_count)], batch_size=None)  # type: ignore[arg-type]
