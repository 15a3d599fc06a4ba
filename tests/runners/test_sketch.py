"""The real train.py on a tiny drawing: what it finds, paints and keeps, and what it refuses."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from PIL import Image
from skimage.draw import disk

from stylenet.images import read_image
from stylenet.regions import read_region_map

Script = Callable[..., int]
ORANGE, GREEN = (220, 110, 40), (60, 110, 60)


def save(file: Path, picture: np.ndarray) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture.astype(np.uint8)).save(file)
    return file


def draw(file: Path, gap: int = 0) -> Path:
    """Two discs, one in the other."""
    page = np.full((60, 80), 255)
    for radius in (26, 12):
        outer, inner = (np.zeros(page.shape, dtype=bool) for _ in range(2))
        outer[disk((30, 40), radius)] = True
        inner[disk((30, 40), radius - 2)] = True
        page[outer & ~inner] = 0
    if gap:
        page[:, :40] = np.where(np.abs(np.arange(60) - 30)[:, None] < gap, 255, page[:, :40])
    return save(file, page)


def photograph(file: Path, radius: int = 24, columns: int = 72) -> Path:
    """An orange disc with a blue middle on green."""
    picture = np.full((64, columns, 3), GREEN)
    picture[disk((32, columns // 2), radius, shape=(64, columns))] = ORANGE
    picture[disk((32, columns // 2), radius // 2, shape=(64, columns))] = (40, 60, 200)
    noise = np.random.default_rng(0).integers(-12, 13, picture.shape)
    return save(file, (picture + noise).clip(0, 255))


@pytest.fixture
def small(tmp_path: Path) -> list[str]:
    return [
        "task=sketch",
        "content_size.px=48",
        "trainer.accelerator=cpu",
        "trainer.log_every_n_steps=1",
        "trainer.max_steps=2",
        "callbacks.snapshots.every=2",
        "precision=32",
        "logger=none",
        f"run.dir={tmp_path / 'run'}",
        f"paths.cache={tmp_path / 'cache'}",
        f"sketch={draw(tmp_path / 'rings.png')}",
    ]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    photograph(tmp_path / "library" / "disc.png")
    bar = np.full((64, 72, 3), GREEN)
    bar[26:36, 8:64] = ORANGE
    save(tmp_path / "library" / "bar.png", bar)
    (tmp_path / "library" / "broken.jpg").write_bytes(b"none")
    return tmp_path / "library"


def test_a_drawing_is_coloured_after_the_nearest_shape_and_all_of_it_is_kept(
    script: Script, small: list[str], library: Path, tmp_path: Path, capfd
) -> None:
    assert script("train.py", *small, f"library={library}") == 0
    said = capfd.readouterr().out
    run = tmp_path / "run"
    with (run / "ranking.csv").open() as table:
        first, second = csv.DictReader(table)
    assert Path(first["picture"]).name == "disc.png"
    assert 0 < float(first["distance"]) < float(second["distance"]) < 2
    assert f"1. {float(first['distance']):.3f}" in said
    assert "skipped" in said
    assert "broken.jpg" in said
    names = ["drawing", "drawing_regions", "filled", "reference", "reference_regions", "guided"]
    for name in [*names, "result", "sheet", "top/01_disc", "top/02_bar"]:
        assert (run / f"{name}.png").stat().st_size > 0, name

    regions, segments = (
        read_region_map(run / f"{n}_regions.png") for n in ("drawing", "reference")
    )
    assert set(regions.names) == set(segments.names)
    assert len(regions.names) == 3
    filled = read_image(run / "filled.png")
    assert filled[2, 30, 40] > filled[0, 30, 40]  # blue in the middle
    assert filled[0, 30, 20] > filled[2, 30, 20]  # orange around it
    assert filled[1, 2, 2] > filled[0, 2, 2]  # green without

    guided, result = (read_image(run / f"{n}.png") for n in ("guided", "result"))
    lines = read_image(run / "content.png")
    torch.testing.assert_close(result, guided * lines, atol=0.02, rtol=0)
    assert result[:, lines[0] < 0.1].max() < 0.15
    facts = json.loads((run / "result.json").read_text())
    assert facts["finished"]
    assert {fact["name"] for fact in facts["regions"]} == set(regions.names)
    assert OmegaConf.load(run / "config.yaml").reference is None  # as it was asked
    reference = Path(first["picture"])

    # to go on needs neither library nor sketch
    before = read_image(run / "drawing.png"), read_image(run / "filled.png")
    (library / "disc.png").rename(library / "other.png")
    reference.write_bytes((library / "other.png").read_bytes())
    (tmp_path / "rings.png").unlink()
    assert script("train.py", f"resume={run}", "trainer.max_steps=3") == 0
    assert json.loads((run / "result.json").read_text())["steps"] == 3
    assert torch.equal(before[0], read_image(run / "drawing.png"))
    assert torch.equal(before[1], read_image(run / "filled.png"))

    # a run of an older version has what it found in its configuration
    config = OmegaConf.load(run / "config.yaml")
    del config["runner"], config["run"]["stand_ins"]
    filled = {"_target_": "stylenet.images.read_image", "path": f"{run}/filled.png"}
    config["start"] = {"_target_": "stylenet.tasks.FromPicture", "picture": filled}
    config["reference"] = config["style"] = str(reference)
    config["content"] = f"{run}/drawing.png"
    (run / "ranking.csv").unlink()
    OmegaConf.save(config, run / "config.yaml")
    assert script("train.py", f"resume={run}", "trainer.max_steps=4") == 0
    assert json.loads((run / "result.json").read_text())["steps"] == 4


def test_a_given_reference_and_masks_replace_what_is_found(
    script: Script, small: list[str], tmp_path: Path
) -> None:
    reference = photograph(tmp_path / "one.png")
    left = np.zeros((64, 72))
    left[:, :36] = 255
    masks = [
        f"sketch_mask={save(tmp_path / 'top.png', np.tri(60, 80)[::-1] * 255)}",
        f"reference_mask={save(tmp_path / 'left.png', left)}",
        f"reference={reference}",
        "colouring/matching=figure",
        "start=content",
    ]
    assert script("train.py", *small, *masks) == 0
    run = tmp_path / "run"
    assert not (run / "ranking.csv").exists()
    for name, mask in (("drawing", np.tri(60, 80)[::-1] > 0), ("reference", left > 0)):
        found = read_region_map(run / f"{name}_regions.png")
        ground = found.names.index("0xffffff")
        assert ((found.labels != ground) == mask).mean() > 0.97
    assert (run / "sheet.png").is_file()


def grey_photograph(file: Path) -> Path:
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((80, 60), Image.Resampling.BICUBIC).save(file)
    return file


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("sketch=null", "without a drawing"),
        ("library=null", "nothing to colour it after"),
        ("library={}/rings.png", "expected a folder"),
        ("library={}/empty", "holds no picture"),
        ("sketch={}/white.png", "empty drawing"),
        ("sketch={}/photo.png", "photograph or a shaded picture"),
        ("sketch={}/open.png", "close no region"),
        ("sketch={}/nowhere.png", "no such file"),
        ("reference={}/white.png", "nothing stands out"),
        ("reference_mask={}/white.png", "without the picture it belongs to"),
        ("sketch_mask={}/wide.png", "sketch_mask=.*expected the same shape"),
        ("sketch_mask={}/white.png", "nothing but white"),
        ("regions=clusters", "finds its regions in the lines"),
        ("content={}/photo.png", "content=.*photo.png for task=sketch. Give sketch="),
        ("style=udnie", "Got style=udnie for task=sketch. Give reference="),
    ],
)
def test_what_cannot_be_coloured_says_so(
    changed: str,
    words: str,
    script: Script,
    small: list[str],
    library: Path,
    tmp_path: Path,
    capfd,
) -> None:
    (tmp_path / "empty").mkdir()
    save(tmp_path / "white.png", np.full((60, 80), 255))
    save(tmp_path / "wide.png", np.eye(60, 120) * 255)
    draw(tmp_path / "open.png", gap=9)
    grey_photograph(tmp_path / "photo.png")
    given = [*small, f"library={library}", changed.format(tmp_path)]
    key = changed.partition("=")[0]
    given = [o for n, o in enumerate(given) if not o.startswith(f"{key}=") or n == len(given) - 1]
    assert script("train.py", *given) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert re.search(words, said), said
    assert not (tmp_path / "run" / "config.yaml").exists()
