"""The real train.py, evaluate.py and `stylenet texture` on a generator of textures."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from stylenet.apply import load_model
from stylenet.apply.textures import draw_textures
from stylenet.errors import StylenetError
from stylenet.images import read_image

Script = Callable[..., int]
STYLENET = "src/stylenet/__main__.py"
pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def small(photos: Path) -> list[str]:
    """Overrides for a tiny generator."""
    return [
        *("task=texture_net", f"style={photos / '00.jpg'}", "loss_network/weights=random"),
        *("net.scales=3", "net.channels=4", "data.size=32", "data.val_size=32", "data.val_count=3"),
        *("style_size.px=32", "logger=none", "precision=32", "trainer=cpu"),
        *("trainer.max_steps=4", "trainer.val_check_interval=2", "trainer.log_every_n_steps=1"),
    ]


def figures(run: Path) -> dict[tuple[int, str], float]:
    with (run / "losses.csv").open() as file:
        return {(int(r["step"]), r["name"]): float(r["value"]) for r in csv.DictReader(file)}


def test_a_run_leaves_a_generator_that_draws(
    script: Script, small: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert script("train.py", *small, "loss/diversity=nearest", f"run.dir={run}") == 0
    known = figures(run)
    names = {name for step, name in known if step == 4}
    assert {"val/loss/style", "val/loss/diversity", "val/metric/diversity/layout"} <= names
    assert {"val/metric/style", "val/metric/diversity"} <= names
    assert "val/loss/content" not in names
    with Image.open(run / "pictures" / "step_000004.png") as sheet:
        assert sheet.width > 4 * 256  # the style image and three samples

    model = load_model(run)
    first, second = draw_textures(model, 2, 20, 31)
    assert first.shape == (3, 20, 31)
    assert 0 <= first.min() < first.max() <= 1
    assert not torch.allclose(first, second)
    again = next(draw_textures(model, 1, 20, 31))
    torch.testing.assert_close(again, first)

    out = tmp_path / "wall.png"
    words = ["texture", str(run), "-o", str(out), "--width", "31", "--height", "20"]
    assert script(STYLENET, *words, "--count", "2") == 0
    drawn = read_image(tmp_path / "wall_001.png")
    torch.testing.assert_close(drawn, second, atol=1 / 255, rtol=0)


def test_it_paints_no_photograph_and_says_so(
    script: Script,
    small: list[str],
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    assert script("train.py", *small, "trainer.max_steps=1", f"run.dir={run}") == 0
    photo = photos / "01.jpg"
    assert script("evaluate.py", f"model={run}", f"content={photo}", f"out={tmp_path / 'o'}") == 2
    assert "stylenet texture <run directory>" in capsys.readouterr().err
    with pytest.raises(StylenetError, match=r"paints photographs.*task=texture_net"):
        next(draw_textures(load_model("udnie"), 1, 20, 20))


def test_a_resumed_run_sees_the_noise_of_an_uninterrupted_one(
    whole_and_parted: Callable[..., tuple[Path, Path]], small: list[str]
) -> None:
    whole, parts = whole_and_parted(small, 2, 4)
    expected = {key: value for key, value in figures(whole).items() if "/loss/" in key[1]}
    found = figures(parts)
    assert expected
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("style=[udnie,wave]", "2 styles"),
        ("loss=perceptual", "the term content"),
        ("loss/laplacian=on", "the term laplacian"),
        ("net=johnson_half", "net=texture"),
        ("data=sample", "data=samples"),
        ("data.batch_size=0", "data.batch_size is 0"),
    ],
)
def test_what_it_cannot_use_is_refused(
    script: Script,
    small: list[str],
    tmp_path: Path,
    override: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = override.partition("=")[0]
    gone = {"data": "data.", "net": "net."}.get(key, "\0")
    rest = [o for o in small if not o.startswith((f"{key}=", gone))]
    assert script("train.py", *rest, override, f"run.dir={tmp_path / 'run'}") == 2
    assert words in capsys.readouterr().err
