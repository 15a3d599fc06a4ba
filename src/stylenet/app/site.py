"""A static page that paints in the browser: ``stylenet site``."""

from __future__ import annotations

import hashlib
import importlib.resources
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylenet.app.mixing import MixingNet, mixing_net
from stylenet.app.words import short_title
from stylenet.apply import find_named_style, in_styles, load_model, shipped_model
from stylenet.apply.choosing import MODEL_FILES, chosen_net
from stylenet.apply.export import export_onnx, onnx_bytes
from stylenet.apply.painters import Say, style_weights
from stylenet.apply.style_sheet import named_styles
from stylenet.apply.zoo import ANY
from stylenet.errors import StylenetError
from stylenet.files import cache_folder, expanded, locked, write_bytes
from stylenet.images import read_image

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
WEBGPU = (
    "ort.webgpu.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)
SECONDS = 600  # for npm
MIXTURE = "_mixture"  # among names of styles


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


def write_site(
    styles: Sequence[str], folder: Path, runtime: Path | None, say: Say, webgpu: bool = False
) -> Site:
    """Write the page, the nets of ``styles`` and what runs them in browsers.

    Args:
        styles: names, paintings, runs or model files, as `chosen_net` takes them.
        folder: it is made; files of the same names are replaced.
        runtime: a folder with the npm package onnxruntime-web, or its ``dist``. If None, it is
            fetched by npm, and kept in ``$STYLENET_CACHE``.
        say: gets the line by which a swatch stands in for a painting.
        webgpu: whether visitors can have the graphics card paint, an experiment; who does loads
            another 27 MB, which browsers do not keep for later.

    Raises:
        StylenetError: no such style, two of one name, no runtime; see `export_onnx`.
        OSError: from the file system.
    """
    names = [Path(style).stem for style in styles]
    taken = [*names, MIXTURE]
    if twice := sorted({name for name in taken if taken.count(name) > 1}):
        raise StylenetError(
            f"Got two styles called {', '.join(twice)}.", "Rename the file of one of them."
        )
    wanted = (*RUNTIME, *WEBGPU) if webgpu else RUNTIME
    files = _runtime(wanted) if runtime is None else _given(runtime, wanted)
    for file in importlib.resources.files("stylenet.app").joinpath("static").iterdir():
        files[file.name] = file.read_bytes()
    titles = {style.name: style.title for style in named_styles()}
    nets: dict[str, bytes] = {}
    listed: list[dict[str, object]] = []
    for style, name in zip(styles, names, strict=True):
        model, weights = chosen_net(style, None, (), say)
        export_onnx(model, folder / f"{name}.onnx", weights)
        nets[f"{name}.onnx"] = (folder / f"{name}.onnx").read_bytes()
        title = titles.get(name) or name
        entry = {"name": name, "title": title, "called": short_title(title)}
        listed.append({**entry, "file": f"{name}.onnx"})
    mixed, mixture = _mixture(dict(zip(names, styles, strict=True)))
    about: dict[str, object] = {"styles": listed, "mixture": None, "webgpu": webgpu}
    if mixture is not None:
        files |= {f"{MIXTURE}.onnx": mixture.net, f"{MIXTURE}.bin": mixture.values}
        about["mixture"] = {
            "file": f"{MIXTURE}.onnx",
            "values": f"{MIXTURE}.bin",
            "inputs": mixture.inputs,
            "styles": mixed,
        }
    files["styles.json"] = json.dumps(about, indent=2).encode()
    kept = {name: content for name, content in files.items() if name not in WEBGPU}
    files["files.js"] = kept["files.js"] = _kept_by_browsers({**kept, **nets})
    for name, content in files.items():
        write_bytes(folder / name, content)
    page = sum(len(content) for name, content in kept.items() if not name.startswith(MIXTURE))
    sizes = [len(net) for net in nets.values()]
    everything = sum(len(content) for content in files.values()) + sum(sizes)
    return Site(folder, everything, page + max(sizes))


def _mixture(styles: Mapping[str, str]) -> tuple[list[str], MixingNet | None]:
    """Which of the styles, by name, can be mixed, and the net for it; None if they are below two.

    Those of which there is a picture: in a mixture it stands for a net, as in `Studio`.
    """
    pictures = {name: picture for name, style in styles.items() if (picture := _picture(style))}
    if len(pictures) < 2 or shipped_model(ANY) is None:
        return [], None
    model = load_model(ANY)
    nets = [
        onnx_bytes(in_styles(model, {name: read_image(picture)[None]}))
        for name, picture in pictures.items()
    ]
    return list(pictures), mixing_net(nets)


def _picture(style: str) -> Path | None:
    """Of a style, without asking any server; None of a net or a mixture, unless it has its own."""
    given = expanded(style)
    if given.is_dir():
        own = given / "style.png"
        return own if own.is_file() else None
    if given.suffix in MODEL_FILES or len(style_weights(style)) > 1:
        return None
    return given if given.is_file() else find_named_style(style, online=False).path


def _kept_by_browsers(files: Mapping[str, bytes]) -> bytes:
    """What ``service.js`` reads: which files there are, and a version that changes with them."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    about = {"version": digest.hexdigest(), "files": ["./", *sorted(files)]}
    return f"self.SITE = {json.dumps(about, indent=2)};\n".encode()


def _given(folder: Path, wanted: Sequence[str]) -> dict[str, bytes]:
    """The runtime's files of these names, in a folder of the user's."""
    place = folder / "dist" if (folder / "dist").is_dir() else folder
    missing = [name for name in wanted if not (place / name).is_file()]
    if missing:
        raise StylenetError(
            f"{place} has no {', '.join(missing)}, expected the files of the npm package "
            f"{PACKAGE}.",
            f"Unpack it there (npm pack {PACKAGE}@{VERSION}), or leave out --runtime.",
        )
    return {name: (place / name).read_bytes() for name in wanted}


def _runtime(wanted: Sequence[str]) -> dict[str, bytes]:
    """The runtime's files of these names, from the cache or else from npm."""
    cache = cache_folder(os.environ.get("STYLENET_CACHE", "~/.cache/stylenet")) / "npm"
    archive = cache / f"{PACKAGE}-{VERSION}.tgz"
    with locked(cache / "lock", f"another process fetches {PACKAGE}"):
        if not archive.is_file():
            _fetch(cache)
        return _unpacked(archive, wanted)


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


def _unpacked(archive: Path, wanted: Sequence[str]) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as package:
            members = {name: package.extractfile(f"package/dist/{name}") for name in wanted}
            return {name: file.read() for name, file in members.items() if file is not None}
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        raise StylenetError(
            f"{archive} is no whole package {PACKAGE} ({error}).", "Delete it; it is fetched anew."
        ) from error
