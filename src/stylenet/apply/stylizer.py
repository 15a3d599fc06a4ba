"""Painting pictures with a trained net."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, overload

import torch
from numpy.typing import NDArray
from torch import Tensor

from stylenet.apply.any_style import StyledModel, in_styles, takes_styles
from stylenet.apply.backends import Backend, Eager
from stylenet.apply.devices import device_of
from stylenet.apply.model_file import Model, load_model
from stylenet.apply.requests import Request, Weights
from stylenet.apply.tiles import (
    TILE,
    can_be_tiled,
    free_bytes,
    needed_bytes,
    paint_by_tiles,
)
from stylenet.errors import StylenetError, lacks_memory
from stylenet.files import cache_folder, expanded
from stylenet.images import AnyImage, PilImage, as_tensor, in_kind
from stylenet.styles import FoundStyle, find_style

log = logging.getLogger(__name__)

Style: TypeAlias = AnyImage | Mapping[str, float]
"""An image in the style, or the name of a style, or several paths and names with weights."""


class Stylizer:
    """A trained net that paints one picture at a time, at the picture's own size.

        stylizer = Stylizer.load("runs/2026-01-01_12-00-00_style-udnie")
        stylizer("photos/me.jpg").save("painted.png")

    Args:
        model: the net.
        device: where it paints: ``cpu``, ``cuda`` and the like, or ``auto``.
        tile: pixels of the side of tiles in which it paints, with the same result; None: in one
            piece where the memory that is free will do, else in tiles of 768.
        backend: what runs the net, but for tiles and for strengths below 1, which torch does.

    Attributes:
        model: the net.
        device: where it paints.
        seconds: how long the net took for the last picture.

    Raises:
        StylenetError: a device that cannot be used.
    """

    def __init__(
        self,
        model: Model,
        device: torch.device | str = "cpu",
        tile: int | None = None,
        backend: Backend | None = None,
    ) -> None:
        if takes_styles(model):
            raise StylenetError(
                f"The net of {model.path} paints in any style, and none was named.",
                'Name one: Stylizer.load("any", style="painting.jpg"); style=painting.jpg.',
            )
        if tile is not None and tile < 1:
            raise StylenetError(f"Got tile={tile}, expected 1 or more.", "Use 768.")
        self.model = model
        self.device = device_of(device)
        self.tile = tile
        self.seconds = 0.0
        self._net = model.net.to(self.device).to(memory_format=torch.channels_last)
        self._run = (Eager() if backend is None else backend).runner(model, self.device)
        self._weights: tuple[Request, Weights] | None = None

    @classmethod
    def load(
        cls,
        path: str | Path,
        device: torch.device | str = "auto",
        packages: Sequence[str] = (),
        style: Style | None = None,
        tile: int | None = None,
        backend: Backend | None = None,
    ) -> Stylizer:
        """A net that ships, by name, or one from a run directory or a model file.

            Stylizer.load("any", style="photos/painting.jpg")
            Stylizer.load("any", style={"udnie": 0.6, "wave": 0.4})

        Args:
            path: as in `load_model`.
            device: as for the class.
            packages: as in `load_model`.
            tile: as for the class.
            backend: as for the class.
            style: what a net for any style is to paint in: an image of any kind, a name of the
                catalogue, or several names or paths with their weights.

        Raises:
            ModelFileError: see `load_model`.
            StyleNotFoundError: no such style.
            PictureError: a style that cannot be read.
            StylenetError: a device that cannot be used; a style for a net that has its own, none
                for one that paints in any.
        """
        model = load_model(path, packages)
        if style is not None:
            model = in_styles(model, *style_images(style, log.warning))
        return cls(model, device, tile, backend)

    @overload
    def __call__(self, image: str | Path | PilImage, request: Request = ...) -> PilImage: ...
    @overload
    def __call__(self, image: Tensor, request: Request = ...) -> Tensor: ...
    @overload
    def __call__(self, image: NDArray[Any], request: Request = ...) -> NDArray[Any]: ...
    def __call__(self, image: AnyImage, request: Request | None = None) -> Any:
        """Paint ``image`` as ``request`` says.

        Args:
            image: a path, a Pillow image, an array (H,W,3) or a tensor (3,H,W): see `AnyImage`.
            request: may be left out for a net of one style. What it takes to read it, a region map
                above all, is done once for a request that is given again.

        Returns:
            The painting, of the same size and kind; a Pillow image for a path; on the CPU.

        Raises:
            PictureError: an image that cannot be read.
            PictureTooSmallError: see the net.
            StylenetError: what is asked contradicts itself, or the net cannot do it.
        """
        request = Request() if request is None else request
        if self._weights is None or self._weights[0] is not request:
            self._weights = (request, request.weights(self.model))
        content = as_tensor(image)
        if request.strength < 1 and isinstance(self.model, StyledModel):
            weaker = Stylizer(
                self.model.weakened(content, request.strength), self.device, self.tile
            )
            painted = weaker.paint(content)
            self.seconds = weaker.seconds
        else:
            painted = self.paint(content, self._weights[1](*content.shape[-2:]))
        coloured = request.colours.recolour(painted[None], content[None].cpu())[0]
        return in_kind(coloured, image)

    @torch.inference_mode()
    def paint(self, image: Tensor, weights: Tensor | None = None) -> Tensor:
        """One pass: (3,H,W) in [0,1] -> the same size, clamped to [0,1], on the CPU.

        Args:
            image: the picture.
            weights: of the styles, (S,), or (S,H,W) for each place; None for a net of one style.

        Raises:
            PictureTooSmallError: see the net.
        """
        batch = image[None]
        row = None if weights is None else weights[None]
        self._wait()
        start = time.perf_counter()
        painted = self._painted(batch, row)
        self._wait()
        self.seconds = time.perf_counter() - start
        return painted[0]

    def _painted(self, image: Tensor, weights: Tensor | None) -> Tensor:
        """Clamped to [0,1], on the CPU."""
        height, width = image.shape[-2:]
        tiled = can_be_tiled(self._net, weights)
        if tiled and self.tile is None:
            free = free_bytes(self.device)
            tiled = free is not None and needed_bytes(self._net, height, width) > free
        if not tiled:
            try:
                return self._run(image.to(self.device), weights).float().clamp(0, 1).cpu()
            except (RuntimeError, MemoryError) as error:
                if not lacks_memory(error) or not can_be_tiled(self._net, weights):
                    raise
        return paint_by_tiles(self._net, image, weights, self.tile or TILE)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def style_images(
    style: Style, say: Callable[[str], None]
) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Images (1,3,H,W) in [0,1] by name, and the weights of the mixture.

    Args:
        style: as for `Stylizer.load`.
        say: gets the line by which a swatch stands in for a painting.

    Raises:
        StyleNotFoundError: no such style.
        PictureError: one that cannot be read.
    """
    if isinstance(style, Mapping):
        return {name: _image(name, say)[None] for name in style}, dict(style)
    named = isinstance(style, str) or hasattr(style, "__fspath__")
    name = Path(str(style)).stem if named else "style"
    return {name: _image(style, say)[None]}, {name: 1.0}


def find_named_style(style: str, *, online: bool = True) -> FoundStyle:
    """A style by its name or path, in ``$STYLENET_STYLES`` and where else `find_style` looks.

    Raises:
        StyleNotFoundError: no such style.
    """
    # as conf/ has paths.styles and paths.cache
    folder = os.environ.get("STYLENET_STYLES")
    cache = cache_folder(os.environ.get("STYLENET_CACHE", "~/.cache/stylenet"))
    return find_style(
        style, folder=expanded(folder) if folder else None, cache=cache / "styles", online=online
    )


def _image(style: AnyImage, say: Callable[[str], None]) -> Tensor:
    if isinstance(style, str) and not expanded(style).is_file():
        found = find_named_style(style)
        if found.stand_in is not None:
            say(found.stand_in)
        return as_tensor(found.path)
    return as_tensor(style)
