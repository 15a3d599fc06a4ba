"""A static page that paints in the browser: ``stylenet site``."""

from __future__ import annotations

import importlib.resources
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stylenet.apply.choosing import chosen_net
from stylenet.apply.export import export_onnx
from stylenet.apply.painters import Say
from stylenet.apply.style_sheet import named_styles
from stylenet.errors import StylenetError
from stylenet.files import cache_folder, locked, write_bytes, write_text

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
SECONDS = 600  # for npm


@dataclass(frozen=True)
class Site:
    """What was written.

    Attributes:
        folder: where.
        size: bytes of all files.
        largest: bytes that a visitor loads for a page of one style: the one of the largest net.
    """

    folder: Path
    size: int
    largest: int


def write_site(styles: Sequence[str], folder: Path, runtime: Path | None, say: Say) -> Site:
    """Write the page, the nets of ``styles`` and what runs them in browsers.

    Args:
        styles: names, paintings, runs or model files, as `chosen_net` takes them.
        folder: it is made; files of the same names are replaced.
        runtime: a folder with the npm package onnxruntime-web, or its ``dist``. If None, it is
            fetched by npm, and kept in ``$STYLENET_CACHE``.
        say: gets the line by which a swatch stands in for a painting.

    Raises:
        StylenetError: no such style, two of one name, no runtime; see `export_onnx`.
        OSError: from the file system.
    """
    names = [Path(style).stem for style in styles]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise StylenetError(
            f"Got two styles called {', '.join(twice)}.", "Rename the file of one of them."
        )
    files = _runtime() if runtime is None else _given(runtime)
    titles = {style.name: style.title for style in named_styles()}
    nets = []
    listed = []
    for style, name in zip(styles, names, strict=True):
        model, weights = chosen_net(style, None, (), say)
        nets.append(export_onnx(model, folder / f"{name}.onnx", weights).size)
        listed.append({"name": name, "title": titles.get(name) or name, "file": f"{name}.onnx"})
    page = 0
    for file in importlib.resources.files("stylenet.app").joinpath("static").iterdir():
        content = file.read_bytes()
        page += len(content)
        write_bytes(folder / file.name, content)
    for name, content in files.items():
        page += len(content)
        write_bytes(folder / name, content)
    write_text(folder / "styles.json", json.dumps(listed, indent=2) + "\n")
    return Site(folder, page + sum(nets), page + max(nets))


def _given(folder: Path) -> dict[str, bytes]:
    """The runtime's files, in a folder of the user's."""
    place = folder / "dist" if (folder / "dist").is_dir() else folder
    missing = [name for name in RUNTIME if not (place / name).is_file()]
    if missing:
        raise StylenetError(
            f"{place} has no {', '.join(missing)}, expected the files of the npm package "
            f"{PACKAGE}.",
            f"Unpack it there (npm pack {PACKAGE}@{VERSION}), or leave out --runtime.",
        )
    return {name: (place / name).read_bytes() for name in RUNTIME}


def _runtime() -> dict[str, bytes]:
    """The runtime's files, from the cache or else from npm."""
    cache = cache_folder(os.environ.get("STYLENET_CACHE", "~/.cache/stylenet")) / "npm"
    archive = cache / f"{PACKAGE}-{VERSION}.tgz"
    with locked(cache / "lock", f"another process fetches {PACKAGE}"):
        if not archive.is_file():
            _fetch(cache)
        return _unpacked(archive)


def _fetch(cache: Path) -> None:
    """``npm pack`` writes the archive whole, having checked its digest."""
    wanted = f"{PACKAGE}@{VERSION}"
    remedy = (
        f"Fetch it on another machine (npm pack {wanted}), unpack it, and use --runtime <folder>."
    )
    try:
        command = ["npm", "pack", wanted, "--silent"]
        done = subprocess.run(  # noqa: S603 - no shell, no word of a user's
            command, cwd=cache, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise StylenetError(f"{PACKAGE} is fetched by npm, which is not here.", remedy) from error
    except subprocess.TimeoutExpired as error:
        raise StylenetError(f"npm did not bring {wanted} in {SECONDS} s.", remedy) from error
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"status {done.returncode}"
        raise StylenetError(f"npm could not fetch {wanted} ({reason}).", remedy)


def _unpacked(archive: Path) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as package:
            members = {name: package.extractfile(f"package/dist/{name}") for name in RUNTIME}
            return {name: file.read() for name, file in members.items() if file is not None}
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        raise StylenetError(
            f"{archive} is no whole package {PACKAGE} ({error}).", "Delete it; it is fetched anew."
        ) from error
