"""What a study keeps of its runs: a row of results.csv a run.

    python experiments/take.py norm runs/2026-01-01_12-00-00_sweep

The runs are those of a sweep, or any whose folders lie in one. Columns: what the study's grid
varies (``hydra.sweeper.params`` of its experiment), as each run's own config.yaml has it; its
figures at the end, without ``val/`` and the parts of losses; ``loss/total@25%``, and so on, at
earlier validations, by the part of the training done; of ``train/loss/total`` the mean over the
last tenth (``@end``) and the lowest value (``@lowest``); steps, seconds, bytes of the net, commit.
"""

from __future__ import annotations

import csv
import json
import re
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf

from stylenet.errors import StylenetError
from stylenet.files import write_csv
from stylenet.settings.differences import short_keys

STUDIES = Path(__file__).parent
EXPERIMENTS = STUDIES.parent / "conf" / "experiment"
ON_THE_WAY = ("loss/total", "metric/style", "metric/content")
TRAINED = "train/loss/total"


def grid(study: str) -> list[str]:
    """The keys that ``experiment=<study>/full`` varies."""

    def keys(file: Path) -> list[str]:
        said = yaml.safe_load(file.read_text())
        bases = [one for one in said.get("defaults", []) if isinstance(one, str)]
        own = said.get("hydra", {}).get("sweeper", {}).get("params", {})
        parts = [keys(EXPERIMENTS / f"{base.removeprefix('/experiment/')}.yaml") for base in bases]
        return [*(key for part in parts for key in part), *own]

    return list(dict.fromkeys(keys(EXPERIMENTS / study / "full.yaml")))


def row(run: Path, keys: Sequence[str]) -> dict[str, Any]:
    """What ``run`` tells."""
    config = OmegaConf.load(run / "config.yaml")
    assert isinstance(config, DictConfig)
    short = short_keys(keys)
    found: dict[str, Any] = {short[key]: _value(config, key) for key in keys}
    figures = json.loads((run / "metrics.json").read_text())
    found |= {
        name.removeprefix("val/"): round_(value)
        for name, value in figures.items()
        if re.match(r"val/(loss/[^/]+$|metric/)", name)
    }
    found |= on_the_way(run / "losses.csv", figures["steps"])
    net, record = run / "model.safetensors", json.loads((run / "run.json").read_text())
    found |= {"steps": figures["steps"], "seconds": figures["seconds"]}
    found["bytes"] = net.stat().st_size if net.is_file() else None
    return found | {"gpus": len(record["hardware"]["gpus"]), "commit": record["commit"]}


def _value(config: DictConfig, key: str) -> str:
    """The choice of a group, or a value, a list as an override has it."""
    choices: Mapping[str, str] = config.run.choices
    value = choices[key] if key in choices else OmegaConf.select(config, key)
    return f"[{','.join(map(str, value))}]" if OmegaConf.is_list(value) else str(value)


def on_the_way(losses: Path, steps: int) -> dict[str, float]:
    """What its losses.csv says of earlier steps."""
    found: dict[str, float] = {}
    trained: dict[int, float] = {}
    with losses.open(newline="") as file:
        for step, name, value in list(csv.reader(file))[1:]:
            short = name.removeprefix("val/")
            if name == TRAINED:
                trained[int(step)] = float(value)
            elif short in ON_THE_WAY and int(step) < steps:
                found[f"{short}@{round(100 * int(step) / steps)}%"] = round_(float(value))
    if trained:
        last = [value for step, value in trained.items() if step > 0.9 * steps]
        found[f"{TRAINED}@end"] = round_(fmean(last or [*trained.values()][-1:]))
        found[f"{TRAINED}@lowest"] = round_(min(trained.values()))
    return found


def round_(value: float) -> float:
    """Five digits: what a study says is not finer."""
    return float(f"{value:.5g}")


def take(study: str, folder: Path, target: Path) -> None:
    """Write ``target``, a row a run of ``study``, from the finished runs in ``folder``.

    Raises:
        StylenetError: there is none.
    """
    runs = sorted(file.parent for file in folder.glob("*/metrics.json"))
    if not runs:
        raise StylenetError(
            f"There is no finished run in {folder}.", "Give the folder that holds their folders."
        )
    keys = grid(study)
    rows = sorted((row(run, keys) for run in runs), key=lambda one: [*map(str, one.values())])
    write_csv(target, rows)


if __name__ == "__main__":
    parser = ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("study", help="the name of its folder")
    parser.add_argument("folder", type=Path, help="that holds the folders of its runs")
    arguments = parser.parse_args()
    take(arguments.study, arguments.folder, STUDIES / arguments.study / "results.csv")
