"""``stylenet styles``: what there is, and a photo in all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from stylenet.apply import Stylizer, style_sheet
from stylenet.images import LongerSide, read_image
from stylenet.styles import Entry, StyleNotFoundError, catalogue

Command = Callable[..., SimpleNamespace]


def test_nets_that_ship_and_the_catalogue_are_listed(stylenet: Command, shipped: Path) -> None:
    done = stylenet("styles")
    assert done.status == 0
    lines = {line.split()[0]: line for line in done.out.decode().splitlines()}
    assert lines.keys() == {"style", *catalogue()}
    assert lines["wave"].split()[1] == "wave"
    assert lines["udnie"].split()[1] == "any"  # by its swatch, which ships
    assert lines["rain_princess"].split()[1] == "any*"
    assert "*: by the painting, which is not here: it is downloaded" in done.said
    assert lines["udnie"].endswith("Francis Picabia, 1913")
    told = json.loads(stylenet("styles", "--json").out)
    assert [style["name"] for style in told] == list(catalogue())
    assert [s["name"] for s in told if not s["here"]] == ["edtaonisl", "rain_princess"]


def test_what_flickers_is_said_where_the_paintings_statistics_ship(
    stylenet: Command, shipped: Path
) -> None:
    told = {s["name"]: s["flicker"] for s in json.loads(stylenet("styles", "--json").out)}
    assert told["starry_night"] == "much"  # strokes and stars, against a calm sea painting
    assert told["shipwreck"] == "some"
    assert told["edtaonisl"] is None
    lines = stylenet("styles").out.decode().splitlines()
    assert lines[0].split() == ["style", "net", "flicker", "painting"]
    (night,) = (line for line in lines if line.startswith("starry_night"))
    assert night.split()[2] == "much"


def test_without_nets_the_list_says_so(stylenet: Command, shipped: Path) -> None:
    for file in shipped.iterdir():
        file.unlink()
    done = stylenet("styles")
    assert all(line.split()[1] == "-" for line in done.out.decode().splitlines()[1:])
    assert "no net for it ships" in done.said
    done = stylenet("styles", "--sheet", "photos/00.jpg")
    assert done.status == 2


def test_a_sheet_shows_the_photo_in_every_style(
    stylenet: Command, shipped: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def few() -> dict[str, Entry]:
        return {name: catalogue()[name] for name in ("udnie", "wave", "rain_princess")}

    def found(wish: style_sheet.Wish, say: Callable[[str], None]) -> object:
        if wish.style == "rain_princess":
            raise StyleNotFoundError(wish.style, [("here", "no")], "Get it.")
        return painter_of(wish, say)

    painter_of = style_sheet.painter_of
    monkeypatch.setattr(style_sheet, "catalogue", few)
    monkeypatch.setattr(style_sheet, "painter_of", found)
    styles = Path("mine")
    styles.mkdir()
    (styles / "udnie.jpg").write_bytes((photos / "05.jpg").read_bytes())
    monkeypatch.setenv("STYLENET_STYLES", str(styles))
    done = stylenet("styles", "--sheet", photos / "00.jpg", "-o", "all.png", "--size", 256)
    assert done.status == 0, done.said
    assert "all.png: udnie, wave" in done.said
    assert "left out rain_princess" in done.said
    sheet = read_image("all.png")
    photo = LongerSide(256)(read_image(photos / "00.jpg"))
    wave = Stylizer.load("wave", "cpu")(photo).clamp(0, 1)
    column = sheet[:, -8 - 256 : -8, -8 - 256 : -8]
    assert (column - wave).abs().max() <= 1 / 255
