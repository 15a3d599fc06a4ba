"""Training steps without pictures: for tasks that hold what they optimise."""

from __future__ import annotations

from collections.abc import Iterator

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset


class _Endless(IterableDataset[Tensor]):
    def __iter__(self) -> Iterator[Tensor]:
        while True:
            yield torch.zeros(())


class Iterations(pl.LightningDataModule):
    """One endless epoch of placeholder batches (1,); no validation.

    The trainer counts steps by it, and a resumed run needs no place in it.
    """

    def train_dataloader(self) -> DataLoader[Tensor]:
        """Return batches without end."""
        return DataLoader(_Endless(), batch_size=1)
