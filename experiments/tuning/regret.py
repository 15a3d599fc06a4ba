"""What ``stylenet tune`` is worth against a whole grid: how much worse, in how many minutes.

    python experiments/tuning/regret.py grid <the sweep's folder> ...   keeps the runs in grid.csv
    python experiments/tuning/regret.py                                 results.csv, and its table

A run is the same whoever asks for it, so a search over the grid's own settings need not train
anew: its trials are looked up, with what they were measured to be on the way and what they took,
for many seeds of the sampler. Sampler and pruner are those of conf/tune/_base.yaml.
"""

from __future__ import annotations

import csv
import itertools
import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import optuna
import yaml
from omegaconf import OmegaConf
from optuna.trial import TrialState

from stylenet.files import write_text
from stylenet.run.building import instantiate
from stylenet.settings.folder import conf_folder
from stylenet.sweeps.table import half_interval

STUDY = Path(__file__).parent
GRID, RESULTS = STUDY / "grid.csv", STUDY / "results.csv"
OBJECTIVE = "val/metric/judge/balanced"
KEYS = ("loss.style_weight", "loss.content_layers", "style_scale")
SEEDS = 20


@dataclass(frozen=True)
class Known:
    """A run of the grid: what it was measured to be after some steps, the last of them, seconds."""

    values: tuple[tuple[int, float], ...]
    seconds: float

    @property
    def value(self) -> float:
        """At the end."""
        return self.values[-1][1]

    def seconds_at(self, step: int) -> float:
        """Spent until then, as if every step took as long."""
        return self.seconds * step / self.values[-1][0]


Setting = tuple[str, ...]
Grid = Mapping[Setting, Known]


def keep(folders: Sequence[Path]) -> None:
    """Write `GRID`, a row for each finished run in ``folders``."""
    rows = []
    for file in sorted(f for folder in folders for f in folder.glob("*/metrics.json")):
        config: Any = OmegaConf.load(file.parent / "config.yaml")
        with (file.parent / "losses.csv").open(newline="") as opened:
            told = [r for r in csv.DictReader(opened) if r["name"] == OBJECTIVE]
        metrics = json.loads(file.read_text())
        settings = [_text(OmegaConf.select(config, key)) for key in KEYS]
        rows.append(
            {
                "style": config.style,
                **dict(zip(KEYS, settings, strict=True)),
                **{f"@{r['step']}": f"{float(r['value']):.5g}" for r in told},
                "seconds": metrics["seconds"],
                "commit": json.loads((file.parent / "run.json").read_text())["commit"],
            }
        )
    _write(GRID, sorted(rows, key=lambda row: [str(value) for value in row.values()]))


def _text(value: Any) -> str:
    return f"[{','.join(value)}]" if OmegaConf.is_list(value) else str(float(value))


def read(file: Path) -> dict[str, Grid]:
    """Style -> its grid, as `keep` has written it.

    Every run counts with the median of the seconds: what they differ by is what else the machine
    did.
    """
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    seconds = median(float(row["seconds"]) for row in rows)
    grids: dict[str, dict[Setting, Known]] = {}
    for row in rows:
        steps = sorted(int(key[1:]) for key in row if key.startswith("@"))
        values = tuple((step, float(row[f"@{step}"])) for step in steps)
        setting = tuple(row[key] for key in KEYS)
        grids.setdefault(row["style"], {})[setting] = Known(values, seconds)
    return grids


