"""One photograph in a style that ships, painted without torch.

Importing torch takes longer than painting it. All else (mixtures, nets of one's own, large images)
is left to what is made when it is needed, and with which torch comes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import stylenet
from stylenet.apply.memory import free_memory
from stylenet.apply.onnx_file import is_known, write_file
from stylenet.apply.onnx_graph import OPSET
from stylenet.apply.runtimes import (
    Session,
    installed,
    kept,
    kept_folder,
    onnxruntime_session,
    openvino_session,
    usual_threads,
)
from stylenet.apply.zoo import shipped_model
from stylenet.files import expanded
from stylenet.images.arrays import by_longer_side, from_array, to_array

if TYPE_CHECKING:
    from torch import Tensor

    from stylenet.apply.painting_files import Paints
    from stylenet.images import Photograph, PilImage

MAX_PIXELS = 2048**2  # larger ones are painted by torch, by tiles if need be: it pays by then
MIN_SIDE = 16  # torch's nets say what is too small
BYTES = 800  # of memory a pixel, above what was measured: ONNX Runtime 660, OpenVINO 210
Runtime: TypeAlias = Callable[[bytes, int], Session]


@dataclass(frozen=True)
class Quick:
    """Paints photographs by a net that ships, as `Recipe` does.

    Attributes:
        name: the style.
        file: the net's tensors.
        runtime: runs it.
        px: of the longer side; None: the photograph's own.
        otherwise: makes what paints images that are too large or too small for this one.
    """

    name: str
    file: Path
    runtime: Runtime
    px: int | None
    otherwise: Callable[[], Paints]

    def paint(self, photograph: Photograph) -> Tensor | PilImage:
        """The painting.

        Raises:
            SizeError: a size that no image can have.
            StylenetError: the runtime, or onnx, is not installed.
        """
        if not self.can(*photograph.image.size):
            return self.otherwise().paint(photograph)
        image = to_array(photograph.image)
        image = image if self.px is None else by_longer_side(image, self.px)
        session = self.runtime(self._written(), usual_threads())
        return from_array(session(image[None])[0])

    def can(self, width: int, height: int) -> bool:
        """Whether it paints photographs of so many pixels itself."""
        factor = 1 if self.px is None else self.px / max(width, height)
        longer, shorter = factor * max(width, height), factor * min(width, height)
        free = free_memory()
        most = MAX_PIXELS if free is None else min(MAX_PIXELS, free / BYTES)
        return shorter >= MIN_SIDE and longer * shorter <= most and width * height <= 9 * MAX_PIXELS

    def _written(self) -> bytes:
        """The net as ONNX, kept from its first use on."""
        about = {"stylenet": stylenet.__version__}
        key = hashlib.sha256(json.dumps([stylenet.__version__, OPSET]).encode())
        for suffix in (".safetensors", ".json"):
            key.update(self.file.with_suffix(suffix).read_bytes())
        kept_file = kept_folder() / f"{key.hexdigest()}.onnx"
        return kept(kept_file, lambda: write_file(self.file, about))


def quick(
    style: str, px: int | None, runtime: Runtime, otherwise: Callable[[], Paints]
) -> Quick | None:
    """What paints in ``style``; None where no net of a known kind ships for that.

    Args:
        style: a name; None for a file of this name, which is a painting.
        px: see `Quick`.
        runtime: see there.
        otherwise: see there.
    """
    file = None if expanded(style).is_file() else shipped_model(style)
    if file is None or not is_known(file):
        return None
    return Quick(style, file, runtime, px, otherwise)


def soonest() -> Runtime | None:
    """The runtime that has painted first, of those that are installed; None: there is none."""
    if installed("onnx", "onnxruntime"):
        return onnxruntime_session
    return openvino_session if installed("onnx", "openvino") else None
