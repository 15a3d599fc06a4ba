"""From what the user wrote (a name, a path) to an image file."""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib.resources
import importlib.util
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.files import (
    SECONDS_OF_SILENCE,
    SECONDS_TO_ANSWER,
    download_bytes,
    expanded,
    sha256_of,
    write_bytes,
)
from stylenet.images import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    AsIs,
    Sizing,
    read_image,
)
from stylenet.styles.catalogue import Entry, catalogue, entry_of
from stylenet.styles.errors import NotHereError, StyleNotFoundError
from stylenet.styles.found import FoundStyle

log = logging.getLogger(__name__)


def find_style(
    style: str,
    *,
    folder: Path | None,
    cache: Path,
    known: Mapping[str, Entry] | None = None,
    swatches: Path | None = None,
    timeout: float = SECONDS_OF_SILENCE,
    patience: float = SECONDS_TO_ANSWER,
    online: bool = True,
) -> FoundStyle:
    """Look for a style as a path, in ``folder``, in scikit-image, in ``cache``, at its source.

    Where all of these fail and the style is one of the catalogue, the swatch of that name stands
    in, if there is one: an image made by this project with the painting's statistics.

    Args:
        style: path of an image, or a name: of an image in ``folder`` or of the catalogue.
        folder: the user's own style images (``paths.styles``); they come before the catalogue's.
        cache: where downloads are kept, verified by SHA-256 each time.
        known: the catalogue to use instead of the package's own.
        swatches: folder of stand-ins, ``<name>.jpg``, to use instead of the package's own.
        timeout: seconds without a byte after which a download is given up.
        patience: seconds within which a server must begin to answer.
        online: whether its source may be asked.

    Raises:
        StyleNotFoundError: with every place tried, why it failed, the nearest name and a remedy.
    """
    known = catalogue() if known is None else known
    entry = entry_of(style, known)
    if entry is not None and style == entry.formerly:
        log.info("style %s is called %s now", style, entry.name)
        style = entry.name
    tried: list[tuple[str, str]] = []
    places: list[tuple[str, Callable[[], FoundStyle]]] = [
        (f"as a path, {style!r}", lambda: _as_path(style, known)),
        ("in STYLENET_STYLES or paths.styles", lambda: _in_folder(style, folder, entry)),
    ]
    if entry is None:
        tried_last = [("in the catalogue", "it has no such name")]
    else:
        tried_last = []
        fetched = functools.partial(_download, entry, cache, timeout, patience)
        places += [
            ("in scikit-image", lambda: _in_skimage(entry)),
            (f"in the cache, {cache / entry.file_name}", lambda: _in_cache(entry, cache)),
            *([(f"at {entry.source}", fetched)] if online else []),
            ("among the swatches", lambda: _swatch(entry, swatches, _why(entry, tried))),
        ]
    for where, look in places:
        try:
            return look()
        except (NotHereError, OSError) as error:
            tried.append((where, str(error)))
    raise StyleNotFoundError(style, tried + tried_last, _remedy(style, known))


def find_swatch(name: str, stand_in: str) -> FoundStyle:
    """The package's swatch of a painting of the catalogue, which ``stand_in`` gives the reason for.

    Raises:
        StyleNotFoundError: there is none.
    """
    try:
        entry = entry_of(name, catalogue())
        if entry is None:
            raise NotHereError("the catalogue has no such name")
        return _swatch(entry, None, stand_in)
    except NotHereError as error:
        tried = [("among the swatches", str(error))]
        raise StyleNotFoundError(name, tried, _remedy(name, catalogue())) from error


def is_stand_in(words: str, style: str) -> bool:
    """Whether ``words`` are the line by which a swatch stands in for ``style``."""
    return words.startswith(f"style {style}: ") and "bundled swatch" in words


