"""``stylenet completion``, in the shells that are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# as readline calls it: the line up to the cursor, and its words, parted at "=", too
ASK = """
COMP_LINE="$1" COMP_POINT=${#1} COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
_stylenet
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def completion() -> str:
    """What ``stylenet completion`` prints."""
    command = [sys.executable, "-m", "stylenet", "completion"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def command(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell that finds ``stylenet``."""
    file = tmp_path / "bin" / "stylenet"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nexec {sys.executable} -m stylenet "$@"\n')
    file.chmod(0o755)
    return os.environ | {"PATH": f"{file.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("line", "words", "answer"),
    [
        ("stylenet ev", ["ev"], ["evaluate"]),
        ("stylenet train loss_n", ["train", "loss_n"], ["loss_network", "loss_network."]),
        ("stylenet train norm=", ["train", "norm", "="], ["batch", "conditional_", "instance"]),
        ("stylenet train data=_", ["train", "data", "=", "_"], []),  # base files are no choices
        ("stylenet train a=1 net=jo", ["train", "a=1", "net", "=", "jo"], ["johnson"]),
        (
            "stylenet train task=gatys trainer.max_s",
            ["train", "task=gatys", "trainer.max_s"],
            ["trainer.max_steps="],
        ),
        ("stylenet tu", ["tu"], ["tune"]),
        ("stylenet tune tune.tr", ["tune", "tune.tr"], ["tune.trials="]),
        ("stylenet tune tune.space.loss.st", ["tune", "tune.space.loss.st"], ["tune.space.loss"]),
        ("stylenet evaluate devi", ["evaluate", "devi"], ["device="]),
        ("stylenet completion ", ["completion", ""], []),
    ],
)
def test_bash_completes(
    line: str,
    words: list[str],
    answer: list[str],
    command: dict[str, str],
    completion: str,
    tmp_path: Path,
) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not there")
    done = subprocess.run(
        [bash, "-c", completion + ASK, "bash", line, "stylenet", *words],
        env=command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = done.stdout.split()
    assert bool(found) == bool(answer)
    for start in answer:
        assert any(word.startswith(start) for word in found), found
