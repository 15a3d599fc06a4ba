"""Sources of region maps: regions without a place, many categories, settings that nothing reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from stylenet.errors import StylenetError
from stylenet.regions import RegionMap, Seen
from stylenet.regions.sources import given as sources
from stylenet.regions.sources.given import CocoRegions, painted

ROWS = np.repeat(np.arange(16), 2)[:, None] * np.ones(8, np.int64)


def seen(name: str) -> Seen:
    return Seen(name, Path(f"{name}.jpg"), torch.zeros(1, 3, 32, 8))


def test_a_region_without_a_place_needs_no_style() -> None:
    colours = ((0, 0, 0), (255, 0, 0), (0, 0, 255))
    regions = RegionMap(1 + ROWS % 2, ("background", "cat", "dog"), colours)
    found = painted(regions, {1: "wave", 2: "udnie"}, [seen("udnie"), seen("wave")])
    assert found.content.names == ("cat", "dog")
    assert found.styles == (1, 0)
    assert found.content.shares() == pytest.approx([0.5, 0.5])
    with pytest.raises(StylenetError, match="expected one of udnie, wave for each"):
        painted(regions, {0: "wave", 1: "wave", 2: "udnie"}, [seen("udnie"), seen("wave")])


def test_categories_correspond_by_name_however_many(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = {"content.jpg": ROWS, "style.jpg": ROWS[::-1]}
    monkeypatch.setattr(sources, "category_labels", lambda _, name, __: labels[name])
    source = CocoRegions("instances.json", [f"c{n}" for n in range(1, 16)])
    found = source(seen("content"), [seen("style")], None)  # type: ignore[arg-type]
    assert found.style is not None
    assert found.content.names == found.style.names == source.names
    assert (found.content.labels == found.style.labels[::-1]).all()

    labels["style.jpg"] = np.maximum(ROWS, 1)
    with pytest.raises(StylenetError, match=r"background is in the content only.*categories"):
        source(seen("content"), [seen("style")], None)  # type: ignore[arg-type]
