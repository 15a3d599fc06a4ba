"""Photographs with all that their files say of them, so that a painting of one keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image, PngImagePlugin

from stylenet.files import write_bytes
from stylenet.images.modes import on_white, to_rgb_and_alpha
from stylenet.images.reading import DEFAULT_MAX_PIXELS, decoded_by, image_stream, upright
from stylenet.images.writing import check_writable, encoded_image, is_writable, size_of

if TYPE_CHECKING:
    from torch import Tensor

_ORIENTATION, _EXIF, _COLOUR_SPACE, _WIDTH, _HEIGHT = 0x0112, 0x8769, 0xA001, 0xA002, 0xA003
# of TIFF files: how the pixels of the file that was read were laid out, and what has other ways
_LAYOUT = {
    *range(254, 260), 262, 266, 273, 277, 278, 279, 284, 301, 317, 318, 319, *range(320, 326),
    330, 332, 338, 339, 347, 512, 513, 514, 529, 530, 531, 532, 700, 33723, 34377, 34675,
}  # fmt: skip
_LOSSY = (".heic", ".heif", ".jfif", ".avif", ".jp2")
_SUFFIXES = {"JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif", "BMP": ".bmp"}
_APP13 = "APP13"  # where JPEG files have IPTC's captions and keywords


@dataclass(frozen=True)
class Photograph:
    """An image with what else its file holds.

    Attributes:
        image: of mode RGB, upright, in sRGB; what is not seen as `to_rgb_and_alpha` has it.
        alpha: how opaque each pixel is, mode L; None where none can be transparent.
        kind: the file's format, such as ``JPEG``.
        exif: without orientation.
        info: Pillow's, of what describes the image: ``xmp``, ``comment``, ``dpi``.
        texts: PNG's.
        iptc: JPEG's segment of captions and keywords.
    """

    image: Image.Image
    alpha: Image.Image | None
    kind: str
    exif: Image.Exif
    info: Mapping[str, Any]
    texts: Mapping[str, str]
    iptc: bytes | None

    @property
    def pixels(self) -> Tensor:
        """The image, (3,H,W) in [0,1]."""
        from stylenet.images.converting import to_tensor  # torch comes with it

        return to_tensor(self.image)

    @property
    def on_white(self) -> Image.Image:
        """The image as it looks on white paper."""
        return self.image if self.alpha is None else on_white(self.image, self.alpha)

    def alpha_at(self, painted: Tensor | Image.Image) -> Image.Image | None:
        """``alpha`` at the size of an image (3,H,W), or of Pillow's, that was made of this one."""
        size = size_of(painted)
        if self.alpha is None or self.alpha.size == size:
            return self.alpha
        return self.alpha.resize(size, Image.Resampling.BICUBIC)

    @property
    def suffix(self) -> str:
        """Of files that its painting is written to where none is named."""
        return _SUFFIXES.get(self.kind, ".jpg" if self.kind in ("HEIF", "AVIF") else ".png")


def read_photograph(
    path: str | Path, content: bytes | None = None, *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Photograph:
    """The photograph in a file, or in the ``content`` of one that errors call ``path``.

    Raises:
        PictureError: as `open_image`.
    """
    path = Path(path)
    with image_stream(path) if content is None else BytesIO(content) as stream:
        return decoded_by(_read, path, stream, max_pixels)


def encoded_photograph(painted: Tensor | Image.Image, like: Photograph, path: Path) -> bytes:
    """A file, in the format of the suffix of ``path``, of an image that was made from ``like``.

    It has the photograph's metadata and transparency as far as the format has a place for them,
    and is tagged sRGB.

    Raises:
        PictureError: an unknown suffix, values that are not finite, a size that cannot be held.
    """
    check_writable(path)
    metadata = _metadata(like, path, *size_of(painted))
    return encoded_image(painted, path, like.alpha_at(painted), metadata)


def write_photograph(path: str | Path, painted: Tensor | Image.Image, like: Photograph) -> None:
    """Write `encoded_photograph`, whole or not at all; parent folders are made.

    Raises:
        PictureError: see there.
        OSError: from the file system.
    """
    write_bytes(Path(path), encoded_photograph(painted, like, Path(path)))


def painted_suffix(path: Path) -> str:
    """The suffix of a painting of the photograph in ``path``: its own, where that is written."""
    if is_writable(path):
        return path.suffix
    return ".jpg" if path.suffix.lower() in _LOSSY else ".png"


def _read(image: Image.Image) -> Photograph:
    rgb, alpha = to_rgb_and_alpha(image)
    segments = getattr(image, "applist", [])
    texts = getattr(image, "text", None) or {}
    return Photograph(
        image=upright(image, rgb),
        alpha=None if alpha is None else upright(image, alpha),
        kind=image.format or "",
        exif=_exif(image),
        info={key: image.info[key] for key in ("xmp", "comment", "dpi") if key in image.info},
        texts={k: v for k, v in texts.items() if isinstance(v, str) and not k.startswith("XML:")},
        iptc=next((content for name, content in segments if name == _APP13), None),
    )


def _exif(image: Image.Image) -> Image.Exif:
    kept = Image.Exif()
    try:
        read = image.getexif()
        for tag in read:
            if tag not in _LAYOUT and tag != _ORIENTATION:
                kept[tag] = dict(read.get_ifd(tag)) if tag in (_EXIF, 0x8825) else read[tag]
        kept.tobytes()
    except Exception:  # as when it is read: unreadable metadata do not make an image unreadable
        return Image.Exif()
    return kept


def _metadata(like: Photograph, path: Path, width: int, height: int) -> dict[str, Any]:
    """What Pillow's ``save`` takes for the format of ``path``."""
    found: dict[str, Any] = {}
    suffix = path.suffix.lower()
    if len(like.exif):
        exif = Image.Exif()
        exif.update(like.exif)
        if own := like.exif.get(_EXIF):
            exif[_EXIF] = own | {_COLOUR_SPACE: 1, _WIDTH: width, _HEIGHT: height}
        found["exif"] = Image.Exif()  # read back: TIFF's writer takes no other
        found["exif"].load(exif.tobytes())
    if "xmp" in like.info:
        found["xmp"] = re.sub(rb'(tiff:Orientation(="|>))\d', rb"\g<1>1", _bytes(like.info["xmp"]))
    if "dpi" in like.info:
        found["dpi"] = like.info["dpi"]
    if suffix in (".jpg", ".jpeg"):
        if "comment" in like.info:
            found["comment"] = like.info["comment"]
        if like.iptc is not None:
            found["extra"] = b"\xff\xed" + (len(like.iptc) + 2).to_bytes(2) + like.iptc
    elif suffix == ".png":
        chunks = PngImagePlugin.PngInfo()
        for key, text in like.texts.items():
            chunks.add_itxt(key, text)
        if "xmp" in found:
            chunks.add_itxt("XML:com.adobe.xmp", found.pop("xmp").decode("utf-8", "replace"))
        found["pnginfo"] = chunks
    elif suffix in (".tif", ".tiff"):
        found.pop("xmp", None)
    elif suffix == ".bmp":
        found = {key: value for key, value in found.items() if key == "dpi"}
    return found


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
