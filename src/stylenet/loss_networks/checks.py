"""What a loss network takes: batches of RGB images, large enough for its layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor

from stylenet.loss_networks.errors import LossNetworkError, TooSmallError
from stylenet.loss_networks.layers import Window


def check_image(network: str, image: Tensor) -> None:
    """Refuse what is no batch of RGB images.

    Raises:
        LossNetworkError: with what was got and what was expected.
    """
    if image.ndim != 4 or image.shape[1] != 3 or not image.is_floating_point():
        raise LossNetworkError(
            f"{network} got {image.dtype} of shape {tuple(image.shape)}.",
            "It takes RGB pictures as floats in [0,1], shape (N,3,H,W).",
        )


def check_size(network: str, image: Tensor, layer: str, windows: Sequence[Window]) -> None:
    """Refuse images that are too small for ``layer``, the last one of those with ``windows``.

    Raises:
        TooSmallError: with the smallest size.
    """
    height, width = image.shape[-2:]
    if not _fits(min(height, width), windows):
        smallest = _smallest(windows)
        raise TooSmallError(
            f"Pictures of {height}x{width} (height x width) are too small for layer {layer} of "
            f"{network}, which needs at least {smallest}x{smallest}.",
            "Use larger pictures or shallower layers.",
        )


def _smallest(windows: Sequence[Window]) -> int:
    size = 1
    while not _fits(size, windows):
        size += 1
    return size


def _fits(size: int, windows: Iterable[Window]) -> bool:
    for window in windows:
        size = window.size_after(size)
        if size < 1:
            return False
    return True
