"""Painting by tiles exactly as in one piece: instance norms see the whole image's statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from stylenet.apply.memory import free_memory

TILE = 768  # pixels of a tile's side, without what it overlaps
COPIES = 6  # of the widest layer's result that are there at one time: 4.3 to 5.3 were measured
Net = Callable[..., Tensor]


@dataclass(frozen=True)
class Tile:
    """A part of an image, ``own``, and what the net has to see to paint it, ``seen``.

    Both are (top, left, bottom, right) in pixels of the image.
    """

    own: tuple[int, int, int, int]
    seen: tuple[int, int, int, int]


@torch.inference_mode()
def paint_by_tiles(net: nn.Module, image: Tensor, weights: Tensor | None, tile: int) -> Tensor:
    """What ``net`` makes of ``image`` (1,3,H,W) as a whole, with the memory of a tile.

    Clamped to [0,1], on the CPU.

    The net is run over all tiles once for each of its instance norms, up to that norm, to sum up
    the statistics of the whole image, and once more to paint; convolutions see as much around a
    tile as they reach. So the result is that of one piece, up to rounding.

    Args:
        net: its layers' results have the image's height and width over a power of two.
        image: on the device of ``net``, or on the CPU.
        weights: of styles, (1,S) or (1,S,H,W); None for a net of one style.
        tile: pixels of a tile's side.
    """
    device = next(net.parameters()).device
    height, width = image.shape[-2:]
    tiles = list(tiles_of(net, height, width, tile))

    def run(part: Tile) -> Tensor:
        top, left, bottom, right = part.seen
        inputs = [image[..., top:bottom, left:right].to(device)]
        if weights is not None:
            maps = weights.ndim == 4
            inputs.append(weights[..., top:bottom, left:right] if maps else weights)
        painted: Tensor = net(*inputs)
        return painted

    known: list[tuple[Tensor, Tensor]] = []
    while (moments := _moments_of_next(run, tiles, known)) is not None:
        known.append(moments)
    painted = torch.empty(1, 3, height, width)
    for part in tiles:
        with _GivenStatistics(known):
            result = run(part)
        (top, left, bottom, right), (first, start, _, _) = part.own, part.seen
        rows, columns = slice(top - first, bottom - first), slice(left - start, right - start)
        painted[..., top:bottom, left:right] = result[..., rows, columns].clamp(0, 1).float().cpu()
    return painted


def tiles_of(net: nn.Module, height: int, width: int, tile: int) -> Iterator[Tile]:
    """The tiles of an image, with the overlaps that ``net`` needs."""
    stride = _stride(net)
    side = math.ceil(tile / stride) * stride
    halo = math.ceil(_reach(net) / stride) * stride
    for top in range(0, height, side):
        for left in range(0, width, side):
            own = (top, left, min(top + side, height), min(left + side, width))
            seen = (
                *(max(0, top - halo), max(0, left - halo)),
                *(min(height, own[2] + halo), min(width, own[3] + halo)),
            )
            yield Tile(own, seen)


def can_be_tiled(net: nn.Module, weights: Tensor | None) -> bool:
    """Whether each tile takes the same path through ``net``.

    Not where features have been given a margin (net/padding=reflect40); nor by filter banks that
    differ from place to place, since those of a tile are only the ones that it has.
    """
    margin = getattr(getattr(net, "padding", None), "margin", 0)
    maps = weights is not None and weights.ndim > 2
    return not margin and not (maps and hasattr(net, "reconstruct"))


def needed_bytes(net: nn.Module, height: int, width: int) -> int:
    """About the memory that painting an image of this size in one piece takes."""
    widest = max((m.out_channels for m in _convolutions(net)), default=3)
    early = next((m.out_channels for m in _convolutions(net)), 3)
    channels = max(early, widest / _stride(net) ** 2, 3)
    return int(4 * COPIES * channels * height * width)


def free_bytes(device: torch.device) -> int | None:
    """The memory that is free on ``device``; None where that cannot be found out."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type != "cpu":
        return None
    return free_memory()


