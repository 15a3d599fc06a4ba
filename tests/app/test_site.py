"""The static page: its files, and what it paints in Chromium."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.app import site
from stylenet.app.look import Look
from stylenet.app.mixing import mixing_net
from stylenet.app.site import RUNTIME, WEBGPU, write_site
from stylenet.apply import Stylizer, find_named_style, in_styles, load_model
from stylenet.apply.export import onnx_bytes
from stylenet.errors import StylenetError
from stylenet.images import Adjustment, LuminanceOnly, read_image

pytest.importorskip("onnx", reason="nets are exported by onnx, which is not installed")
pytest.importorskip("onnxruntime", reason="what is exported is checked by onnxruntime")
SLOW = 120_000  # milliseconds, on a machine that does much else
AUDIT = (Path(__file__).parent / "access.js").read_text()
MOST = 18e6  # bytes of the page with one style
GREAT_WAVE = "The Great Wave off Kanagawa"
# WebGPU computed by the processor: some 1000 times slower than a graphics card
SOFTWARE_GPU = ("--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """What stands for the npm package, unpacked."""
    folder = tmp_path / "package"
    (folder / "dist").mkdir(parents=True)
    for name in (*RUNTIME, *WEBGPU):
        (folder / "dist" / name).write_text(name)
    return folder


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


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[[Path], ThreadingHTTPServer]]:
    """``serve(folder)``: a plain web server, on this machine only."""
    servers = []

    def start(folder: Path) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def onnxruntime_web() -> dict[str, bytes]:
    """The real one, from the cache or npm; skips where it cannot be had."""
    try:
        return site._runtime((*RUNTIME, *WEBGPU))
    except StylenetError as error:
        pytest.skip(str(error))


def test_it_paints_as_stylizer_does_and_goes_on_without_its_server(
    chromium: Any,
    onnxruntime_web: dict[str, bytes],
    serve: Callable[[Path], ThreadingHTTPServer],
    shipped: Path,
    runtime: Path,
    photos: Path,
    turned: Path,
    tmp_path: Path,
) -> None:
    for name, content in onnxruntime_web.items():
        (runtime / "dist" / name).write_bytes(content)
    painting = photos / "03.jpg"
    done = write_site(["wave", str(painting)], tmp_path / "site", runtime, said, webgpu=True)
    assert done.largest < MOST
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    photo = tmp_path / "me.png"
    Image.fromarray(coarse).resize((101, 67), Image.Resampling.BICUBIC).save(photo)
    content = read_image(photo)

    server = serve(tmp_path / "site")
    address = f"http://127.0.0.1:{server.server_port}/"
    tab = chromium.new_page(viewport={"width": 390, "height": 844})
    tab.set_default_timeout(SLOW)
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(address)
    tab.locator("#said", has_text="Choose a photo").wait_for()
    tab.locator("#kept").wait_for()
    assert not tab.locator("#curtain").is_visible()  # there is nothing to compare yet
    server.shutdown()
    server.server_close()
    tab.reload()
    tab.locator("#said", has_text="Choose a photo").wait_for()

    tab.set_input_files("#photo", photo)
    tab.locator("#said", has_text=f"{GREAT_WAVE}, 101 x 67 pixels").wait_for()
    expected = Stylizer.load("wave", "cpu")(content)
    assert _apart(_shown(tab), expected) <= 1

    tab.select_option("#style", "03")
    tab.locator("#said", has_text="03, 101 x 67 pixels").wait_for()
    expected = Stylizer.load("any", "cpu", style=painting)(content)
    assert _apart(_shown(tab), expected) <= 1

    sliders = {"strength": 0.5, "hue": 30, "saturation": 0.5, "brightness": 1.2}
    for control, value in sliders.items():
        tab.locator(f"#{control}").fill(str(value))
    look = Look(0.5, adjustment=Adjustment(30, 0.5, 1.2))
    assert _apart(_shown(tab), look(expected, content)) <= 1
    tab.check("#keep")
    look = Look(0.5, LuminanceOnly(), Adjustment(30, 0.5, 1.2))
    assert _apart(_shown(tab), look(expected, content)) <= 1

    for control, value in {"strength": 1, "hue": 0, "saturation": 1, "brightness": 1}.items():
        tab.locator(f"#{control}").fill(str(value))
    tab.uncheck("#keep")
    tab.select_option("#style", label="A mixture")
    tab.locator("#said", has_text=f"50% {GREAT_WAVE} and 50% 03, 101 x 67 pixels").wait_for()
    tab.locator("#weight_03").fill("0.25")
    tab.locator("#said", has_text=f"67% {GREAT_WAVE} and 33% 03, 101 x 67 pixels").wait_for()
    wave = find_named_style("wave", online=False).path
    mixed = Stylizer.load("any", "cpu", style={str(wave): 0.5, str(painting): 0.25})
    assert _apart(_shown(tab, "me_wave_67_and_03_33.png"), mixed(content)) <= 1
    for name in ("wave", "03"):
        tab.locator(f"#weight_{name}").fill("0")
    tab.locator("#said", has_text="Give one of the styles a weight above 0").wait_for()

    tab.locator("#strength").fill("0.3")
    tab.click("#reset_all")
    tab.locator("#said", has_text=f"{GREAT_WAVE}, 101 x 67 pixels").wait_for()
    expected = Stylizer.load("wave", "cpu")(content)
    assert _apart(_shown(tab, "me_wave.png"), expected) <= 1
    assert tab.locator("#weight_wave").evaluate("e => e.value") == "0.5"
    assert tab.locator("#photo").evaluate("e => e.files[0].name") == "me.png"
    tab.click("#webgpu")  # which this Chromium has not
    tab.locator("#said", has_text="s. Not by WebGPU: this browser offers none").wait_for()
    assert not tab.is_checked("#webgpu")
    assert _apart(_shown(tab), expected) <= 1

    for dark in ("light", "dark"):
        tab.emulate_media(color_scheme=dark)
        found = tab.evaluate(AUDIT)
        assert (found["faint"], found["nameless"]) == ([], [])
    tab.set_input_files("#photo", turned)
    tab.select_option("#style", "wave")
    tab.locator("#said", has_text=f"{GREAT_WAVE}, 64 x 96 pixels").wait_for()
    tab.locator("#strength").fill("0")
    assert _apart(_shown(tab), read_image(turned)) <= 3  # decoders of JPEG differ a little

    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    tab.set_input_files("#photo", bad)
    tab.locator("#said", has_text="bad.png is no picture that this browser can read").wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert [url for url in asked if not url.startswith((address, "blob:", "data:"))] == []
    tab.close()


def test_webgpu_paints_as_webassembly_does(
    chromium: Any,
    onnxruntime_web: dict[str, bytes],
    serve: Callable[[Path], ThreadingHTTPServer],
    shipped: Path,
    runtime: Path,
    tmp_path: Path,
) -> None:
    for name, content in onnxruntime_web.items():
        (runtime / "dist" / name).write_bytes(content)
    write_site(["wave"], tmp_path / "site", runtime, said, webgpu=True)
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    photo = tmp_path / "me.png"
    Image.fromarray(coarse).resize((45, 33), Image.Resampling.BICUBIC).save(photo)
    other = chromium.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
        args=list(SOFTWARE_GPU),
    )
    with contextlib.closing(other):
        tab = other.new_page()
        tab.set_default_timeout(3 * SLOW)
        tab.goto(f"http://127.0.0.1:{serve(tmp_path / 'site').server_port}/")
        if not tab.evaluate("navigator.gpu?.requestAdapter().then(Boolean)"):
            pytest.skip("this chromium has no WebGPU, not even one in software")
        tab.set_input_files("#photo", photo)
        tab.locator("#said", has_text=f"{GREAT_WAVE}, 45 x 33 pixels").wait_for()
        tab.check("#webgpu")
        tab.locator("#said", has_text=re.compile(r" s(, by|\. Not by) WebGPU")).wait_for()
        assert ", by WebGPU" in tab.locator("#said").inner_text()
        expected = Stylizer.load("wave", "cpu")(read_image(photo))
        assert _apart(_shown(tab), expected) <= 1


def _shown(tab: Any, name: str | None = None) -> np.ndarray:
    """The pixels of what a download would be, (H,W,3); of that name."""
    with tab.expect_download() as started:
        tab.click("#png")
    assert name in (None, started.value.suggested_filename)
    with Image.open(io.BytesIO(Path(started.value.path()).read_bytes())) as image:
        return np.asarray(image.convert("RGB"))


def _apart(shown: np.ndarray, expected: Any) -> float:
    """The largest difference, in levels of 255, of an image from (3,H,W) in [0,1]."""
    return float(np.abs(shown - 255 * expected.permute(1, 2, 0).numpy()).max()) - 1e-3