def search(grid: Grid, sampler: Any, pruner: Any, seed: int) -> Iterator[tuple[float, float]]:
    """After each of as many trials as the grid has runs: the best value so far, seconds so far."""
    space = [sorted({setting[n] for setting in grid}) for n in range(len(KEYS))]
    study = optuna.create_study(pruner=pruner)
    best, seconds = float("inf"), 0.0
    for number in range(len(grid)):
        state = np.random.SeedSequence((seed, number)).generate_state(1)
        study.sampler = sampler(seed=int(state[0]))  # as stylenet.tuning.search
        trial = study.ask()
        pairs = zip(KEYS, space, strict=True)
        known = grid[tuple(trial.suggest_categorical(key, choices) for key, choices in pairs)]
        for step, value in known.values[:-1]:
            trial.report(value, step)
            if trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                seconds += known.seconds_at(step)
                break
        else:
            study.tell(trial, known.value)
            best, seconds = min(best, known.value), seconds + known.seconds
        yield best, seconds


def methods() -> dict[str, tuple[Any, Any]]:
    """Sampler and pruner by the name of what they are together."""
    settings = yaml.safe_load((conf_folder() / "tune" / "_base.yaml").read_text())
    sampler, pruner = (instantiate(settings[name]) for name in ("sampler", "pruner"))
    return {
        "stylenet tune": (sampler, pruner),
        "without early ends": (sampler, optuna.pruners.NopPruner()),
        "at random": (optuna.samplers.RandomSampler, optuna.pruners.NopPruner()),
    }


def results(grids: Mapping[str, Grid]) -> Iterator[dict[str, Any]]:
    """Rows: style, method, trials, seed, regret, minutes, and their fraction of the grid's."""
    for style, grid in grids.items():
        lowest = min(known.value for known in grid.values())
        whole = sum(known.seconds for known in grid.values())
        counts = sorted({len(grid) // 4, len(grid) // 2, 3 * len(grid) // 4, len(grid)})
        for name, (sampler, pruner) in methods().items():
            paths = [[*search(grid, sampler, pruner, seed)] for seed in range(SEEDS)]
            for count, (seed, path) in itertools.product(counts, enumerate(paths)):
                best, seconds = path[count - 1]
                yield {
                    "style": style,
                    "method": name,
                    "trials": count,
                    "seed": seed,
                    "regret": f"{best - lowest:.4f}",
                    "minutes": f"{seconds / 60:.2f}",
                    "fraction_of_the_grids_time": f"{seconds / whole:.3f}",
                }


def _write(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    quoted = [[f'"{v}"' if "," in v else v for v in line] for line in lines]
    write_text(file, "".join(",".join(line) + "\n" for line in quoted))


def table(rows: Sequence[Mapping[str, Any]], grids: Mapping[str, Grid]) -> str:
    """Means over the seeds, with 95 % intervals; the grid first."""
    titles = ("painting", "search", "trials", "regret", "minutes", "of the grid's")
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    for style, grid in grids.items():
        whole = sum(known.seconds for known in grid.values()) / 60
        lines.append(f"| {style} | the whole grid | {len(grid)} | 0 | {whole:.1f} | 1 |")
        groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for row in rows:
            if row["style"] == style:
                groups.setdefault((row["method"], row["trials"]), []).append(row)
        for (method, trials), group in groups.items():
            columns = ("regret", "minutes", "fraction_of_the_grids_time")
            regrets, minutes, part = ([float(r[key]) for r in group] for key in columns)
            regret = f"{fmean(regrets):.3f} ± {half_interval(regrets) or 0:.3f}"
            cells = (style, method, trials, regret, f"{fmean(minutes):.1f}", f"{fmean(part):.2f}")
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Keep runs, or search among those that are kept."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("what", nargs="?", choices=["grid"], help="keep the runs of sweeps")
    parser.add_argument("folders", nargs="*", type=Path)
    asked = parser.parse_args()
    if asked.what is not None:
        keep(asked.folders)
        return
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    grids = read(GRID)
    rows = list(results(grids))
    _write(RESULTS, rows)
    print(table(rows, grids))
    for style, grid in grids.items():
        best = min(grid, key=lambda setting: grid[setting].value)
        worst = max(known.value for known in grid.values())
        print(f"\n{style}: best {grid[best].value:.4f} at {', '.join(best)}; worst {worst:.4f}")


if __name__ == "__main__":
    main()
