"""``stylenet`` hands Hydra what follows the subcommand, and its exit status back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(words: Sequence[str], folder: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "HYDRA_FULL_ERROR"} | {"COLUMNS": "200"},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--help"], 0),
        (["--cfg", "job", "--package", "net", "net.width=0.25", "+net.more=1", "~norm"], 0),
        (["-m", "norm=batch,instanc"], 2),
        (["net.widht=0.25"], 2),
    ],
)
def test_train_is_train_py(arguments: list[str], status: int, tmp_path: Path) -> None:
    ours = run(["-m", "stylenet", "train", *arguments], tmp_path)
    theirs = run([str(ROOT / "train.py"), *arguments], tmp_path)
    if arguments == ["--help"]:  # begins with examples, which show the command as it was given
        ours, theirs = ((code, _without_examples(out), err) for code, out, err in (ours, theirs))
    assert ours == theirs
    assert ours[0] == status


def _without_examples(shown: str) -> str:
    examples, _, rest = shown.partition("\n\n")
    assert examples.startswith("Ten commands:")
    return rest


def test_evaluate_is_evaluate_py(tmp_path: Path) -> None:
    arguments = ["model=no_such_run", "content=me.jpg", "--cfg", "job"]
    ours = run(["-m", "stylenet", "evaluate", *arguments], tmp_path)
    assert ours == run([str(ROOT / "evaluate.py"), *arguments], tmp_path)
    assert ours[0] == 0
    assert "model: no_such_run" in ours[1]


def test_subcommands_are_listed_and_misspelt_ones_guessed(tmp_path: Path) -> None:
    status, said, _ = run(["-m", "stylenet", "--help"], tmp_path)
    assert status == 0
    assert all(command in said for command in ("train", "evaluate", "completion"))
    status, _, said = run(["-m", "stylenet", "tran"], tmp_path)
    assert status == 2
    assert "train" in said


def test_files_at_the_top_are_short() -> None:
    for name in ("train.py", "evaluate.py"):
        assert len((ROOT / name).read_text().splitlines()) <= 20
