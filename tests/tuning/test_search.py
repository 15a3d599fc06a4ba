"""A search's journal: shared, killed at any time, gone on with. No training here."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from stylenet.errors import StylenetError
from stylenet.tuning.search import JOURNAL, Search
from stylenet.tuning.space import Parameter

SPACE = (Parameter("x", (), 0.0, 1.0), Parameter("kind", ("a", "b")))
SETTINGS = {"overrides": "style=udnie", "space": "x kind"}


def search(folder: Path, **more: Any) -> Search:
    given: dict[str, Any] = {"settings": SETTINGS, "space": SPACE, "first": None, "seed": 0}
    return Search(
        folder,
        **(given | more),
        sampler=optuna.samplers.RandomSampler,
        pruner=optuna.pruners.NopPruner(),
    )


def finish(one: Search, trials: int) -> list[tuple[int, str]]:
    """Make the rest of ``trials``; their numbers and values."""
    made = []
    while True:
        with one.claim(trials) as claimed:
            if claimed is None:
                return made
            one.study.tell(claimed.trial, float(claimed.values["x"]))
            made.append((claimed.trial.number, str(claimed)))


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    made = finish(search(tmp_path), 3)
    assert [number for number, _ in made] == [0, 1, 2]
    assert finish(search(tmp_path), 3) == []
    assert [number for number, _ in finish(search(tmp_path), 5)] == [3, 4]


def test_how_often_it_is_started_does_not_matter(tmp_path: Path) -> None:
    """Each trial is drawn from its number: no two are the same because a process began anew."""
    at_once = finish(search(tmp_path / "once"), 4)
    parts = [one for count in (1, 2, 3, 4) for one in finish(search(tmp_path / "parts"), count)]
    assert parts == at_once
    assert len({values for _, values in at_once}) == 4
    assert finish(search(tmp_path / "other", seed=1), 4) != at_once


def test_the_defaults_come_first(tmp_path: Path) -> None:
    made = finish(search(tmp_path, first={"x": 0.25, "kind": "b"}), 2)
    assert made[0] == (0, "x=0.25, kind=b")
    assert made[1][1] != made[0][1]


def test_the_best_is_the_lowest_of_the_journal(tmp_path: Path) -> None:
    one = search(tmp_path)
    assert one.best() is None
    finish(one, 6)
    with one.claim(7) as claimed:
        assert claimed is not None
        claimed.trial.report(-1.0, 1)
        one.study.tell(claimed.trial, state=TrialState.PRUNED)
    lines = [json.loads(line) for line in (tmp_path / JOURNAL).read_text().splitlines()]
    ended = [line for line in lines if line.get("state") == TrialState.COMPLETE]
    values = {line["trial_id"]: line["values"][0] for line in ended}
    best = one.best()
    assert best is not None
    assert len(values) == 6
    assert (best.number, best.value) == min(values.items(), key=lambda pair: pair[1])


def test_two_processes_never_have_the_same_trial(tmp_path: Path) -> None:
    one, other = search(tmp_path), search(tmp_path)
    with one.claim(3) as first, other.claim(3) as second, other.claim(3) as third:
        assert first is not None
        assert second is not None
        assert third is not None
        assert [c.trial.number for c in (first, second, third)] == [0, 1, 2]
        with one.claim(3) as fourth:
            assert fourth is None  # three are at work: there is nothing left to do
        assert len({str(c) for c in (first, second, third)}) == 3


HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_search import search
with search(Path({folder!r})).claim(9) as claimed:
    claimed.trial.report(0.5, 10)
    print(claimed, flush=True)
    time.sleep(600)
"""


def test_the_trial_of_a_process_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    code = HOLD.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    values = process.stdout.readline().strip()
    one = search(tmp_path)
    with one.claim(9) as new:
        assert new is not None
        assert new.trial.number == 1  # the other process is at 0
    process.kill()
    process.wait()
    process.stdout.close()
    with one.claim(9) as orphan:
        assert orphan is not None
        assert orphan.trial.number == 0
        assert str(orphan) == values
        assert one.trials()[0].intermediate_values == {10: 0.5}


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def test_a_line_that_a_kill_cut_off_is_taken_away(tmp_path: Path) -> None:
    finish(search(tmp_path), 2)
    before = (tmp_path / JOURNAL).read_bytes()
    cut(tmp_path / JOURNAL)
    again = search(tmp_path)
    whole = (tmp_path / JOURNAL).read_bytes()
    assert before.startswith(whole)
    assert whole.endswith(b"\n")
    assert [number for number, _ in finish(again, 2)] == [1]  # its end had not been written


def test_a_search_of_other_settings_is_refused_once_it_has_measured_something(
    tmp_path: Path,
) -> None:
    other = {**SETTINGS, "overrides": "style=wave"}
    search(tmp_path)
    one = search(tmp_path, settings=other)  # nothing was lost
    finish(one, 1)
    with pytest.raises(StylenetError, match=r"overrides: style=wave there, style=udnie now"):
        search(tmp_path)
    assert len(search(tmp_path, settings=other).trials()) == 1


def anothers(file: Path) -> None:
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(file)))
    optuna.create_study(storage=storage, study_name="somebody's")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (anothers, r"journal of another study \(somebody's\)"),
        (lambda file: file.write_text("photographs\nand more\n"), "no journal of a search"),
        (lambda file: file.write_text('{"a": 1}\n{"b": 2}\n'), "no journal of a search"),
        (lambda file: file.write_bytes(b"\x00\xff\x00 no line"), "no journal of a search"),
    ],
)
def test_another_journal_is_refused_and_left_as_it_is(
    make: Callable[[Path], object], words: str, tmp_path: Path
) -> None:
    file = tmp_path / JOURNAL
    make(file)
    before = file.read_bytes()
    with pytest.raises(StylenetError, match=words):
        search(tmp_path)
    assert file.read_bytes() == before
