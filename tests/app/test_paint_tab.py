"""What the tab *Paint* offers and takes, without a browser."""

from __future__ import annotations

import asyncio
import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from stylenet.app.limits import Limits
from stylenet.app.pictures import pictures_css
from stylenet.app.studio import Studio
from stylenet.app.visits import Visits
from stylenet.images import open_image

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
import gradio as gr

from stylenet.app.paint_tab import PaintTab

# of Gradio, to itself
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def tab(shipped: Path, tmp_path: Path) -> PaintTab:
    studio = Studio("cpu", Limits(side=1000))

    async def drawn() -> PaintTab:  # where no event loop runs Gradio makes several, and closes none
        with gr.Blocks(analytics_enabled=False):
            return PaintTab(studio, Visits(tmp_path / "visits", studio.limits))

    with ThreadPoolExecutor(1) as thread:  # in this one an earlier test's browser has its loop
        return thread.submit(asyncio.run, drawn()).result()


@pytest.mark.parametrize(
    ("photo", "size"),
    [((0, 0), 512), ((4000, 3000), 512), ((480, 360), 480), ((200, 300), 300), ((90, 60), 256)],
)
def test_a_photo_is_painted_at_its_own_size_where_that_is_quick(
    tab: PaintTab, photo: tuple[int, int], size: int
) -> None:
    offered, chosen = tab.controls.sizes(photo)
    assert chosen == size
    pixels = [px for _, px in offered]
    assert pixels == sorted({256, 384, 512, 768, 1000} | ({max(photo)} & set(range(1, 1000))))
    assert [px for words, px in offered if "as your photo" in words] == [
        px for px in pixels if px == max(photo)
    ]


def test_a_size_that_the_visitor_chose_stays_with_the_next_photo(
    tab: PaintTab, tmp_path: Path
) -> None:
    for name, side in (("small.png", 64), ("other.png", 270), ("large.png", 900)):
        Image.new("RGB", (side, side // 2)).save(tmp_path / name)
    request: Any = SimpleNamespace(session_hash="me")
    values = list(tab.controls.defaults)
    at = tab.controls.all.index(tab.controls.size)

    def taken(name: str, size: int) -> int:
        answer = tab._take(request, str(tmp_path / name), *values[:at], size, *values[at:])
        assert str(answer[2]["value"]) in answer[1]  # what is said of the painting
        return int(answer[2]["value"])

    assert taken("small.png", 512) == 256  # as it was at first
    assert taken("other.png", 256) == 270
    assert taken("other.png", 384) == 384
    assert taken("large.png", 384) == 384
    assert taken("small.png", 512) == 256  # the photo's size before, not the visitor's wish
    assert tab._reset(request)[at] == 256


def test_only_styles_that_can_be_painted_here_are_offered(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("STYLENET_STYLES", raising=False)
    without = Studio("cpu")
    assert "edtaonisl" not in without.styles.values()  # no swatch of it ships
    assert set(without.pictures) == set(without.styles)
    monkeypatch.setenv("STYLENET_STYLES", str(tmp_path))
    Image.new("RGB", (64, 64), "red").save(tmp_path / "edtaonisl.png")
    found = Studio("cpu")
    assert set(found.styles.values()) - set(without.styles.values()) == {"edtaonisl"}
    assert found.file("edtaonisl") == tmp_path / "edtaonisl.png"


def test_a_small_picture_is_the_middle_of_the_large_one(tmp_path: Path, photos: Path) -> None:
    wide = tmp_path / "wide.png"
    Image.new("RGB", (300, 100), "white").save(wide)
    with Image.open(wide) as image:
        image.paste("blue", (100, 0, 200, 100))
        image.save(wide)
    words = 'Your "] } body { display: none } é'
    css = pictures_css({words: wide, "Other": photos / "03.jpg"})
    assert re.findall(r"display: none|[^\x00-\x7f]", css) == []
    (address,) = re.findall(r"Your.*url\(\"data:image/jpeg;base64,(.+?)\"\)", css)
    small = open_image(_written(tmp_path, address))
    assert small.size == (80, 80)
    assert small.resize((1, 1)).getpixel((0, 0)) == pytest.approx((0, 0, 255), abs=3)
    assert open_image(wide).size == (300, 100)
    assert pictures_css({}) == ""


def _written(folder: Path, address: str) -> Path:
    file = folder / "small.jpg"
    file.write_bytes(base64.b64decode(address))
    return file
