"""Where a run looks for its style: what is said of a swatch, and that a resumed run keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from stylenet.images import write_image
from stylenet.run.building import instantiate
from stylenet.runners import building
from stylenet.runners.building import locate_styles, read_sized_style
from stylenet.styles import find_swatch

WORDS = "style udnie: no picture found at its source; using the bundled swatch"


def ignore(words: str) -> None:
    """Say nothing."""


def test_a_swatch_is_said(
    composed: Callable[..., DictConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(building, "find_style", lambda style, **_: find_swatch(style, WORDS))
    evaluation = composed("model=m", "content=c", config_name="evaluate")
    for config in (composed("style=udnie"), evaluation):
        said: list[str] = []
        (found,) = locate_styles(config, ["udnie"], said.append)
        assert found.stand_in == WORDS
        assert said == [WORDS]


def test_a_run_begun_with_a_swatch_goes_on_with_it(
    composed: Callable[..., DictConfig], tmp_path: Path
) -> None:
    """Though the painting is there by now."""
    painting = write_image(tmp_path / "udnie.png", torch.rand(3, 8, 8))
    config = composed("style=udnie", f"paths.styles={tmp_path}")
    (new,) = locate_styles(config, ["udnie"], ignore)
    assert new.path == painting
    config.run.stand_ins = {"udnie": WORDS}  # as `resumed` reads it from the run's record
    swatch, other = locate_styles(config, ["udnie", "udnie.png"], ignore)
    assert swatch == find_swatch("udnie", WORDS)
    assert other.path == painting


def test_a_styles_size_is_scaled(composed: Callable[..., DictConfig]) -> None:
    config = composed("style=udnie", "style_size.px=64", "style_scale=0.75")
    found = find_swatch("udnie", WORDS)
    assert read_sized_style(config, instantiate, found).shape == (1, 3, 48, 48)
