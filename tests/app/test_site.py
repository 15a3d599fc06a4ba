"""The static page: its files."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylenet.app import site
from stylenet.app.mixing import mixing_net
from stylenet.app.site import RUNTIME, WEBGPU, write_site
from stylenet.apply import in_styles, load_model
from stylenet.apply.export import onnx_bytes
from stylenet.errors import StylenetError
from stylenet.images import read_image

pytest.importorskip("onnx", reason="nets are exported by onnx, which is not installed")
pytest.importorskip("onnxruntime", reason="what is exported is checked by onnxruntime")


@pytest.fixture
def npm(tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """``npm(script)``: a program of that name and no other; the archive that npm would bring."""
    archive = tmp_path / "brought.tgz"
    with tarfile.open(archive, "w:gz") as package:
        package.add(runtime, "package")
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))

    def install(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "npm"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return archive

    return install


def said(words: str) -> None:
    raise AssertionError(f"nothing was to be said: {words}")


def test_the_folder_has_all_that_the_page_asks_for(
    shipped: Path, runtime: Path, photos: Path, tmp_path: Path
) -> None:
    done = write_site(["wave", str(photos / "03.jpg")], tmp_path / "site", runtime, said)
    files = {file.name: file.stat().st_size for file in (tmp_path / "site").iterdir()}
    assert done.size == sum(files.values())
    more = ["_mixture.onnx", "_mixture.bin", min("wave.onnx", "03.onnx", key=files.__getitem__)]
    assert done.largest == done.size - sum(files[name] for name in more)
    about = json.loads((tmp_path / "site" / "styles.json").read_text())
    assert [style["name"] for style in about["styles"]] == ["wave", "03"]
    assert about["mixture"]["styles"] == ["wave", "03"]
    asked = set(RUNTIME) | {"page.js", "page.css", "worker.js", "onnxruntime-web.LICENSE.txt"}
    assert asked | {style["file"] for style in about["styles"]} <= set(files)
    assert set(_kept(tmp_path / "site")["files"]) == set(files) - {"files.js"} | {"./"}
    assert not set(WEBGPU) & set(files)
    more = write_site(["wave", str(photos / "03.jpg")], tmp_path / "more", runtime, said, True)
    assert set(WEBGPU) <= {file.name for file in (tmp_path / "more").iterdir()}
    assert not set(WEBGPU) & set(_kept(tmp_path / "more")["files"])
    assert abs(more.largest - done.largest) < 100  # who does not try it does not load it
    assert (tmp_path / "site" / RUNTIME[0]).read_text() == RUNTIME[0]
    for name in ("index.html", "page.js", "worker.js", "page.css"):
        assert not re.search(r"https?://", (tmp_path / "site" / name).read_text())


def _kept(folder: Path) -> dict[str, Any]:
    """What the service worker reads."""
    text = (folder / "files.js").read_text().removeprefix("self.SITE = ").rstrip(";\n")
    about: dict[str, Any] = json.loads(text)
    return about


def test_what_browsers_keep_has_another_version_where_a_file_is_another(
    shipped: Path, runtime: Path, tmp_path: Path
) -> None:
    versions = []
    for content in ("one", "two", "one"):
        (runtime / "dist" / RUNTIME[0]).write_text(content)
        write_site(["wave"], tmp_path / "site", runtime, said)
        versions.append(_kept(tmp_path / "site")["version"])
    assert versions[0] == versions[2] != versions[1]


def test_a_single_style_and_a_net_without_a_painting_bring_no_mixture(
    shipped: Path, runtime: Path, photos: Path, tmp_path: Path
) -> None:
    net = shipped / "wave.safetensors"
    mine = tmp_path / "mine.safetensors"
    for suffix in (".safetensors", ".json"):
        shutil.copy(net.with_suffix(suffix), mine.with_suffix(suffix))
    write_site([str(mine), str(photos / "03.jpg")], tmp_path / "site", runtime, said)
    assert json.loads((tmp_path / "site" / "styles.json").read_text())["mixture"] is None
    assert not list((tmp_path / "site").glob("_mixture*"))
    with pytest.raises(StylenetError, match="two styles called _mixture"):
        write_site(["wave", "pictures/_mixture.jpg"], tmp_path / "other", runtime, said)


def test_weighted_means_of_styles_values_paint_their_mixture(shipped: Path, photos: Path) -> None:
    import onnxruntime

    model = load_model("any")
    styles = {n: read_image(photos / f"{n}.jpg")[None] for n in ("01", "03", "05")}
    plain = [onnx_bytes(in_styles(model, {name: image})) for name, image in styles.items()]
    mixing = mixing_net(plain)
    assert len(mixing.net) < min(len(net) for net in plain)
    rows = np.frombuffer(mixing.values, "<f4").reshape(len(styles), -1)
    session = onnxruntime.InferenceSession(mixing.net)
    content = torch.rand(1, 3, 37, 50, generator=torch.Generator().manual_seed(0))
    for weights in ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.2, 0.3]):
        named = dict(zip(styles, weights, strict=True))
        expected = in_styles(model, styles, named).net(content).clamp(0, 1)
        row = np.asarray(weights, np.float32) @ rows
        ends = np.cumsum([np.prod(shape, dtype=int) for _, shape in mixing.inputs])
        given = {
            name: part.reshape(shape)
            for (name, shape), part in zip(mixing.inputs, np.split(row, ends[:-1]), strict=True)
        }
        (found,) = session.run(None, {"image": content.numpy(), **given})
        assert np.abs(found - expected.numpy()).max() <= 1 / 255
    alike = mixing_net([plain[0], plain[0]])
    assert (alike.inputs, alike.values) == ((), b"")


def test_the_runtime_is_fetched_by_npm_and_kept(
    npm: Callable[[str], Path], shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{site.PACKAGE}-{site.VERSION}.tgz"
    archive = npm("exit 1")
    npm(f'[ "$1" = pack ] && [ "$2" = {site.PACKAGE}@{site.VERSION} ] && cp {archive} {name}')
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))
    assert site._runtime(RUNTIME) == {file: file.encode() for file in RUNTIME}
    npm("exit 1")
    assert site._runtime(RUNTIME) == {file: file.encode() for file in RUNTIME}
    (tmp_path / "cache" / "npm" / name).write_bytes(b"half")
    with pytest.raises(StylenetError, match="is no whole package onnxruntime-web"):
        site._runtime(RUNTIME)


def test_without_npm_or_a_network_it_says_what_to_do(
    npm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    npm("echo no such host >&2; exit 1")
    with pytest.raises(StylenetError, match=r"\(no such host\).* use --runtime <folder>"):
        site._runtime(RUNTIME)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(StylenetError, match="fetched by npm, which is not here"):
        site._runtime(RUNTIME)


def test_what_cannot_be_is_said_before_anything_is_written(
    shipped: Path, runtime: Path, photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(StylenetError, match="two styles called wave"):
        write_site(["wave", "pictures/wave.jpg"], tmp_path / "site", runtime, said)
    (runtime / "dist" / RUNTIME[2]).unlink()
    with pytest.raises(StylenetError, match=f"has no {RUNTIME[2]}"):
        write_site(["wave"], tmp_path / "site", runtime, said)
    assert not (tmp_path / "site").exists()
