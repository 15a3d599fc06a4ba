"""Reading and writing data sets in LitData's format; nothing of litdata is imported before use."""

from __future__ import annotations

import copy
import hashlib
import io
import logging
import os
import threading
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch.utils.data import get_worker_info

from stylenet.data.counting import progress_bar
from stylenet.data.faults import name_some
from stylenet.data.pictures import Pictures
from stylenet.errors import StylenetError
from stylenet.files import expanded, replacing
from stylenet.images import PictureError, decode_image
from stylenet.images.modes import UnfaithfulError, to_rgb

_log = logging.getLogger(__name__)

# A reader of LitData's keeps one chunk open, for one thread; data.cache is built by several.
_ONE_AT_A_TIME = threading.Lock()


class LitDataPictures:
    """The images of a data set in LitData's format, or some that follow one another.

    An item is the content of an image file, a Pillow image, a tensor (3, H, W) of uint8, or a
    dict that has one of these as ``image``. Chunks of a data set that lies elsewhere are
    downloaded by loading processes when they are needed, and removed when the disk fills up; the
    training process itself, which reads the validation images, fetches item by item.

    Args:
        root: A directory, or an address that LitData knows, such as ``s3://bucket/folder``.
        chunk_folder: Where chunks are downloaded to; None: LitData's, ``~/.lightning/chunks``.

    Raises:
        StylenetError: litdata is not installed, or there is no such data set.
    """

    def __init__(self, root: str, chunk_folder: str | None = None) -> None:
        # "local:" is how LitData lets a directory stand for a far place
        self.is_far = "://" in root or root.startswith("local:")
        self.root = root if self.is_far else str(expanded(root))
        self.chunk_folder = chunk_folder
        self._opened: tuple[int, Any] | None = None
        dataset = self._dataset()
        index = (Path(dataset.input_dir.path) / "index.json").read_bytes()
        self._stamp = hashlib.sha256(index).hexdigest()[:16]
        self._files: Sequence[str] = list(dataset.subsampled_files)
        self._ends: list[int] = list(
            accumulate(end - start for start, end in dataset.region_of_interest)
        )
        self.first, self.last = 0, self._ends[-1]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_opened": None}  # each process opens its own

    def __len__(self) -> int:
        return self.last - self.first

    def part(self, first: int, last: int) -> LitDataPictures:
        """Return the images with the numbers ``first`` to ``last`` (not included) of these."""
        part = copy.copy(self)
        part.first, part.last = self.first + first, self.first + last
        return part

    def chunks(self) -> tuple[int, ...]:
        """Return how many of the images lie in each chunk that has any of them."""
        ends = [min(max(end, self.first), self.last) for end in self._ends]
        sizes = (end - start for start, end in zip([self.first, *ends], ends, strict=False))
        return tuple(size for size in sizes if size)

    def name(self, number: int) -> str:
        """Return chunk and place in it."""
        number += self.first
        chunk = bisect_right(self._ends, number)
        start = self._ends[chunk - 1] if chunk else 0
        return f"{self._files[chunk]} item {number - start}"

    def stamp(self, number: int) -> str:  # noqa: ARG002, the protocol's
        """Return what the data set's index is known by: a data set changes as a whole."""
        return self._stamp

    def load(self, number: int) -> Image.Image:
        """Return the image; `PictureError` where it cannot be fetched or decoded."""
        name = self.name(number)
        try:
            with _ONE_AT_A_TIME:
                item = _copied(self._dataset()[self.first + number])
        except Exception as error:  # of any kind, and of any storage's client
            reason = f"LitData cannot fetch it ({type(error).__name__}: {error})"
            raise PictureError(name, reason, "Check that the data set is whole.") from error
        return _picture(item, name)

    def _dataset(self) -> Any:
        # A forked process must not use its parent's: the thread that downloads is not forked.
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), self._open()
        return self._opened[1]

    def _open(self) -> Any:
        litdata = _litdata()
        if not self.is_far and not (Path(self.root) / "index.json").is_file():
            raise _not_there(self.root, "no index.json is there")
        try:
            dataset = litdata.StreamingDataset(self.root, cache_dir=self.chunk_folder)
            dataset[0]
        except Exception as error:
            raise _not_there(self.root, f"{type(error).__name__}: {error}") from error
        # Loading processes fetch whole chunks. Any other fetches single items, in two requests
        # each: LitData's client for chunks starts threads that a process forked later would lack.
        dataset.on_demand_bytes = get_worker_info() is None
        return dataset


