"""Two processes of which the first cannot prepare the data: both end, with words, and soon."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stylenet.data import agreeing
from stylenet.errors import StylenetError

ROOT = Path(__file__).parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
# how the processes are started, and what only the first one is asked to prepare
FAILURES = {
    "own, download": ([sys.executable], ["data=coco", "data.download=true"], "has no archive"),
    "torchrun, cache": (TORCHRUN, ["data=folder", "data.cache={photos}/00.jpg"], "cannot be used"),
}


@pytest.mark.parametrize(("command", "data", "words"), FAILURES.values(), ids=FAILURES)
def test_what_the_first_process_cannot_prepare_ends_all(
    command: list[str],
    data: list[str],
    words: str,
    photos: Path,
    tmp_path: Path,
    finish: Callable[[subprocess.Popen[str]], tuple[str, str]],
) -> None:
    own = [setting.format(photos=photos) for setting in data]
    if "data=coco" in data:
        own += ["data/release=one_file", f"data.root={tmp_path / 'coco'}"]
    else:
        own.append(f"data.root={photos}")
    common = [f"style={photos / '07.jpg'}", "style_size.px=32", "data.num_workers=0"]
    common += ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu", "logger=none"]
    common += ["net.width=0.125", "data.size=32", "trainer.max_steps=2"]
    common += ["loss/style_distance=squared_gram", "comparison=none"]  # no photographs to read
    process = subprocess.Popen(
        [*command, str(ROOT / "train.py"), *common, *own],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = " ".join(finish(process)[0].split())
    assert process.returncode == (2 if command == [sys.executable] else 1), said
    assert said.count(words) == 1  # the first says it; the second did not try by itself
    assert "There is no annotation file" not in said
    if command == [sys.executable]:  # torchrun has a traceback of its own
        assert "Traceback" not in said
        assert "[process 1] Error: Process 0 of this run could not prepare" in said


def test_a_failure_is_raised_here_and_named_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    agreeing.fail_together(None)
    with pytest.raises(ValueError, match="mine"):
        agreeing.fail_together(ValueError("mine"))

    def gathered(flags: list[bool], own: bool) -> None:
        flags[:] = [False, own, True]

    monkeypatch.setattr(agreeing, "is_one_of_several", lambda: True)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 3)
    monkeypatch.setattr("torch.distributed.all_gather_object", gathered)
    with pytest.raises(StylenetError, match="Process 2 of this run could not prepare"):
        agreeing.fail_together(None)
    with pytest.raises(ValueError, match="mine"):
        agreeing.fail_together(ValueError("mine"))
