"""A browser, where there is one, and the page in it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stylenet.app.limits import Limits
from stylenet.app.site import RUNTIME, WEBGPU

if TYPE_CHECKING:
    from stylenet.app.page import Served

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
SIDE = 128
SLOW = 120_000  # milliseconds, on a machine that does much else


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Chromium of this machine, driven by Playwright; skips where either is missing."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page() -> Iterator[Served]:
    """The page, at any free port, with paintings of up to 128 pixels."""
    pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
    from stylenet.app.page import served
    from stylenet.app.studio import Studio

    with served(Studio("cpu", Limits(side=SIDE)), port=0) as page:
        yield page


@pytest.fixture
def visitor(chromium: Any, page: Served) -> Iterator[Callable[..., Any]]:
    """``visitor(width, height)``: a browser of its own with the page open.

    No address but the page's is asked for.
    """
    asked: list[str] = []
    with contextlib.ExitStack() as stack:

        def arrive(width: int = 1000, height: int = 900) -> Any:
            context = stack.enter_context(
                contextlib.closing(
                    chromium.new_context(viewport={"width": width, "height": height})
                )
            )
            context.set_default_timeout(SLOW)
            tab = context.new_page()
            tab.on("request", lambda request: asked.append(request.url))
            tab.goto(page.address)
            tab.wait_for_selector("#photo input[type=file]", state="attached")
            return tab

        yield arrive
    assert asked
    assert [u for u in asked if not u.startswith((page.address, "data:", "blob:"))] == []


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[str, int], Path]:
    """``photo(name, seed)``: a smooth picture of 128 x 96, without losses."""

    def write(name: str, seed: int) -> Path:
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((SIDE, 96), Image.Resampling.BICUBIC)
        picture.save(tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """A JPEG file of 96 x 64 that is to be turned by its EXIF: upright it is 64 x 96."""
    coarse = np.random.default_rng(7).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # by 90 degrees, clockwise
    stored = Image.fromarray(coarse).resize((96, 64), Image.Resampling.BICUBIC)
    stored.save(tmp_path / "turned.jpg", exif=exif, quality=95, subsampling=0)
    return tmp_path / "turned.jpg"


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """What stands for the npm package, unpacked."""
    folder = tmp_path / "package"
    (folder / "dist").mkdir(parents=True)
    for name in (*RUNTIME, *WEBGPU):
        (folder / "dist" / name).write_text(name)
    return folder
