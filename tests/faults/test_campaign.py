"""A short part of the campaign: no case of these ends in a traceback or in nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# as where campaign.py is a program: its neighbours are found
sys.path.insert(0, str(Path(__file__).parent))
import table
from campaign import campaign

FEW = {"picture": 24, "map": 12, "model": 12, "weights": 6, "evaluate": 3, "train": 2, "server": 12}


@pytest.mark.parametrize("kind", FEW)
def test_odd_input_ends_in_a_result_or_in_words(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    outcomes = list(campaign(tmp_path, seed=0, kinds=[kind], count=FEW[kind]))
    assert len(outcomes) == FEW[kind]
    assert [one for one in outcomes if one.end not in ("result", "words")] == []
    if kind not in ("evaluate", "train"):  # or nothing was odd
        assert "words" in {one.end for one in outcomes}


def test_what_is_killed_goes_on(tmp_path: Path) -> None:
    """In a process of its own, as others are forked from it."""
    kinds = ["killed feedforward", "killed download"]
    script = Path(__file__).parent / "campaign.py"
    done = subprocess.run(
        [sys.executable, str(script), "--count", "1", "--seed", "3", "--kinds", *kinds],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ends = dict(line.rsplit(maxsplit=2)[:2] for line in done.stdout.splitlines()[-2:])
    assert set(ends) == set(kinds)
    assert set(ends.values()) == {"result"}


def test_the_table_counts_outcomes_and_planned_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, found = tmp_path / "page.md", tmp_path / "found.csv"
    rows = ["| model | 7 | 5 | 2 | 0 | 0 | 0 | 0 | x |", "| map | 9 | 9 | 0 | 0 | 0 | 0 | 0 | x |"]
    old = "\n".join(rows)
    page.write_text(f"before\n{table.BEGIN}\n{old}\n{table.END}\nafter\n")
    found.write_text(
        "kind,number,tried,end,said,seconds\n"
        'killed gatys,0,"gatys, SIGHUP: 0.02 s after step 3, 1.50 s after the start",result,,1\n'
        'killed gatys,1,"gatys, SIGKILL: 2.00 s after the start",broken,"another\nresult",1\n'
        'killed cache,0,"cache, SIGTERM after 0.01 s, 0.12 s",result,,1\n'
        "map,0,bytes cut at 3,words,,1\n"
    )
    monkeypatch.setattr(table, "PAGE", page)
    table.renew([found])
    text = page.read_text()
    assert "\n| killed gatys | 2 (3) | 1 | 0 | 0 | 0 | 1 | 0 | likewise |\n" in text
    assert "\n| killed cache | 1 (2) | 1 | 0 |" in text
    assert "\n| map | 1 | 0 | 1 | 0 |" in text
    assert f"\n| model | 7 | 5 | 2 | 0 | 0 | 0 | 0 | {table.KINDS['model'].what} |\n" in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
