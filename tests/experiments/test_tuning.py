"""The study of `stylenet tune`, on a grid that is made up."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import optuna
import pytest

STUDY = Path(__file__).parents[2] / "experiments" / "tuning"


@pytest.fixture
def regret(load: Callable[[Path], ModuleType]) -> ModuleType:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return load(STUDY / "regret.py")


def grid(regret: ModuleType) -> dict[tuple[str, ...], object]:
    """Sixteen runs of 100 s whose value, the same all the time, is 1 to 16."""
    settings = itertools.product(("0.5", "1.5", "4.5", "13.5"), ("[a]", "[b]"), ("0.5", "1.0"))
    return {
        setting: regret.Known(((10, float(n)), (20, float(n))), 100.0)
        for n, setting in enumerate(settings, 1)
    }


@pytest.mark.parametrize("number", range(3))
def test_a_search_only_gets_better_and_pays_for_what_it_trains(
    regret: ModuleType, number: int
) -> None:
    name, (sampler, pruner) = list(regret.methods().items())[number]
    path = list(regret.search(grid(regret), sampler, pruner, seed=0))
    assert len(path) == 16
    best, seconds = zip(*path, strict=True)
    assert list(best) == sorted(best, reverse=True)
    assert all(value in range(1, 17) for value in best)
    spent = [b - a for a, b in itertools.pairwise((0.0, *seconds))]
    # a trial that ends early has had ten of its twenty steps
    assert set(spent) == ({50.0, 100.0} if name == "stylenet tune" else {100.0})
    assert path == list(regret.search(grid(regret), sampler, pruner, seed=0))


def test_a_table_has_the_grid_and_means_of_the_seeds(
    regret: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regret, "SEEDS", 2)
    grids = {"udnie": grid(regret)}
    rows = list(regret.results(grids))
    assert len(rows) == 3 * 4 * 2
    assert all(float(row["regret"]) >= 0 for row in rows)
    table = regret.table(rows, grids)
    assert "| udnie | the whole grid | 16 | 0 | 26.7 | 1 |" in table
    full = [r for r in rows if r["method"] == "at random" and r["trials"] == 16]
    assert [row["fraction_of_the_grids_time"] for row in full] == ["1.000", "1.000"]


def test_all_runs_count_with_the_same_time(regret: ModuleType, tmp_path: Path) -> None:
    lines = ["style,loss.style_weight,loss.content_layers,style_scale,@10,@20,seconds,commit"]
    lines += [f'udnie,{n}.0,"[relu2_2,relu3_2]",1.0,0.9,0.{n},{100 * n},x' for n in (1, 2, 9)]
    (tmp_path / "grid.csv").write_text("\n".join(lines) + "\n")
    known = regret.read(tmp_path / "grid.csv")["udnie"]
    assert known["9.0", "[relu2_2,relu3_2]", "1.0"] == regret.Known(((10, 0.9), (20, 0.9)), 200.0)
    assert {run.seconds_at(10) for run in known.values()} == {100.0}
