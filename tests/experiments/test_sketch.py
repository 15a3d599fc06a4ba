"""The drawings of the study of sketches."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stylenet.regions import LineArt

FILE = Path(__file__).parents[2] / "experiments" / "sketch" / "drawings.py"


@pytest.fixture(scope="module")
def drawings() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sketch_drawings", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def regions(page: Image.Image) -> int:
    values = np.asarray(page, dtype=np.float32)[..., None] / 255
    return LineArt(px=256)(np.repeat(values, 3, -1)).count


def test_what_is_drawn_by_code_is_closed(drawings: ModuleType) -> None:
    assert regions(drawings.fish()) == 4
    assert regions(drawings.balloon()) == 5


def test_edges_of_a_photograph_make_a_drawing(drawings: ModuleType, tmp_path: Path) -> None:
    photo = Image.new("RGB", (128, 96), (90, 120, 90))
    ImageDraw.Draw(photo).ellipse((30, 20, 90, 80), fill=(200, 90, 60))
    photo.save(tmp_path / "photo.png")
    page = drawings.traced(tmp_path / "photo.png")
    assert page.size == (512, 384)
    assert regions(page) == 1
