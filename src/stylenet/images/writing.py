"""Writing images, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Image as PilImage

from stylenet.files import write_bytes
from stylenet.images.errors import PictureError
from stylenet.images.modes import on_white
from stylenet.images.profiles import srgb_profile

if TYPE_CHECKING:
    from torch import Tensor

_WRITABLE: dict[str, tuple[str, dict[str, int]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95}),
    ".jpeg": ("JPEG", {"quality": 95}),
    ".webp": ("WEBP", {"quality": 95}),
    ".tif": ("TIFF", {}),
    ".tiff": ("TIFF", {}),
    ".bmp": ("BMP", {}),
}
_OPAQUE = ("JPEG", "BMP")  # formats without transparency


def write_image(path: str | Path, image: Tensor, alpha: NDArray[np.uint8] | None = None) -> Path:
    """Write (3,H,W) or (1,3,H,W) in the format of the suffix; the path written.

    Without a suffix ``.png`` is appended. JPEG and WebP have quality 95. The file says that its
    colours are sRGB's. Parent folders are made. ``alpha`` (H,W) is how opaque each pixel is, for
    formats that have transparency.
    The file appears whole or not at all.

    Raises:
        PictureError: an unknown suffix, a wrong shape, values that are not finite, or a size that
            the format cannot hold.
        OSError: from the file system, a full disk for instance.
    """
    path = Path(path)
    path = path if path.suffix else path.with_name(path.name + ".png")
    check_writable(path)
    opaque = None if alpha is None else Image.fromarray(np.ascontiguousarray(alpha))
    write_bytes(path, encoded_image(image, path, opaque))
    return path


def is_writable(path: Path) -> bool:
    """Whether images are written in the format of this suffix."""
    return path.suffix.lower() in _WRITABLE


def check_writable(path: Path) -> None:
    """Refuse a file of a suffix that images are not written as.

    Raises:
        PictureError: lists those that they are.
    """
    if not is_writable(path):
        remedy = f"Use one of {', '.join(_WRITABLE)}."
        raise PictureError(path, f"pictures are not written as {path.suffix!r}", remedy)


def encoded_image(
    image: Tensor | PilImage,
    path: Path,
    alpha: PilImage | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> bytes:
    """The content of an image's file in the format of the suffix of ``path``.

    Args:
        image: (3,H,W) or (1,3,H,W) in [0,1]; or Pillow's, of mode RGB.
        path: what errors call it; of a known suffix.
        alpha: how opaque each pixel is, mode L; in formats that have none it lies on white.
        metadata: more of what Pillow's ``save`` takes for this format.

    Raises:
        PictureError: as `write_image`.
    """
    kind, options = _WRITABLE[path.suffix.lower()]
    encoded = io.BytesIO()
    try:
        pixels = image if isinstance(image, PilImage) else _as_pil(image)
        if alpha is not None and kind in _OPAQUE:
            pixels = on_white(pixels, alpha)
        elif alpha is not None:
            pixels.putalpha(alpha)
        pixels.save(encoded, kind, icc_profile=srgb_profile(), **options, **(metadata or {}))
    except PictureError as error:
        raise PictureError(path, error.reason, error.remedy) from None
    except (OSError, ValueError) as error:
        size = "{} x {}".format(*size_of(image))
        reason = f"{size} pixels cannot be encoded as {kind} ({error})"
        raise PictureError(path, reason, "Write it as .png.") from error
    return encoded.getvalue()


def size_of(image: Tensor | PilImage) -> tuple[int, int]:
    """Width and height."""
    if isinstance(image, PilImage):
        return image.size
    height, width = image.shape[-2:]
    return width, height


def _as_pil(image: Tensor) -> PilImage:
    from stylenet.images.converting import to_pil  # torch comes with it

    return to_pil(image)
