"""``stylenet import``: an old checkpoint becomes a net that ``stylize`` takes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import torch

from stylenet.images import read_image

Command = Callable[..., SimpleNamespace]


def examples() -> dict[str, torch.Tensor]:
    """A checkpoint as the public examples write it, from ``tests/apply``."""
    file = Path(__file__).parents[1] / "apply" / "test_checkpoints.py"
    spec = importlib.util.spec_from_file_location("checkpoints_made_up", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: dict[str, torch.Tensor] = module.examples("weight", "bias")
    return made


def test_an_old_checkpoint_paints(stylenet: Command, photos: Path) -> None:
    torch.save(examples(), "old.pth")
    done = stylenet("import", "old.pth", "--as", "udnie")
    assert done.status == 0, done.said
    assert "a net of pytorch/examples" in done.said
    assert stylenet("stylize", photos / "00.jpg", "--model", "udnie", "-o", "out.png").status == 0
    assert read_image("out.png").std() > 0.01
    again = stylenet("import", "old.pth", "--as", "udnie")
    assert again.status == 2
    assert "There is a net in udnie already" in again.said
    Path("udnie/model.json").unlink()  # as a kill between its two files leaves it
    assert stylenet("import", "old.pth", "--as", "udnie").status == 0
    jpeg = stylenet("import", photos / "00.jpg", "--as", "wave")
    assert jpeg.status == 2
    assert "was not read" in jpeg.said
    assert not Path("wave").exists()
