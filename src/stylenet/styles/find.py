"""From what the user wrote (a name, a path) to a picture file."""

from __future__ import annotations

import difflib
import hashlib
import http.client
import importlib.util
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

import stylenet
from stylenet.errors import StylenetError
from stylenet.images import (
    DEFAULT_MAX_PIXELS,
    PICTURE_SUFFIXES,
    AsIs,
    Sizing,
    read_image,
    write_bytes_whole,
)
from stylenet.styles.catalogue import Entry, catalogue

log = logging.getLogger(__name__)

_LARGEST_DOWNLOAD = 64 * 2**20


class StyleNotFoundError(StylenetError):
    """No picture behind a style; ``tried`` lists (where, why not) in the order of the search."""

    def __init__(self, style: str, tried: list[tuple[str, str]], remedy: str) -> None:
        """Say every place that was tried, a line each."""
        lines = "".join(f"\n  - {where}: {reason}" for where, reason in tried)
        super().__init__(f"No picture was found for style={style}. Tried:{lines}", remedy)
        self.args = (f"{self.problem}\n{remedy}",)  # a line of its own, after the list
        self.style = style
        self.tried = tried


@dataclass(frozen=True)
class FoundStyle:
    """A style's picture file.

    Attributes:
        path: the file, not yet opened as a picture.
        name: the catalogue's name, else the file's name without suffix.
        sha256: of the file as it is, 64 hexadecimal digits.
        entry: the catalogue's entry of that name or of those very bytes, else None.
    """

    path: Path
    name: str
    sha256: str
    entry: Entry | None


class _NotHereError(Exception):
    """A place of the search has nothing; the text says why."""


def find_style(
    style: str,
    *,
    folder: Path | None,
    cache: Path,
    known: Mapping[str, Entry] | None = None,
    timeout: float = 20.0,
) -> FoundStyle:
    """Look for a style as a path, in ``folder``, in scikit-image, in ``cache``, at its source.

    Args:
        style: path of a picture, or a name: of a picture in ``folder`` or of the catalogue.
        folder: the user's own style pictures (``paths.styles``); they come before the catalogue's.
        cache: where downloads are kept, verified by SHA-256 each time.
        known: the catalogue to use instead of the package's own.
        timeout: seconds without an answer after which a download is given up.

    Raises:
        StyleNotFoundError: with every place tried, why it failed, the nearest name and a remedy.
    """
    known = catalogue() if known is None else known
    entry = known.get(style)
    tried: list[tuple[str, str]] = []
    places: list[tuple[str, Callable[[], FoundStyle]]] = [
        (f"as a path, {style!r}", lambda: _as_path(style, known)),
        ("in paths.styles", lambda: _in_folder(style, folder, entry)),
    ]
    if entry is None:
        tried_last = [("in the catalogue", "it has no such name")]
    else:
        tried_last = []
        places += [
            ("in scikit-image", lambda: _in_skimage(entry)),
            (f"in the cache, {cache / entry.file_name}", lambda: _in_cache(entry, cache)),
            (f"at {entry.source}", lambda: _download(entry, cache, timeout)),
        ]
    for where, look in places:
        try:
            return look()
        except _NotHereError as error:
            tried.append((where, str(error)))
        except (OSError, RuntimeError) as error:  # RuntimeError: ~name without such a user
            tried.append((where, str(error)))
    raise StyleNotFoundError(style, tried + tried_last, _remedy(style, known))


