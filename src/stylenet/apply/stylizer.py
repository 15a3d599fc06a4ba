"""Painting pictures with a trained net."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from stylenet.apply.model_file import Model, load_model


class Stylizer:
    """A trained net that paints one picture at a time, at the picture's own size.

    Args:
        model: the net.
        device: where it paints.
        weights: for a net of several styles: gives for the height and width of a picture the
            weights of the styles, (S,), or (S,height,width).
    """

    def __init__(
        self,
        model: Model,
        device: torch.device | str = "cpu",
        weights: Callable[[int, int], Tensor] | None = None,
    ) -> None:
        self.model = model
        self.weights = weights
        self.device = torch.device(device)
        self._net = model.net.to(self.device).to(memory_format=torch.channels_last)
        self.seconds = 0.0

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "cpu") -> Stylizer:
        """From a run directory or a model file.

        Raises:
            ModelFileError: see ``load_model``.
        """
        return cls(load_model(path), device)

    @torch.inference_mode()
    def __call__(self, picture: Tensor) -> Tensor:
        """Paint ``picture``, (3,H,W) in [0,1] -> the same size, clamped to [0,1], on the CPU.

        ``seconds`` then holds how long the net took.

        Raises:
            PictureTooSmallError: see the net.
        """
        inputs = [picture[None].to(self.device)]
        if self.weights is not None:
            inputs.append(self.weights(*picture.shape[-2:])[None])
        self._wait()
        start = time.perf_counter()
        painted = self._net(*inputs)
        self._wait()
        self.seconds = time.perf_counter() - start
        return painted[0].float().clamp(0, 1).cpu()  # type: ignore[no-any-return]

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
