"""The page in a real browser: Chromium, without a window."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from stylenet.app.look import Look
from stylenet.app.studio import Studio
from stylenet.apply import Stylizer, find_named_style, shipped_painters
from stylenet.images import Adjustment, LongerSide, read_image

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
from stylenet.app.page import Served
from stylenet.app.regions_tab import COLOURS

# of Gradio, to itself
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SIDE = 128  # of the pages' Limits
MIXTURE = {"udnie": 1.0, "wave": 0.25}


def upload(tab: Any, file: Path, words: str = "pixels") -> None:
    tab.set_input_files("#photo input[type=file]", file)
    said(tab, words)


def said(tab: Any, words: str) -> None:
    tab.locator("#said", has_text=re.compile(words)).wait_for()


def download(tab: Any, button: str, folder: Path) -> Path:
    with tab.expect_download() as started:
        tab.click(button)
    file = folder / "downloads" / started.value.suggested_filename
    started.value.save_as(file)
    return file


def painted(photo: Path, style: str) -> tuple[Tensor, Tensor]:
    """By `Stylizer`, and the photograph."""
    content = LongerSide(SIDE)(read_image(photo))
    if style in shipped_painters():
        return Stylizer.load(style, "cpu")(content), content
    file = find_named_style(style, online=False).path
    return Stylizer.load("any", "cpu", style=file)(content), content


def same(file: Path, expected: Tensor, levels: float = 1) -> bool:
    return bool((read_image(file) - expected).abs().max() <= levels / 255)


def slide(tab: Any, control: str, value: float) -> None:
    number = tab.locator(f"#{control} input[type=number]")
    number.fill(str(value))
    number.press("Tab")


def test_upload_choose_slide_and_download(
    visitor: Callable[[], Any], photo: Callable[..., Path], tmp_path: Path
) -> None:
    file = photo("me.png", 0)
    tab = visitor()
    upload(tab, file)
    tab.click("#style input")
    pictures = tab.get_by_role("option").evaluate_all(
        "options => options.map(o => getComputedStyle(o).backgroundImage)"
    )
    assert all(picture.startswith('url("data:image/jpeg;base64,') for picture in pictures)
    assert len(set(pictures)) == len(pictures) == len(Studio("cpu").styles)
    tab.get_by_role("option", name=re.compile("Wave|Kanagawa")).click()
    said(tab, "The Great Wave off Kanagawa, 128 x 96 pixels")
    expected, content = painted(file, "wave")
    saved = download(tab, "#png", tmp_path)
    assert saved.name == "me_wave.png"
    assert same(saved, expected)

    tab.get_by_text("Colours", exact=True).click()
    slide(tab, "strength", 0.5)
    slide(tab, "saturation", 0)
    saved = download(tab, "#png", tmp_path)
    assert same(saved, Look(0.5, adjustment=Adjustment(saturation=0))(expected, content))
    shown = tab.locator("#result img").last.get_attribute("src")
    assert shown is not None
    assert download(tab, "#jpeg", tmp_path).name == "me_wave.jpg"

    tab.click("#reset")
    said(tab, "Udnie, 128 x 96 pixels")
    saved = download(tab, "#png", tmp_path)
    assert saved.name == "me_udnie.png"
    assert same(saved, painted(file, "udnie")[0])


def test_a_bad_file_and_one_too_large_are_answered_in_words(
    visitor: Callable[[], Any], photo: Callable[..., Path], tmp_path: Path
) -> None:
    tab = visitor()
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    upload(tab, bad, "bad.png cannot be used: it is not a picture")
    large = tmp_path / "large.png"
    large.write_bytes(bytes(43_000_000))
    tab.get_by_role("button", name="Remove Image").first.click()
    tab.set_input_files("#photo input[type=file]", large)
    tab.get_by_text("exceed the maximum allowed size of 40.0 M").first.wait_for()


def test_a_photo_of_30_megabytes_is_painted(visitor: Callable[[], Any], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2600, 4000, 3), dtype=np.uint8)
    file = tmp_path / "large.png"
    Image.fromarray(noise).save(file, compress_level=0)
    assert file.stat().st_size > 30e6
    tab = visitor()
    upload(tab, file, r"Udnie, 128 x 83 pixels \(your photo: 4000 x 2600\)")
    saved = download(tab, "#png", tmp_path)
    assert same(saved, painted(file, "udnie")[0])


def test_a_photo_is_turned_as_its_exif_says(
    visitor: Callable[[], Any], turned: Path, tmp_path: Path
) -> None:
    tab = visitor()
    upload(tab, turned, "85 x 128 pixels")
    assert same(download(tab, "#png", tmp_path), painted(turned, "udnie")[0])


def test_styles_are_mixed(
    visitor: Callable[[], Any], photo: Callable[..., Path], tmp_path: Path
) -> None:
    file = photo("me.png", 0)
    tab = visitor()
    upload(tab, file)
    tab.get_by_text("Mix several styles", exact=True).click()
    weights = [f"#{name} input[type=range]" for name in ("weight_first", "weight_second")]
    assert all(tab.locator(weight).is_disabled() for weight in weights)
    tab.click("#style_second input")
    tab.get_by_role("option", name=re.compile("Kanagawa")).click()
    for weight in weights:
        tab.locator(f"{weight}:enabled").wait_for()
    assert tab.locator("#weight_third input[type=range]").is_disabled()
    slide(tab, "weight_second", 0.25)
    said(tab, "80% Udnie and 20% The Great Wave off Kanagawa, ")
    saved = download(tab, "#png", tmp_path)
    assert saved.name == "me_udnie_80_and_wave_20.png"
    styles = {str(find_named_style(n, online=False).path): w for n, w in MIXTURE.items()}
    content = LongerSide(SIDE)(read_image(file))
    assert same(saved, Stylizer.load("any", "cpu", style=styles)(content))


def test_the_painting_stays_in_view_and_its_style_goes_with_the_visitor_to_other_tabs(
    visitor: Callable[..., Any], photo: Callable[..., Path]
) -> None:
    tab = visitor(1280, 720)
    upload(tab, photo("me.png", 0))
    for words in ("Mix several styles", "Colours"):
        tab.get_by_text(words, exact=True).click()
    tab.locator("#strokes").evaluate("e => e.scrollIntoView({block: 'end'})")
    assert tab.evaluate("scrollY") > 100
    box = tab.locator("#result").bounding_box()
    assert box["y"] + box["height"] / 2 > 0  # the larger part of it
    tab.click("#style input")
    tab.get_by_role("option", name=re.compile("Kanagawa")).click()
    said(tab, "The Great Wave off Kanagawa, 128")
    for name, control in (("Optimise", "o_style"), ("Train", "t_style")):
        tab.get_by_role("tab", name=name).click()
        tab.locator(f"#{control} input").wait_for()
        tab.wait_for_function(
            "id => document.querySelector(`#${id} input`).value.includes('Kanagawa')", arg=control
        )


def test_styles_that_are_no_paintings_come_last_and_are_told_apart() -> None:
    studio = Studio("cpu")
    labels = list(studio.styles)
    kinds = [label.startswith("Photograph: ") for label in labels]
    assert kinds == sorted(kinds)
    assert {studio.styles[label] for label in labels if label.startswith("Photograph: ")} == {
        "ihc", "hubble", "retina"
    }  # fmt: skip
    assert studio.called("udnie") == "Udnie"
    assert studio.called("wave") == "The Great Wave off Kanagawa"


def test_two_visitors_do_not_see_each_others_pictures_which_end_with_the_visit(
    visitor: Callable[[], Any],
    photo: Callable[..., Path],
    page: Served,
    tmp_path: Path,
    wait_for: Callable[..., bool],
) -> None:
    assert wait_for(lambda: len(page.visits) == 0)  # those of the tests before are gone
    tabs = [visitor(), visitor()]
    files = [photo("one.png", 1), photo("two.png", 2)]
    for tab, file in zip(tabs, files, strict=True):
        upload(tab, file)
    for tab, file in zip(tabs, files, strict=True):
        saved = download(tab, "#png", tmp_path)
        assert saved.name == f"{file.stem}_udnie.png"
        assert same(saved, painted(file, "udnie")[0])
    address = tabs[1].locator("#result img").first.get_attribute("src")
    assert tabs[0].request.get(address).ok
    assert len(page.visits) == 2
    tabs[1].close()
    assert wait_for(lambda: len(page.visits) == 1)
    assert not tabs[0].request.get(address).ok
    assert same(download(tabs[0], "#png", tmp_path), painted(files[0], "udnie")[0])


def test_regions_are_brushed(
    visitor: Callable[[], Any], photo: Callable[..., Path], tmp_path: Path
) -> None:
    file = photo("me.png", 0)
    tab = visitor()
    upload(tab, file)
    tab.get_by_role("tab", name="Regions").click()
    tab.locator("#regions_said", has_text="Brush, then paint").wait_for()
    tab.click("#go_regions")
    tab.locator("#regions_said", has_text="Nothing was brushed yet").wait_for()

    box = tab.locator("#editor canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2  # the photo's middle
    tab.mouse.move(x, y - 20)
    tab.mouse.down()
    tab.mouse.move(x, y + 20, steps=5)
    tab.mouse.up()
    tab.click("#go_regions")
    tab.locator("#regions_said", has_text="128 x 96 pixels").wait_for()
    saved = download(tab, "#regions_png", tmp_path)
    assert saved.name == "me_regions.png"
    styles = list(Studio("cpu").styles.values())
    assert download(tab, "#regions_jpeg", tmp_path).name == "me_regions.jpg"
    found = read_image(saved)
    red, rest = (painted(file, styles[n])[0] for n in (1, len(COLOURS) + 1))
    assert (found - red)[:, 48, 64].abs().max() <= 1 / 255
    brushed = ((found - rest).abs().amax((0, 1)) > 1 / 255).nonzero()  # columns
    left, right = int(brushed.min()), int(brushed.max())
    assert left > 16  # the stroke is upright: all rows, few columns
    assert abs((SIDE - 1 - right) - left) <= 4