def write_litdata(
    pictures: Pictures, folder: str | Path, *, quality: int = 95, chunk_bytes: int | str = "64MB"
) -> Path:
    """Write ``pictures`` as a data set in LitData's format that `LitData` reads; its folder.

    Each item is ``{"image": a JPEG, "name": its name}``, in the order of the numbers; training from
    an address draws chunk by chunk, so this order should mix the images. Unreadable ones are left
    out and named. The folder appears whole or not at all; to be uploaded as it is.

    Args:
        pictures: For instance ``FolderData(root=..., val_count=0, ...).train_pictures()``.
        folder: New or empty.
        quality: Of the JPEGs, 1 to 95; they are written without chroma subsampling.
        chunk_bytes: Size of a chunk.

    Raises:
        StylenetError: litdata is not installed, the folder holds something, no image is readable.
        OSError: From the file system.
    """
    _litdata()
    from litdata.streaming import Cache

    folder = expanded(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StylenetError(
            f"The data set {folder} is to be written, but something is there; expected a new or"
            " empty folder.",
            "Name another folder, or remove what is there.",
        )
    with replacing(folder) as draft:
        draft.mkdir()
        writer = Cache(str(draft), chunk_bytes=chunk_bytes)
        _write_items(writer, pictures, quality)
        writer.done()
        writer.merge()
    return folder


def _write_items(writer: Any, pictures: Pictures, quality: int) -> None:
    faults: list[tuple[str, str]] = []
    written = 0
    with progress_bar() as bar:
        for number in bar.track(range(len(pictures)), description="writing pictures"):
            try:
                jpeg = io.BytesIO()
                pictures.load(number).save(jpeg, "JPEG", quality=quality, subsampling=0)
            except (PictureError, OSError) as error:
                faults.append((pictures.name(number), str(getattr(error, "reason", error))))
                continue
            writer[written] = {"image": jpeg.getvalue(), "name": pictures.name(number)}
            written += 1
    if not written:
        raise StylenetError(
            f"Of {len(pictures)} pictures none can be read: {name_some(faults)}.",
            "Name a source of readable pictures.",
        )
    if faults:
        _log.warning(
            "%d of %d pictures are unreadable and left out: %s.",
            len(faults), len(pictures), name_some(faults),
        )  # fmt: skip


def _litdata() -> Any:
    try:
        import litdata
    except ImportError as error:
        raise StylenetError(
            f"LitData's format needs the package litdata, which cannot be imported ({error}).",
            "Install it: pip install 'stylenet[litdata]', or in a clone: uv sync --extra litdata.",
        ) from error
    return litdata


def _not_there(root: str, why: str) -> StylenetError:
    return StylenetError(
        f"{root} is not a data set in LitData's format ({why}); expected a directory or an address"
        " with index.json and chunks.",
        "Check the path or address and your right to read it;"
        " stylenet.data.write_litdata makes such a data set.",
    )


def _copied(item: Any) -> Any:
    """The image of an item, no longer a view of the chunk, which another read may close."""
    image = item["image"] if isinstance(item, dict) and "image" in item else item
    if isinstance(image, torch.Tensor):
        return image.clone()
    return bytes(image) if isinstance(image, (memoryview, bytearray)) else image


def _picture(image: Any, name: str) -> Image.Image:
    if isinstance(image, bytes):
        return decode_image(image, name)
    if isinstance(image, torch.Tensor) and image.dtype == torch.uint8 and image.ndim == 3:
        image = Image.fromarray(image.permute(1, 2, 0).squeeze(-1).numpy())
    if isinstance(image, Image.Image):
        try:
            return to_rgb(image)
        except UnfaithfulError as error:
            raise PictureError(name, str(error), "Write it as 8-bit RGB.") from None
    kind = f"a dict with {', '.join(map(str, image))}" if isinstance(image, dict) else type(image)
    raise PictureError(
        name,
        f"it is {kind}; expected the content of a picture file, a Pillow image, a tensor (3, H, W)"
        " of uint8, or a dict with one of them as image",
        "Write the data set with stylenet.data.write_litdata.",
    )
