"""The static page in Chromium: what it paints there."""

from __future__ import annotations

import contextlib
import functools
import io
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylenet.app import site
from stylenet.app.look import Look
from stylenet.app.site import RUNTIME, WEBGPU, write_site
from stylenet.apply import Stylizer, find_named_style
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


@pytest.fixture
def real_runtime(onnxruntime_web: dict[str, bytes], runtime: Path) -> Path:
    """`runtime` with the real one's files."""
    for name, content in onnxruntime_web.items():
        (runtime / "dist" / name).write_bytes(content)
    return runtime


def test_it_paints_as_stylizer_does_and_goes_on_without_its_server(
    chromium: Any,
    serve: Callable[[Path], ThreadingHTTPServer],
    shipped: Path,
    real_runtime: Path,
    photos: Path,
    turned: Path,
    tmp_path: Path,
) -> None:
    painting = photos / "03.jpg"
    done = write_site(["wave", str(painting)], tmp_path / "site", real_runtime, print, webgpu=True)
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
    serve: Callable[[Path], ThreadingHTTPServer],
    shipped: Path,
    real_runtime: Path,
    tmp_path: Path,
) -> None:
    write_site(["wave"], tmp_path / "site", real_runtime, print, webgpu=True)
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
