"""The real train.py with regions that nobody drew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Script = Callable[..., int]
SAND, MOSS, COAL = (220, 190, 120), (60, 120, 50), (30, 30, 40)


def painted(file: Path, *rows: tuple[tuple[int, int, int], ...]) -> Path:
    """A noisy picture of squares of 32 pixels."""
    flat = np.array(rows, np.int64).repeat(32, 0).repeat(32, 1)
    noise = np.random.default_rng(0).integers(-6, 7, flat.shape)
    Image.fromarray((flat + noise).clip(0, 255).astype(np.uint8)).save(file)
    return file


@pytest.fixture
def pair(tmp_path: Path) -> list[str]:
    content = painted(tmp_path / "content.png", (SAND, SAND), (MOSS, COAL))
    style = painted(tmp_path / "style.png", (COAL, MOSS, MOSS), (SAND, SAND, MOSS))
    return [
        "task=gatys",
        f"content={content}",
        f"style={style}",
        "content_size.px=64",
        "style_size.px=96",
        "trainer.accelerator=cpu",
        "trainer.max_steps=1",
        "precision=32",
        "logger=none",
        "callbacks=none",
        f"run.dir={tmp_path / 'run'}",
    ]


CLUSTERS = ["regions=clusters"]
PIXELS = ["regions=clusters", "regions.layers=[pixels]", "regions.deepest=1"]


@pytest.mark.parametrize(
    "given",
    [
        CLUSTERS,
        [*PIXELS, "regions.height_weight=0"],
        ["regions=segments"],
        ["regions=felzenszwalb"],
    ],
)
def test_the_maps_found_lie_beside_the_result(
    script: Script, pair: list[str], tmp_path: Path, given: list[str]
) -> None:
    assert script("train.py", *pair, *given, "regions.count=3") == 0
    run = tmp_path / "run"
    maps = {}
    for side, size in (("content", (64, 64)), ("style", (96, 64))):
        with Image.open(run / f"regions_{side}.png") as picture:
            assert picture.size == size
            maps[side] = np.asarray(picture.convert("RGB"))
    facts = json.loads((run / "result.json").read_text())["regions"]
    assert all(fact["style_loss"] > 0 for fact in facts)
    names = [fact["name"] for fact in facts]
    notes = json.loads((run / "run.json").read_text())["messages"]
    if given == CLUSTERS:  # what the loss network sees in tiny squares is its own affair
        assert names == [f"region {n + 1}" for n in range(len(names))]
        assert len(names) == 3 or any("of 3 regions are in both" in note for note in notes)
        return
    assert names == ["region 1", "region 2", "region 3"]
    # of one colour in both: sand, moss and coal
    for content, style in (((16, 32), (48, 16)), ((48, 16), (16, 80)), ((48, 48), (16, 16))):
        assert maps["content"][content].tolist() == maps["style"][style].tolist()
    assert len({tuple(maps["content"][p]) for p in ((16, 32), (48, 16), (48, 48))}) == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["regions.count=1"], "regions.count=1, expected 2 or more"),
        (["regions.deepest=9"], "regions.deepest=9, expected at least one layer"),
        (["style={flat}"], "The style picture is of one colour: it has no regions"),
        (["content=null"], "Got no content picture, but regions that are alike"),
        (["style=[{flat},ihc]"], "Got 2 style pictures, but regions that are alike"),
    ],
)
def test_what_has_no_regions_gets_words(
    script: Script,
    pair: list[str],
    tmp_path: Path,
    arguments: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    flat = painted(tmp_path / "flat.png", (SAND,))
    Image.new("RGB", (32, 32), SAND).save(flat)
    given = [argument.format(flat=flat) for argument in arguments]
    assert script("train.py", *pair, "regions=clusters", *given) == 2
    assert words in capfd.readouterr().err


def test_nets_are_trained_with_maps_of_their_own(
    script: Script, tiny: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    several = [argument for argument in tiny if not argument.startswith("style=")]
    assert script("train.py", *several, "task=regions", "regions=clusters") == 2
    assert "regions is an input of task=gatys," in capfd.readouterr().err
