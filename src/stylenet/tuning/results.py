"""What a search has found: ``trials.csv``, and the command to type."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from stylenet.commands import command
from stylenet.files import write_csv
from stylenet.tuning.search import Search
from stylenet.tuning.space import Parameter

TABLE = "trials.csv"
FIGURES = ("judge/style", "judge/content", "style", "content")
STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
}


def values_of(space: Sequence[Parameter], trial: FrozenTrial) -> dict[str, str]:
    """The trial's values as overrides have them, of those that it has."""
    known = [p for p in space if p.key in trial.params]
    texts = {p.key: trial.params[p.key] for p in known}
    return {p.key: str(texts[p.key]) if p.choices else f"{texts[p.key]:.4g}" for p in known}


def write_table(search: Search) -> Path:
    """A row a trial: its values, how it ended, its figure, what the judge said, steps, seconds."""
    rows = [_row(search, trial) for trial in search.trials()]
    return write_csv(search.folder / TABLE, rows)


def _row(search: Search, trial: FrozenTrial) -> dict[str, Any]:
    run = search.folder / f"trial_{trial.number:04d}"
    metrics = run / "metrics.json"
    figures = json.loads(metrics.read_text()) if metrics.is_file() else {}
    reported = trial.intermediate_values
    last = max(reported, default=None)
    value = trial.value if trial.state == TrialState.COMPLETE else None
    return {
        "trial": trial.number,
        "state": STATES[trial.state],
        **{p.key: values_of(search.space, trial).get(p.key) for p in search.space},
        "value": value,
        "last_value": value if value is not None or last is None else reported[last],
        **{name: figures.get(f"val/metric/{name}") for name in FIGURES},
        "steps": figures.get("steps", last),
        "seconds": trial.user_attrs.get("seconds"),
        "run": run.name,
        "error": trial.user_attrs.get("error"),
    }


def summary(
    search: Search, objective: str, overrides: Sequence[str], first: Mapping[str, Any] | None
) -> Iterator[str]:
    """Lines: how the trials ended, the best one, and how to train with its settings.

    Args:
        search: with at least one trial.
        objective: what it went by.
        overrides: of the command, without those of the search itself.
        first: the values of the defaults, if they were tried.
    """
    trials = search.trials()
    counts = {word: sum(t.state == state for t in trials) for state, word in STATES.items()}
    ended = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    seconds = sum(t.user_attrs.get("seconds", 0.0) for t in trials)
    yield f"{len(trials)} trials: {ended}; {seconds / 60:.1f} minutes of training"
    best = search.best()
    yield f"table     {search.folder / TABLE}"
    if best is None or best.value is None:
        yield "no trial has finished yet"
        return
    values = values_of(search.space, best)
    words = f"best      trial {best.number}: {objective} {best.value:.4g}"
    own = [t.value for t in trials if first is not None and t.params == first and t.value]
    yield words + (f" (defaults: {own[0]:.4g})" if own else "")
    yield f"its run   {search.folder / f'trial_{best.number:04d}'}"
    arguments = [*overrides, *(f"{key}={value}" for key, value in values.items())]
    yield f"train     {command('train', {})} {shlex.join(arguments)}"
