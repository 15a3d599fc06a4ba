"""Where a run looks for its style: what is said of a swatch, and that a resumed run keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from stylenet.images import write_image
from stylenet.run import building
from stylenet.run.building import locate_style, read_sized_style
from stylenet.styles import find_swatch

WORDS = "style udnie: no picture found at its source; using the bundled swatch"


def test_a_swatch_is_noted_once(
    composed: Callable[..., DictConfig],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(building, "find_style", lambda style, **_: find_swatch(style, WORDS))
    config = composed("style=udnie")
    for _ in range(2):
        assert locate_style(config, "udnie").stand_in == WORDS
    assert config.run.notes == [WORDS]
    evaluation = composed("model=m", "content=c", name="evaluate")
    assert locate_style(evaluation, "udnie").stand_in == WORDS  # which keeps no notes


def test_a_run_begun_with_a_swatch_goes_on_with_it(
    composed: Callable[..., DictConfig], tmp_path: Path
) -> None:
    """Though the painting is there by now."""
    painting = write_image(tmp_path / "udnie.png", torch.rand(3, 8, 8))
    config = composed("style=udnie", f"paths.styles={tmp_path}")
    config.run.notes = [WORDS]
    assert locate_style(config, "udnie").path == painting  # a new run
    config.resume = str(tmp_path)
    found = locate_style(config, "udnie")
    assert found == find_swatch("udnie", WORDS)
    assert config.run.notes == [WORDS]
    assert locate_style(config, "udnie.png").path == painting


def test_a_styles_size_is_scaled(composed: Callable[..., DictConfig]) -> None:
    config = composed("style=udnie", "style_size.px=64", "style_scale=0.75")
    assert read_sized_style(config, find_swatch("udnie", WORDS)).shape == (1, 3, 48, 48)
