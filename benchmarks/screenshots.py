"""The pictures of docs/page.md, anew: ``python benchmarks/screenshots.py``.

Each tab of the page is used in Chromium, at 1280 pixels and, all tabs on one sheet, at 390; the
static page at 390. A net is trained for a minute. Needs gradio, av, opencv, onnx, onnxruntime,
playwright, a chromium and npm.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from playwright.sync_api import sync_playwright
from static_page import serving

from stylenet.app.page import served
from stylenet.app.site import write_site
from stylenet.app.studio import Studio
from stylenet.apply.video import ClipOptions, paint_clip
from stylenet.images import ShorterSide, read_image, sample_photographs, write_image

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
QUALITY = 70
FRAMES = 24


def a_clip(folder: Path) -> Path:
    """A second of a photograph that goes by."""
    image = ShorterSide(256)(read_image(sample_photographs()["chelsea"]))
    (folder / "frames").mkdir()
    for number in range(FRAMES):
        left = 4 * number
        write_image(folder / "frames" / f"{number:03d}.png", image[:, :256, left : left + 256])
    paint_clip(folder / "frames", folder / "chelsea.mp4", torch.clone, ClipOptions(blend=None))
    return folder / "chelsea.mp4"


def settle(tab: Any) -> None:
    """Wait until nothing is waited for in the page."""
    tab.wait_for_timeout(1000)
    tab.wait_for_function(
        "![...document.querySelectorAll('[data-testid=status-tracker]:not(.hide)')]"
        ".some(tracker => tracker.checkVisibility({visibilityProperty: true}))"
    )


def shot(tab: Any) -> Image.Image:
    """The whole page as it is now."""
    before = tab.viewport_size
    height = tab.evaluate("document.documentElement.scrollHeight")
    tab.set_viewport_size({"width": before["width"], "height": max(height, before["height"])})
    tab.wait_for_timeout(3000)  # plots are drawn anew
    image = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    tab.set_viewport_size(before)
    return image


def save(image: Image.Image, scale: float, file: Path) -> None:
    """A small file of it."""
    image.resize((round(scale * image.width), round(scale * image.height))).save(
        file, quality=QUALITY
    )


def number(tab: Any, control: str, value: float) -> None:
    """Give a slider's number."""
    box = tab.locator(f"#{control} input[type=number]")
    box.fill(str(value))
    box.press("Tab")


def go_to(tab: Any, name: str) -> None:
    """To a tab, which may be in the menu of those that do not fit."""
    button = tab.get_by_role("tab", name=name)
    if not button.is_visible():
        tab.locator(".overflow-menu > button").click()
        button = tab.locator(".overflow-dropdown button", has_text=name)
    button.click()


def paint(tab: Any, _: Path) -> None:
    """A photo in a mixture."""
    tab.click("#sample")
    tab.locator("#said", has_text="pixels").wait_for()
    tab.get_by_text("Mix several styles", exact=True).click()
    tab.click("#style_second input")
    tab.get_by_role("option").nth(5).click()
    tab.locator("#said", has_text="%").wait_for()


def styles(tab: Any) -> Image.Image:
    """The list of styles, open; no more than that."""
    tab.evaluate("scrollTo(0, 0)")
    tab.click("#style input")
    tab.get_by_role("option").first.wait_for()
    tab.wait_for_timeout(3000)
    boxes = [tab.locator(at).bounding_box() for at in ("[role=listbox]", "#style")]
    top = min(box["y"] for box in boxes)
    height = max(box["y"] + box["height"] for box in boxes) - top
    clip = {"x": boxes[0]["x"], "y": top, "width": boxes[0]["width"], "height": height}
    image = Image.open(io.BytesIO(tab.screenshot(clip=clip))).convert("RGB")
    tab.keyboard.press("Escape")
    return image


def regions(tab: Any, _: Path) -> None:
    """A stroke over the photo, in a style of its own."""
    tab.locator("#regions_said", has_text="Brush, then paint").wait_for()
    tab.wait_for_timeout(1000)
    box = tab.locator("#editor canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for offset in range(-60, 61, 15):
        tab.mouse.move(x + offset, y - 60)
        tab.mouse.down()
        tab.mouse.move(x + offset, y + 60, steps=5)
        tab.mouse.up()
    tab.click("#go_regions")
    tab.locator("#regions_said", has_text="pixels").wait_for()


def optimise(tab: Any, _: Path) -> None:
    """Some steps."""
    number(tab, "o_steps", 30)
    tab.click("#o_go")
    tab.locator("#o_said", has_text="finished").wait_for()


def train(tab: Any, _: Path) -> None:
    """A minute."""
    number(tab, "t_minutes", 1)
    tab.click("#t_go")
    tab.locator("#t_said", has_text="finished").wait_for()


def video(tab: Any, clip: Path) -> None:
    """A second."""
    tab.set_input_files("#clip input[type=file]", clip)
    tab.locator("#clip video").wait_for()
    tab.click("#v_go")
    tab.locator("#v_said", has_text="frames").wait_for()


def static_page(browser: Any, folder: Path) -> Image.Image:
    """A photo in a mixture."""
    write_site(["udnie", "wave", "the_scream"], folder, None, print)
    with serving(folder) as address:
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        tab.set_default_timeout(900_000)
        tab.goto(address)
        tab.locator("#kept").wait_for()
        tab.set_input_files("#photo", sample_photographs()["astronaut"])
        tab.select_option("#style", label="A mixture")
        tab.locator("#said", has_text="%").and_(tab.locator("#said", has_text="pixels")).wait_for()
        return shot(tab)


TABS: dict[str, Callable[[Any, Path], None]] = {
    "Paint": paint,
    "Regions": regions,
    "Optimise": optimise,
    "Train": train,
    "Video": video,
}


def main() -> None:
    """Use each tab, wide and narrow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    narrow = []
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Studio("cpu"), port=0) as page,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        clip = a_clip(Path(folder))
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(900_000)
        tab.goto(page.address)
        tab.locator("#sample").wait_for()
        for name, use in TABS.items():
            go_to(tab, name)
            use(tab, clip)
            tab.mouse.move(0, 0)
            tab.wait_for_timeout(5000)  # what is shown comes gradually
            save(shot(tab), 0.75, arguments.out / f"page_{name.lower()}.jpg")
            if name == "Paint":
                save(styles(tab), 0.75, arguments.out / "page_styles.jpg")
        # the same visitor's pictures, on a smaller screen
        tab.set_viewport_size({"width": 390, "height": 844})
        for name in TABS:
            go_to(tab, name)
            settle(tab)
            narrow.append(shot(tab))
        save(static_page(browser, Path(folder) / "site"), 1.0, arguments.out / "page_site.jpg")
        browser.close()
    sheet = Image.new("RGB", (400 * len(narrow), max(image.height for image in narrow)), "grey")
    for place, image in enumerate(narrow):
        sheet.paste(image, (400 * place, 0))
    save(sheet, 0.42, arguments.out / "page_narrow.jpg")


if __name__ == "__main__":
    main()