def _convolutions(net: nn.Module) -> list[nn.Conv2d | nn.ConvTranspose2d]:
    return [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]


def _stride(net: nn.Module) -> int:
    """How many pixels a cell of the smallest features stands for, at most."""
    return math.prod(m.stride[0] for m in _convolutions(net) if isinstance(m, nn.Conv2d))


def _reach(net: nn.Module) -> int:
    """How many pixels away what a pixel depends on may lie, at most."""
    cells = (m.dilation[0] * (m.kernel_size[0] // 2) for m in _convolutions(net))
    return _stride(net) * sum(cells)


class _Enough(Exception):  # noqa: N818
    """What was wanted of a pass is known."""


class _GivenStatistics(TorchFunctionMode):
    """Instance norms, in the order in which they are computed, take the statistics ``known``.

    The first that is not known is handed to ``read``, and the pass ends there.
    """

    def __init__(
        self,
        known: Sequence[tuple[Tensor, Tensor]],
        read: Callable[[Tensor], None] | None = None,
    ) -> None:
        super().__init__()
        self.known = iter(known)
        self.read = read

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.instance_norm and kwargs.get("use_input_stats", True):
            x = args[0]
            mean, variance = self._statistics(x)
            # one norm for all channels, as batch norm with given statistics is
            return F.batch_norm(
                x, mean, variance, kwargs.get("weight"), kwargs.get("bias"), False, 0.0,
                kwargs.get("eps", 1e-5),
            )  # fmt: skip
        if func is torch.var_mean and kwargs.get("keepdim") and args[1:2] == ((2, 3),):
            mean, variance = self._statistics(args[0])
            shape = (*args[0].shape[:2], 1, 1)
            return variance.reshape(shape), mean.reshape(shape)
        return func(*args, **kwargs)

    def _statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance of each channel of each image: flat."""
        found = next(self.known, None)
        if found is not None:
            return found
        assert self.read is not None
        self.read(x)
        raise _Enough


def _moments_of_next(
    run: Callable[[Tile], Tensor], tiles: Sequence[Tile], known: Sequence[tuple[Tensor, Tensor]]
) -> tuple[Tensor, Tensor] | None:
    """Mean and variance, over the whole image, of the norm after those ``known``; None: no more."""
    count, sums, squares = 0, torch.zeros(()), torch.zeros(())
    shift: Tensor | None = None

    for part in tiles:

        def read(x: Tensor, part: Tile = part) -> None:
            nonlocal count, sums, squares, shift
            cells = _own_cells(x, part).double().transpose(0, 1).flatten(1)
            if shift is None:  # near the mean, so that no digits are lost
                shift = cells.mean(1, keepdim=True)
            cells = cells - shift
            count += cells.shape[1]
            sums = sums.to(cells) + cells.sum(1)
            squares = squares.to(cells) + (cells * cells).sum(1)

        try:
            with _GivenStatistics(known, read):
                run(part)
            return None
        except _Enough:
            continue
    assert shift is not None
    mean = sums / count
    variance = (squares / count - mean * mean).clamp_min(0)
    return (mean + shift[:, 0]).float(), variance.float()


def _own_cells(x: Tensor, part: Tile) -> Tensor:
    """Of features of what is seen those of the tile itself, so that each cell is counted once."""
    (top, left, bottom, right), (first, start, end, stop) = part.own, part.seen
    # features of images that are padded to a multiple have the padding's cells, too
    down = 2 ** math.ceil(math.log2((end - first) / x.shape[-2]))
    across = 2 ** math.ceil(math.log2((stop - start) / x.shape[-1]))
    rows = slice((top - first) // down, None if bottom == end else (bottom - first) // down)
    columns = slice((left - start) // across, None if right == stop else (right - start) // across)
    return x[..., rows, columns]
