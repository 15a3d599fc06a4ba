"""The real train.py and evaluate.py on a net that paints each region in its own style."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from stylenet.apply import load_model
from stylenet.images import read_image

Script = Callable[..., int]
NAMES = ("sand", "moss", "coal")


@pytest.fixture
def regional(tiny: list[str], photos: Path, tmp_path: Path) -> list[str]:
    """Overrides for a tiny net of three styles side by side."""
    folder = tmp_path / "styles"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        shutil.copy(photos / f"{number:02d}.jpg", folder / f"{name}.jpg")
    return [
        *(argument for argument in tiny if not argument.startswith("style=")),
        "task=regions",
        f"style=[{','.join(NAMES)}]",
        f"paths.styles={folder}",
        "net.blocks=1",
        "logger=none",
        "trainer.max_steps=2",
        "trainer.val_check_interval=2",
        "precision=32",
    ]


def test_a_run_leaves_a_net_that_paints_by_maps(
    script: Script,
    regional: list[str],
    photos: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run, content = tmp_path / "run", photos / "06.jpg"
    assert script("train.py", *regional, f"run.dir={run}") == 0
    assert "'region_styles={red: sand, blue: moss}'" in capfd.readouterr().out
    assert {p.stem for p in (run / "styles").iterdir()} == set(NAMES)
    with Image.open(run / "pictures" / "step_000002.png") as grid:
        assert 3 * 256 < grid.width < 3 * 264 + 16  # content, regions, stylised
    with (run / "losses.csv").open() as file:
        logged = {row["name"] for row in csv.DictReader(file)}
    assert {"val/loss/style", "val/loss/sand/style"} <= logged
    model = load_model(run)
    assert model.styles == NAMES
    assert model.description["losses"]["style_weights"] is None  # 1 each

    # it can go on from there, with a net whose shape is the first one's; and with its styles only
    more, rest = tmp_path / "more", [a for a in regional if not a.startswith("net.")]
    bank = [f"bank={run}", "optimizer.lr=1e-9", f"run.dir={more}"]
    assert script("train.py", *rest, *bank, "trainer.max_steps=1") == 0
    tuned = load_model(more)
    assert tuned.description["architecture"] == model.description["architecture"]
    for key, value in model.net.state_dict().items():
        torch.testing.assert_close(tuned.net.state_dict()[key], value, atol=1e-6, rtol=0)
    assert script("train.py", *rest, f"bank={run}", "style=[moss,sand]") == 2
    assert "a net of sand, moss, coal" in capfd.readouterr().err

    with Image.open(content) as photo:
        width, height = photo.size
    regions = Image.new("RGB", (width, height), "red")
    regions.paste((0, 0, 255), (width // 2, 0, width, height))
    regions.save(tmp_path / "map.png")
    common = [f"model={run}", f"content={content}", f"region_map={tmp_path / 'map.png'}"]
    styles = "region_styles={red: sand, blue: coal}"
    assert script("evaluate.py", *common, styles, f"out={tmp_path / 'out'}") == 0
    weights = torch.zeros(1, 3, height, width)
    weights[:, 0, :, : width // 2] = weights[:, 2, :, width // 2 :] = 1
    expected = model.net(read_image(content)[None], weights)[0].clamp(0, 1)
    painted = read_image(tmp_path / "out" / "run_regions" / "06.png")
    assert (painted - expected).abs().max() < 2 / 255


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["style=[sand]"], "trains a net for styles side by side"),
        (["bank=somewhere"], "somewhere/model.safetensors does not exist"),
        (["maps.cells=[9,2]"], "maps.cells=[9, 2], expected two numbers"),
        (["norm=instance"], "without a choice of styles"),
        (["loss.style_weights=[1,2]"], "for 3 styles"),
    ],
)
def test_what_has_no_meaning_is_refused(
    script: Script,
    regional: list[str],
    arguments: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert script("train.py", *regional, *arguments) == 2
    assert words in capfd.readouterr().err
