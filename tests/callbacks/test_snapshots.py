"""Snapshots: which steps, the filmstrip, what a resumed run keeps, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylenet.callbacks import Snapshots
from stylenet.callbacks.snapshots import thinned
from stylenet.errors import StylenetError
from stylenet.images import read_image


@pytest.fixture
def task(tiny_task):
    class Painting(tiny_task):
        """Grows lighter by a hundredth a step."""

        def result(self):
            return torch.full((1, 3, 6, 8), self.global_step / 100)

    return Painting()


def names(folder):
    return sorted(p.name for p in (folder / "snapshots").iterdir())


def test_the_start_every_so_many_steps_and_the_end_are_kept(fit, task, tmp_path):
    fit(Snapshots(tmp_path, every=3), task=task, max_steps=8)
    assert names(tmp_path) == [f"step_00000{n}.png" for n in (0, 3, 6, 8)]
    last = read_image(tmp_path / "snapshots" / "step_000008.png")
    torch.testing.assert_close(last, torch.full((3, 6, 8), 0.08), atol=1 / 255, rtol=0)
    strip = read_image(tmp_path / "filmstrip.png")
    assert strip.shape[2] > 3 * strip.shape[1]  # four frames side by side


def test_a_resumed_run_drops_what_lies_behind_its_checkpoint(fit, task, tmp_path):
    trainer = fit(Snapshots(tmp_path, every=2), task=task, max_steps=4)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    later = tmp_path / "snapshots" / "step_000007.png"
    later.write_bytes((tmp_path / "snapshots" / "step_000004.png").read_bytes())
    (tmp_path / "snapshots" / "step_000002.png").write_bytes(b"broken")
    fit(Snapshots(tmp_path, every=2), task=task, max_steps=6, resume=tmp_path / "a.ckpt")
    assert names(tmp_path) == [f"step_00000{n}.png" for n in (0, 2, 4, 6)]
    assert (tmp_path / "filmstrip.png").is_file()  # without the broken frame


def test_a_filmstrip_is_thinned_evenly():
    files = {step: Path(str(step)) for step in range(0, 1050, 50)}
    steps = list(thinned(files, 6))
    assert steps == [0, 200, 400, 600, 800, 1000]
    assert thinned(files, 100) == files


def test_never_is_no_distance():
    with pytest.raises(StylenetError, match=r"callbacks.snapshots.every=0"):
        Snapshots("x", every=0)
