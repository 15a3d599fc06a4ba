"""Writing images, whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path

from torch import Tensor

from stylenet.files import write_bytes
from stylenet.images.converting import to_pil
from stylenet.images.errors import PictureError
from stylenet.images.profiles import srgb_profile

_WRITABLE: dict[str, tuple[str, dict[str, int]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95}),
    ".jpeg": ("JPEG", {"quality": 95}),
    ".webp": ("WEBP", {"quality": 95}),
    ".tif": ("TIFF", {}),
    ".tiff": ("TIFF", {}),
    ".bmp": ("BMP", {}),
}


def write_image(path: str | Path, image: Tensor) -> Path:
    """Write (3,H,W) or (1,3,H,W) in the format of the suffix; the path written.

    Without a suffix ``.png`` is appended. JPEG and WebP have quality 95. The file says that its
    colours are sRGB's. Parent folders are made.
    The file appears whole or not at all.

    Raises:
        PictureError: an unknown suffix, a wrong shape, values that are not finite, or a size that
            the format cannot hold.
        OSError: from the file system, a full disk for instance.
    """
    path = Path(path)
    path = path if path.suffix else path.with_name(path.name + ".png")
    if path.suffix.lower() not in _WRITABLE:
        remedy = f"Use one of {', '.join(_WRITABLE)}."
        raise PictureError(path, f"pictures are not written as {path.suffix!r}", remedy)
    kind, options = _WRITABLE[path.suffix.lower()]
    encoded = io.BytesIO()
    try:
        to_pil(image).save(encoded, kind, icc_profile=srgb_profile(), **options)
    except PictureError as error:
        raise PictureError(path, error.reason, error.remedy) from None
    except (OSError, ValueError) as error:
        size = f"{image.shape[-1]} x {image.shape[-2]}"
        reason = f"{size} pixels cannot be encoded as {kind} ({error})"
        raise PictureError(path, reason, "Write it as .png.") from error
    write_bytes(path, encoded.getvalue())
    return path
