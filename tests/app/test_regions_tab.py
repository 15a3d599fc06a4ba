"""What was brushed, as regions."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from stylenet.errors import StylenetError
from stylenet.images import Photograph, read_photograph

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
from stylenet.app.regions_tab import COLOURS, regions_of


def layer(image: Image.Image) -> Photograph:
    """As it comes from a browser."""
    file = BytesIO()
    image.save(file, "PNG")
    return read_photograph("layer.png", file.getvalue())


def test_places_are_neither_turned_nor_mixed_up() -> None:
    image = Image.new("RGBA", (30, 20))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 29, 4), fill=COLOURS["red"])  # the upper rows
    draw.rectangle((20, 10, 29, 19), fill=COLOURS["blue"])
    regions = regions_of([layer(image)])
    assert regions.shape == (3, 20, 30)
    red, green, blue = regions
    assert red[:5].all()
    assert not red[5:].any()
    assert not green.any()
    assert blue[10:, 20:].all()
    assert blue.sum() == 100


def test_a_later_layer_lies_above() -> None:
    first = Image.new("RGBA", (6, 4), COLOURS["red"])
    second = Image.new("RGBA", (6, 4))
    ImageDraw.Draw(second).rectangle((0, 0, 2, 3), fill=COLOURS["green"])
    red, green, _ = regions_of([layer(first), layer(second)])
    assert green[:, :3].all()
    assert red[:, 3:].all()
    assert ((red + green) == 1).all()


def test_nothing_brushed_is_said() -> None:
    with pytest.raises(StylenetError, match="Nothing was brushed"):
        regions_of([layer(Image.new("RGBA", (6, 4)))])
    with pytest.raises(StylenetError, match="Nothing was brushed"):
        regions_of([])
