"""Reading what people have: any common format, depth, colour profile and orientation."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from PIL import Image

from stylenet.errors import OutOfMemoryError
from stylenet.files import is_stream
from stylenet.images.errors import PictureError
from stylenet.images.modes import UnfaithfulError, to_rgb

if TYPE_CHECKING:
    from torch import Tensor

Read = TypeVar("Read")

DEFAULT_MAX_PIXELS = 178_956_970
"""Pillow's own threshold for a decompression bomb: about 13 000 x 13 000, 0.5 GB as 8-bit RGB."""

# fmt: off
PICTURE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff",
    ".bmp", ".gif", ".jfif", ".avif", ".jp2", ".ppm", ".pgm",
    *((".heic", ".heif") if importlib.util.find_spec("pillow_heif") else ()),
)
# fmt: on
"""Suffixes, in lower case, by which files in folders are taken for images."""

# A closed list: among Pillow's other readers EPS would start Ghostscript on a stranger's file.
_READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "JPEG2000", "PPM", "HEIF")

_TURNS = {  # EXIF orientation -> what turns the stored image upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_image(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image.Image:
    """The image in a file as an upright 8-bit RGB Pillow image, decoded, the file closed.

    Reads JPEG, PNG, WebP, TIFF, BMP, GIF (first frame), AVIF, JPEG 2000 and PPM, and HEIC where
    pillow-heif is installed; grey, palette and CMYK become RGB; colours are brought from the
    embedded profile to sRGB; whatever is transparent lies on white; EXIF orientation is honoured.
    16-bit grey is scaled by 65535, 16-bit colour keeps its upper 8 bits. Floating-point grey means
    black at 0 and white at 1, and is refused outside [0,1], since its scale cannot be known.

    Args:
        path: a file.
        max_pixels: more than this, by the file's header, is refused before anything is decoded.

    Raises:
        PictureError: missing, a folder, no permission, empty, truncated, not an image, of a kind
            that cannot be read faithfully, or above ``max_pixels``.
    """
    path = Path(path)
    with image_stream(path) as stream:
        return _decoded(path, stream, max_pixels)


def image_stream(path: Path) -> BinaryIO:
    """An image's file, opened.

    Raises:
        PictureError: missing, a folder, no permission, a device.
    """
    try:
        if path.is_dir():
            raise PictureError(path, "it is a folder", "Give the path of one picture file.")
        if is_stream(path):  # opening a pipe would wait
            raise PictureError(path, "it is a device or a pipe", "Give the path of a picture file.")
        return path.open("rb")
    except FileNotFoundError:
        remedy = f"Check the path; relative ones start from {Path.cwd()}."
        raise PictureError(path, "there is no such file", remedy) from None
    except PermissionError:
        remedy = "Give yourself the right to read it (chmod +r)."
        raise PictureError(path, "permission to read it is denied", remedy) from None
    except OSError as error:
        raise PictureError(path, f"it cannot be opened ({error})", "Check the path.") from error


def decode_image(content: bytes, name: str, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image.Image:
    """The image in the ``content`` of a file, as `open_image` reads it; errors call it ``name``.

    Raises:
        PictureError: as `open_image`.
    """
    return _decoded(Path(name), io.BytesIO(content), max_pixels)


def read_image(path: str | Path, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Tensor:
    """The image in a file, (3,H,W) float32 in [0,1]; what is read, and how, as `open_image`.

    Raises:
        PictureError: as `open_image`.
    """
    from stylenet.images.converting import to_tensor  # torch comes with it

    return to_tensor(open_image(path, max_pixels=max_pixels))


def _decoded(path: Path, stream: BinaryIO, max_pixels: int) -> Image.Image:
    return decoded_by(lambda image: upright(image, to_rgb(image)), path, stream, max_pixels)


def decoded_by(
    reader: Callable[[Image.Image], Read], path: Path, stream: BinaryIO, max_pixels: int
) -> Read:
    """What ``reader`` makes of the decoded image in ``stream``; errors call it ``path``.

    Raises:
        PictureError: as `open_image`.
        OutOfMemoryError: it does not fit into the memory that is free.
    """
    image = _open_header(path, stream)
    if image.width * image.height > max_pixels:
        size = f"{image.width} x {image.height}"
        reason = f"its {size} pixels are more than the limit of {max_pixels}"
        remedy = "Scale it down, or raise max_pixels if you trust it and have the memory."
        raise PictureError(path, reason, remedy)
    try:
        image.load()
        return reader(image)
    except UnfaithfulError as error:
        remedy = "Save it as an 8-bit or 16-bit PNG and use that."
        raise PictureError(path, str(error), remedy) from None
    except MemoryError as error:
        purpose = f"decoding {path} ({image.width} x {image.height} pixels)"
        remedy = "Scale it down; or fetch it again: a damaged file may ask for more than it holds."
        raise OutOfMemoryError(purpose, remedy, error) from error
    except Exception as error:  # on broken files Pillow lets errors of every kind escape
        reason = f"the file is truncated or damaged ({type(error).__name__}: {error})"
        remedy = "Fetch the file again, or open and re-save it in a picture editor."
        raise PictureError(path, reason, remedy) from error


def _open_header(path: Path, stream: BinaryIO) -> Image.Image:
    # What Image.open does, less its fixed limit on pixels, which warns at half our default and can
    # only be changed for the whole process.
    Image.init()
    head = stream.read(512)
    if "HEIF" not in Image.OPEN and _is_heic(head) and importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()
    for name in _READABLE:
        reader, recognises = Image.OPEN.get(name, (None, None))
        with contextlib.suppress(Exception):  # of every kind, on damaged headers
            if reader is not None and (recognises is None or recognises(head[:16]) is True):
                stream.seek(0)
                return reader(stream, "")
    reason, remedy = _what_instead(head)
    raise PictureError(path, reason, remedy)


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1")


def _what_instead(head: bytes) -> tuple[str, str]:
    """Reason and remedy for a file that no reader recognised, by its first bytes."""
    if not head:
        return "the file is empty (0 bytes)", "Fetch the file again."
    if _is_heic(head):
        remedy = "Install it (pip install 'stylenet[heic]'), or convert the picture to JPEG or PNG."
        return "it is a HEIC photograph, which needs the package pillow-heif", remedy
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return "it is an SVG drawing, not a picture of pixels", "Export it as PNG."
    if text.startswith((b"<!doctype html", b"<html")):
        return "it holds a web page (HTML), not a picture", "Download the picture itself again."
    known = ", ".join(_READABLE)
    reason = f"it is not a picture, or its header is damaged (readable: {known})"
    return reason, "Fetch the file again, or convert it to PNG."


def upright(stored: Image.Image, rgb: Image.Image) -> Image.Image:
    """``rgb`` turned as the EXIF orientation of ``stored`` says."""
    try:
        orientation = stored.getexif().get(0x0112, 1)
    except Exception:  # unreadable metadata do not make an image unreadable
        orientation = 1
    turn = _TURNS.get(orientation)
    return rgb if turn is None else rgb.transpose(turn)