def read_style(
    found: FoundStyle, size: Sizing | None = None, *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Tensor:
    """The style image at ``size`` (its own size by default): (1,3,H,W) float32 in [0,1].

    Raises:
        PictureError: the file is not a readable image.
        SizeError: ``size`` does not suit it.
    """
    return (size or AsIs())(read_image(found.path, max_pixels=max_pixels))[None]


def _as_path(style: str, known: Mapping[str, Entry]) -> FoundStyle:
    try:
        path = expanded(style)
    except StylenetError as error:  # ~name without such a user
        raise NotHereError(str(error)) from error
    if path.is_dir():
        raise NotHereError("it is a folder, not a picture")
    if not path.is_file():
        raise NotHereError(f"there is no such file (looked from {Path.cwd()})")
    digest = sha256_of(path)
    entry = next((e for e in known.values() if e.sha256 == digest), None)
    return FoundStyle(path, entry.name if entry else path.stem, digest, entry)


def _in_folder(style: str, folder: Path | None, entry: Entry | None) -> FoundStyle:
    if folder is None:
        raise NotHereError("it is not set")
    if not folder.is_dir():
        raise NotHereError(f"there is no folder {folder}")
    pictures = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
    former = entry.formerly if entry is not None else None
    names = {style} if former is None else {style, former}
    matches = [p for p in pictures if {p.stem, p.name} & names and p.is_file()]
    if not matches:
        raise NotHereError(
            f"none of the {len(pictures)} pictures in {folder} has this name "
            f"(with a suffix such as {', '.join(PICTURE_SUFFIXES[:4])})"
        )
    path = matches[0]
    if len(matches) > 1:
        several = ", ".join(p.name for p in matches)
        log.warning("Several pictures are called %s (%s): %s is used.", style, several, path)
    digest = sha256_of(path)
    if entry is not None and digest != entry.sha256:
        log.warning(
            "%s is used for style %s, but its bytes differ from the catalogue's (SHA-256 %s, "
            "there %s): figures may differ from published ones.",
            *(path, style, digest, entry.sha256),
        )
    name = entry.name if entry is not None and path.stem == entry.formerly else path.stem
    return FoundStyle(path, name, digest, entry)


def _in_skimage(entry: Entry) -> FoundStyle:
    if entry.bundled is None:
        raise NotHereError("it does not contain this picture")
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise NotHereError("scikit-image is not installed")
    path = Path(spec.origin).parent / "data" / entry.bundled
    if not path.is_file():
        raise NotHereError(f"this installation lacks {path}")
    return FoundStyle(path, entry.name, sha256_of(path), entry)


def _in_cache(entry: Entry, cache: Path) -> FoundStyle:
    path = cache / entry.file_name
    if not path.is_file():
        raise NotHereError("there is no such file")
    digest = sha256_of(path)
    if digest != entry.sha256:
        log.warning("%s is damaged (wrong SHA-256) and will be downloaded again.", path)
        raise NotHereError(f"damaged: SHA-256 is {digest}, expected {entry.sha256}")
    return FoundStyle(path, entry.name, digest, entry)


def _download(entry: Entry, cache: Path, timeout: float, patience: float) -> FoundStyle:
    log.info("Downloading style %s from %s", entry.name, entry.source)
    picture = download_bytes(entry.source, patience=patience, silence=timeout)
    digest = hashlib.sha256(picture).hexdigest()
    if digest != entry.sha256:
        page = picture.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
        what = "the server sent a web page (HTML), not the picture; " if page else ""
        raise NotHereError(
            f"{what}SHA-256 of the {len(picture)} bytes received is {digest}, "
            f"expected {entry.sha256}"
        )
    path = cache / entry.file_name
    try:
        write_bytes(path, picture)
    except OSError as error:
        raise NotHereError(f"downloaded, but the cache cannot be written ({error})") from error
    return FoundStyle(path, entry.name, digest, entry)


def _swatch(entry: Entry, folder: Path | None, stand_in: str) -> FoundStyle:
    if folder is None:
        folder = Path(str(importlib.resources.files(__package__) / "swatches"))
    path = folder / f"{entry.name}.jpg"
    if not path.is_file():
        raise NotHereError("none was made of it")
    return FoundStyle(path, entry.name, sha256_of(path), entry, stand_in)


def _why(entry: Entry, tried: list[tuple[str, str]]) -> str:
    """One line on why a swatch stands in; a name is no path, and few are in scikit-image."""
    places = {where.partition(",")[0]: " ".join(reason.split()) for where, reason in tried}
    del places["as a path"], places["in scikit-image"]
    named = ", ".join(f"{where} ({reason})" for where, reason in places.items())
    named = named.replace(f"at {entry.source}", "at its source")
    return (
        f"style {entry.name}: no picture found {named}; using the bundled swatch, "
        "a picture made by this project with the painting's statistics"
    )


def _remedy(style: str, known: Mapping[str, Entry]) -> str:
    stem = Path(style).stem.lower().replace("-", "_").replace(" ", "_")
    nearest = difflib.get_close_matches(stem, known, n=1) if style not in known else []
    guess = f"Did you mean {nearest[0]!r}? " if nearest else ""
    bundled = [name for name, entry in known.items() if entry.bundled]
    example = f", or use a name that needs no file: {', '.join(bundled)}" if bundled else ""
    return (
        f"{guess}Known names: {', '.join(known)}. Give the path of any picture, such as "
        "photos/me.jpg, or put one of that name into a folder and set STYLENET_STYLES or "
        f"paths.styles to it{example}."
    )
