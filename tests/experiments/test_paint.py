"""experiments/paint.py: what the nets paint, under the names by which it is measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from stylenet.apply import Stylizer
from stylenet.images import ShorterSide, read_image


def test_nets_of_one_style_and_of_any(
    script: Callable[..., int], run_of_one: Path, shipped: Path, photos: Path, tmp_path: Path
) -> None:
    out, styles = tmp_path / "out", tmp_path / "styles"
    styles.mkdir()
    (photos / "07.jpg").rename(styles / "mine.jpg")
    common = ["--contents", str(photos), "--px", "32"]
    paint = ["experiments/paint.py", str(out), *common, "--models"]
    assert script(*paint, str(run_of_one)) == 0
    assert script(*paint, "any", "--styles", str(styles)) == 0
    contents = sorted(photo.stem for photo in photos.iterdir())
    names = {f"{content}_{of}.png" for content in contents for of in ("one", "mine")}
    assert {file.name for file in out.iterdir()} == names
    photo = ShorterSide(32)(read_image(photos / "03.jpg"))
    stylizer = Stylizer.load("any", "cpu", style=styles / "mine.jpg")
    torch.testing.assert_close(
        read_image(out / "03_mine.png"), stylizer(photo).clamp(0, 1), atol=3e-3, rtol=0
    )


def test_a_net_of_several_paints_in_each(
    script: Callable[..., int], run_of_two: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    rest = ["--contents", str(photos), "--px", "32", "--models", str(run_of_two)]
    assert script("experiments/paint.py", str(out), *rest) == 0
    first, second = (read_image(out / f"03_{style}.png") for style in ("first", "second"))
    assert (first - second).abs().max() > 0.02
