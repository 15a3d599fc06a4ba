"""Commands that are printed work when they are pasted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from stylenet.callbacks.checkpoints import how_to_resume
from stylenet.commands import command

FOLDERS = [
    "runs/2026-01-01_12-00-00_style-udnie",
    "/home/ana/Téléchargements (2)/runs/a",
    "it's",
    "a\\'b\\",
    'two "words", $HOME `ls` and 50%;',
    "日本/a=b",
    "~",
    "[a]",
    "null",
    "1e3",
    " spaced ",
]


def pasted(line: str, folder: Path) -> list[str]:
    """What a program gets of ``line`` in a shell."""
    for name in ("python", "stylenet"):
        program = folder / name
        program.write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))")
        program.chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "PYTHONUTF8": "1"}
    said = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    arguments: list[str] = json.loads(said.stdout)
    return arguments


@pytest.mark.parametrize("run", FOLDERS)
def test_a_pasted_command_means_the_folder_it_was_made_of(tmp_path: Path, run: str) -> None:
    line = how_to_resume(Path(run)).removeprefix("continue with: ")
    override = OverridesParser.create().parse_override(pasted(line, tmp_path)[-1])
    assert (override.key_or_group, override.value()) == ("resume", str(Path(run)))


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("train.py", "python evaluate.py model=runs/a content=<picture>"),
        ("my files/evaluate.py", "python 'my files/evaluate.py' model=runs/a content=<picture>"),
        ("/usr/bin/stylenet", "stylenet evaluate model=runs/a content=<picture>"),
        ("x/stylenet/__main__.py", "python -m stylenet evaluate model=runs/a content=<picture>"),
        ("notebook.py", "stylenet evaluate model=runs/a content=<picture>"),
    ],
)
def test_the_command_is_that_of_the_program_that_prints_it(
    monkeypatch: pytest.MonkeyPatch, called: str, words: str
) -> None:
    monkeypatch.setattr("sys.argv", [called])
    assert command("evaluate", {"model": Path("runs/a")}, "content=<picture>") == words