def read_style(
    found: FoundStyle, size: Sizing | None = None, *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Tensor:
    """The style picture at ``size`` (its own size by default): (1,3,H,W) float32 in [0,1].

    Raises:
        PictureError: the file is not a readable picture.
        SizeError: ``size`` does not suit it.
    """
    return (size or AsIs())(read_image(found.path, max_pixels=max_pixels))[None]


def _as_path(style: str, known: Mapping[str, Entry]) -> FoundStyle:
    path = Path(style).expanduser()
    if path.is_dir():
        raise _NotHereError("it is a folder, not a picture")
    if not path.is_file():
        raise _NotHereError(f"there is no such file (looked from {Path.cwd()})")
    digest = _sha256(path)
    entry = next((e for e in known.values() if e.sha256 == digest), None)
    return FoundStyle(path, entry.name if entry else path.stem, digest, entry)


def _in_folder(style: str, folder: Path | None, entry: Entry | None) -> FoundStyle:
    if folder is None:
        raise _NotHereError("it is not set")
    if not folder.is_dir():
        raise _NotHereError(f"there is no folder {folder}")
    pictures = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
    matches = [p for p in pictures if style in (p.stem, p.name) and p.is_file()]
    if not matches:
        raise _NotHereError(
            f"none of the {len(pictures)} pictures in {folder} has this name "
            f"(with a suffix such as {', '.join(PICTURE_SUFFIXES[:4])})"
        )
    path = matches[0]
    if len(matches) > 1:
        names = ", ".join(p.name for p in matches)
        log.warning("Several pictures are called %s (%s): %s is used.", style, names, path)
    digest = _sha256(path)
    if entry is not None and digest != entry.sha256:
        log.warning(
            "%s is used for style %s, but its bytes differ from the catalogue's (SHA-256 %s, "
            "there %s): figures may differ from published ones.",
            *(path, style, digest, entry.sha256),
        )
    return FoundStyle(path, path.stem, digest, entry)


def _in_skimage(entry: Entry) -> FoundStyle:
    if entry.bundled is None:
        raise _NotHereError("it does not contain this picture")
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        raise _NotHereError("scikit-image is not installed")
    path = Path(spec.origin).parent / "data" / entry.bundled
    if not path.is_file():
        raise _NotHereError(f"this installation lacks {path}")
    return FoundStyle(path, entry.name, _sha256(path), entry)


def _in_cache(entry: Entry, cache: Path) -> FoundStyle:
    path = cache / entry.file_name
    if not path.is_file():
        raise _NotHereError("there is no such file")
    digest = _sha256(path)
    if digest != entry.sha256:
        log.warning("%s is damaged (wrong SHA-256) and will be downloaded again.", path)
        raise _NotHereError(f"damaged: SHA-256 is {digest}, expected {entry.sha256}")
    return FoundStyle(path, entry.name, digest, entry)


def _download(entry: Entry, cache: Path, timeout: float) -> FoundStyle:
    log.info("Downloading style %s from %s", entry.name, entry.source)
    picture = _fetch(entry.source, timeout)
    digest = hashlib.sha256(picture).hexdigest()
    if digest != entry.sha256:
        page = picture.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))
        what = "a web page (HTML) came instead of the picture; " if page else ""
        raise _NotHereError(
            f"{what}SHA-256 of the {len(picture)} bytes received is {digest}, "
            f"expected {entry.sha256}"
        )
    path = cache / entry.file_name
    try:
        write_bytes_whole(path, picture)
    except OSError as error:
        raise _NotHereError(f"downloaded, but the cache cannot be written ({error})") from error
    return FoundStyle(path, entry.name, digest, entry)


def _fetch(address: str, timeout: float) -> bytes:
    if not address.startswith(("http://", "https://")):
        raise _NotHereError("not an http address")
    agent = f"stylenet/{stylenet.__version__}"
    request = urllib.request.Request(address, headers={"User-Agent": agent})  # noqa: S310 -- checked
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            content: bytes = answer.read(_LARGEST_DOWNLOAD + 1)
            announced = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        error.close()
        raise _NotHereError(f"the server answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise _NotHereError(f"the server cannot be reached ({error.reason})") from error
    except TimeoutError as error:
        raise _NotHereError(f"the server sent nothing for {timeout:g} seconds") from error
    except (http.client.HTTPException, OSError) as error:
        raise _NotHereError(f"the download broke off ({error})") from error
    if len(content) > _LARGEST_DOWNLOAD:
        raise _NotHereError(f"more than {_LARGEST_DOWNLOAD} bytes came")
    if announced is not None and len(content) < int(announced):
        raise _NotHereError(f"the download broke off after {len(content)} of {announced} bytes")
    return content


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _remedy(style: str, known: Mapping[str, Entry]) -> str:
    stem = Path(style).stem.lower().replace("-", "_").replace(" ", "_")
    nearest = difflib.get_close_matches(stem, known, n=1) if style not in known else []
    guess = f"Did you mean {nearest[0]!r}? " if nearest else ""
    bundled = [name for name, entry in known.items() if entry.bundled]
    example = f", or use a name that needs no file: {', '.join(bundled)}" if bundled else ""
    return (
        f"{guess}Known names: {', '.join(known)}. Pass the path of any picture "
        "(style=photos/me.jpg), or put one of that name into a folder and set STYLENET_STYLES or "
        f"paths.styles to it{example}."
    )
