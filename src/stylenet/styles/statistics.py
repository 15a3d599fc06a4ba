"""Statistics of paintings that ship, for where a painting itself cannot be obtained."""

from __future__ import annotations

import glob
import importlib.resources
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from stylenet.files import write_bytes


@dataclass(frozen=True)
class PaintingStatistics:
    """Statistics of one painting's features.

    Attributes:
        conditions: what they were taken of and under, in words by name, such as the SHA-256 of the
            painting and of the loss network: they are of use to whom the same words hold for.
        layers: layer -> float32 tensors (1,...), in the order in which a style distance names them.
    """

    conditions: Mapping[str, str]
    layers: Mapping[str, Sequence[Tensor]]

    def write(self, file: Path) -> None:
        """Write them in float16, of symmetric matrices the upper triangle."""
        tensors = {
            f"{layer}/{number}": _folded(tensor).to(torch.float16)
            for layer, statistics in self.layers.items()
            for number, tensor in enumerate(statistics)
        }
        write_bytes(file, safetensors.torch.save(tensors, dict(self.conditions)))

    @classmethod
    def read(cls, file: Path) -> PaintingStatistics:
        """What `write` wrote."""
        layers: dict[str, list[Tensor]] = {}
        with safetensors.safe_open(file, "pt") as opened:
            conditions = opened.metadata()
            # numbers of one digit: a layer's statistics come in their order
            for name in sorted(opened.keys()):
                tensor = _unfolded(opened.get_tensor(name).float())
                layers.setdefault(name.rpartition("/")[0], []).append(tensor)
        return cls(conditions, layers)


def painting_statistics(style: str, folder: Path | None = None) -> list[PaintingStatistics]:
    """All that ship of a painting of the catalogue, by its name: under several loss networks.

    Args:
        style: the name.
        folder: of folders with files ``<name>.safetensors``, to use instead of the package's own.
    """
    files = (folder or _package()).glob(f"*/{glob.escape(style)}.safetensors")
    return [PaintingStatistics.read(file) for file in sorted(files)]


def statistics_file(style: str, loss_network: str, folder: Path | None = None) -> Path:
    """Where a painting of this name has its statistics under a loss network, if there are any."""
    return (folder or _package()) / loss_network / f"{style}.safetensors"


def _package() -> Path:
    return Path(str(importlib.resources.files(__package__) / "statistics"))


def _folded(tensor: Tensor) -> Tensor:
    """(1,C,C), symmetric -> (C*(C+1)/2,), the upper triangle by rows; others as they are."""
    if tensor.ndim != 3:
        return tensor
    rows, columns = torch.triu_indices(*tensor.shape[1:])
    return tensor[0, rows, columns]


def _unfolded(tensor: Tensor) -> Tensor:
    """From what `_folded` made."""
    if tensor.ndim != 1:
        return tensor
    size = (math.isqrt(8 * len(tensor) + 1) - 1) // 2
    rows, columns = torch.triu_indices(size, size)
    matrix = torch.zeros(1, size, size)
    matrix[0, rows, columns] = matrix[0, columns, rows] = tensor
    return matrix
