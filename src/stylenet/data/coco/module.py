"""MS-COCO: the images that an annotation file lists, chosen by what is in them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylenet.data.augment import ColourChanged
from stylenet.data.choosing import check_numbers, existing_folder, held_out_count, take_readable
from stylenet.data.coco.downloading import CocoRelease, CocoSplit, alone_in, get
from stylenet.data.coco.instances import listed_pictures
from stylenet.data.coco.maps import MappedFiles, read_outlines
from stylenet.data.coco.on_disk import absent, no_annotations, present_paths
from stylenet.data.coco.outlines import Outlines
from stylenet.data.module import PictureData
from stylenet.data.pictures import FilePictures, Pictures
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.images import path_hash

_log = logging.getLogger(__name__)


class CocoData(PictureData):
    """Trains on the images of COCO's training split, validates on some of its validation split.

    Filters hold for both. Choices (``limit``, ``val_count``, ``val_fraction``) are made by the hash
    of `FolderData`, over the names that the annotations list: they look random, and are the same
    for every seed and machine.

    Args:
        root: Folder with what the archives of COCO unpack to.
        release: Its splits.
        val_fraction: Fraction of the training split, above 0 and below 1, held out in place of
            the validation split. None: the validation split; where the release has none,
            ``val_count`` images, at most a fifth.
        val_count: Validation images, at most. 0: no validation, and no validation split needed.
        limit: Training images, at most; None: all. A smaller limit chooses among the images
            of a larger one, and leaves the validation images as they are.
        categories: Only images with an instance of one of these; none: any image.
        min_area: Only images with an instance (of these categories) larger than this, in pixels
            of the stored image.
        max_area: The instance is smaller than this, too.
        regions: Groups of categories: images come with maps of their instances, region n the
            n-th group, 0 the rest; only images that have one of them. None: no maps.
        rgb_only: Leave out images that are not stored as RGB, judged by their headers.
        max_absent: Fraction of the listed images, 0 to 1, that may be absent from the disk.
        download: Fetch and unpack what is absent; see `prepare`.
        settings: As `PictureData`.

    Raises:
        StylenetError: As `PictureData`; from `prepare` and `setup`, where annotations or
            images are absent, broken or unknown, or where no image is left.
    """

    def __init__(
        self,
        *,
        root: str | None,
        release: CocoRelease,
        val_fraction: float | None = None,
        val_count: int = 16,
        limit: int | None = None,
        categories: Sequence[str] = (),
        min_area: float | None = None,
        max_area: float | None = None,
        regions: Sequence[Sequence[str] | str] = (),
        rgb_only: bool = False,
        max_absent: float = 0.0,
        download: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        check_numbers(0, val_count=val_count)
        check_numbers(1, limit=limit)
        if not isinstance(release, CocoRelease):
            raise StylenetError(
                f"data.release is {release!r}, expected a release of COCO.",
                "Choose one with a slash, e.g. data/release=coco2017.",
            )
        _check_ranges(val_fraction, min_area, max_area, max_absent)
        self.root = root
        self.release = release
        self.val_fraction = val_fraction
        self.val_count = val_count
        self.limit = limit
        self.categories = [categories] if isinstance(categories, str) else list(categories or ())
        self.min_area = min_area
        self.max_area = max_area
        self.regions = [[one] if isinstance(one, str) else list(one) for one in regions or ()]
        if self.regions and (self.cache is not None or isinstance(self.augment, ColourChanged)):
            other = f"data.cache={self.cache}" if self.cache else "changed colours"
            raise StylenetError(
                f"Got data.regions and {other}, which maps cannot go through.",
                "Use data.cache=null data/augment=random_crop.",
            )
        self.rgb_only = rgb_only
        self.max_absent = max_absent
        self.download = download
        self._listed: dict[CocoSplit, list[str]] = {}

    def prepare(self) -> None:
        """With ``download``, fetch and unpack the archives of which something is absent.

        It resumes where an earlier call was interrupted, and returns soon where everything is
        there.
        """
        if self.download:
            self._fetch(self._root())
        super().prepare()

    def _fetch(self, root: Path) -> None:
        if all(self._is_whole(split, root) for split in self._splits()):
            return
        with alone_in(root):
            for split in self._splits():  # looked at again: we may have waited for another
                if not (root / split.annotations).is_file():
                    get(split.annotations_archive, root, split.annotations)
                if not self._is_whole(split, root):
                    get(split.archive, root, split.pictures)

    def find(self) -> tuple[Pictures, Pictures]:
        """Read the annotations, see that the images are there, choose."""
        root = self._root()
        splits = self._splits()
        outlines = self._outlines(splits, root)
        paths, *others = [self._paths(split, root) for split in splits]
        if self.regions:
            listed = len(paths)
            paths, *others = [[p for p in some if p.name in outlines] for some in (paths, *others)]
            if not paths:
                file = root / self.release.train.annotations
                named = [name for group in self.regions for name in group]
                raise StylenetError(
                    f"None of the {listed} chosen pictures of {file} has an outlined instance of"
                    f" {' or '.join(named)}.",
                    "Name other categories in data.regions, widen data.categories, data.min_area,"
                    " data.max_area, or use a file with 'segmentation'.",
                )
            if others and not others[0]:
                _log.warning("No validation picture has a region that data.regions names.")
        if others:
            train, val = paths, others[0]
        else:
            held_out = self._held_out(len(paths))
            train, val = paths[held_out:], paths[:held_out]
        train = take_readable(
            train, root, self.max_unreadable, rgb_only=self.rgb_only, most=self.limit
        )
        if not train:
            dropped = " or not RGB" if self.rgb_only else ""
            raise StylenetError(
                f"Of {len(paths)} chosen pictures of {root / self.release.train.annotations} none"
                f" is left to train on: all are held out for validation{dropped}.",
                "Widen the filters (data.categories, data.min_area, data.rgb_only), or hold out"
                " fewer (data.val_fraction, data.val_count).",
            )
        if self.rgb_only and self.val_count and val:
            val = take_readable(val, root, self.max_unreadable, rgb_only=True, most=self.val_count)
        val = val[: self.val_count]
        if self.regions:
            count = len(self.regions) + 1
            mapped = [MappedFiles(some, root, outlines, count) for some in (train, val)]
            return mapped[0], mapped[1]
        return FilePictures(train, root), FilePictures(val, root)

    def _outlines(self, splits: Sequence[CocoSplit], root: Path) -> dict[str, Outlines]:
        found: dict[str, Outlines] = {}
        for split in splits if self.regions else ():
            self._names(split, root)  # says what is wrong with the file
            found |= read_outlines(root / split.annotations, self.regions)
        return found

    def _splits(self) -> list[CocoSplit]:
        """The splits that are needed: training, and validation unless it is held out."""
        val = self.release.val
        official = val is not None and self.val_fraction is None and self.val_count > 0
        return [self.release.train, val] if official and val else [self.release.train]

    def _is_whole(self, split: CocoSplit, root: Path) -> bool:
        if not (root / split.annotations).is_file():
            return False
        return not absent(self._names(split, root), root / split.pictures)

    def _held_out(self, total: int) -> int:
        if self.val_count == 0:
            return 0
        if self.val_fraction is None:
            return held_out_count(total, self.val_count)
        held_out = max(1, round(self.val_fraction * total))
        _log.info("%d of %d pictures are held out for validation.", held_out, total)
        return held_out

    def _root(self) -> Path:
        if self.download and self.root is not None:
            return expanded(self.root)
        return existing_folder(self.root, "data.root", "data=coco")

    def _names(self, split: CocoSplit, root: Path) -> list[str]:
        if split not in self._listed:  # once: reading all of COCO's takes some 10 s
            file = root / split.annotations
            if not file.is_file():
                raise no_annotations(file, root, is_val=split is not self.release.train)
            names = listed_pictures(
                file,
                categories=self.categories,
                min_area=self.min_area,
                max_area=self.max_area,
            )
            self._listed[split] = sorted(names, key=path_hash)
        return self._listed[split]

    def _paths(self, split: CocoSplit, root: Path) -> list[Path]:
        listing = root / split.annotations
        names = self._names(split, root)
        return present_paths(names, root / split.pictures, listing, self.max_absent)


def _check_ranges(
    val_fraction: float | None, min_area: float | None, max_area: float | None, max_absent: float
) -> None:
    low = min_area or 0
    for name, value, fits, expected in (
        (
            "val_fraction",
            val_fraction,
            0 < (val_fraction or 0) < 1,
            "a fraction above 0 and below 1",
        ),
        ("min_area", min_area, low >= 0, "0 or more pixels"),
        ("max_area", max_area, (max_area or 0) > low, "more pixels than data.min_area"),
        ("max_absent", max_absent, 0 <= max_absent <= 1, "a fraction from 0 to 1"),
    ):
        if value is not None and not fits:
            raise StylenetError(
                f"data.{name} is {value}, expected {expected}.", f"Set another data.{name}."
            )
