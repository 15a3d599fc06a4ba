"""Runs of ``train.py`` for the studies beside this file: made once, continued, painted with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from torch import Tensor

from stylenet.apply import Stylizer, load_model
from stylenet.images import LongerSide, read_image
from stylenet.styles import find_style, read_style

TRAIN = Path(__file__).parents[2] / "train.py"
STYLES = ("udnie", "wave", "the_scream", "starry_night", "shipwreck", "night_cafe")
# not among the photographs that data=sample trains on
PHOTOGRAPHS = ("lion", "chicago", "golden_gate")


def finish(runs: Mapping[Path, list[str]], jobs: int) -> None:
    """Make every run, folder -> overrides, ``jobs`` at a time with one thread each.

    A finished run is left as it is, an interrupted one goes on. A run that fails does not keep the
    others from being made; then the program ends with its words.
    """
    with ThreadPoolExecutor(jobs) as pool:
        failed = [words for words in pool.map(_make, runs, runs.values()) if words]
    if failed:
        sys.exit("\n".join(failed))


def _make(run: Path, overrides: list[str]) -> str | None:
    description = run / "model.json"
    if description.is_file() and json.loads(description.read_text())["training"]["finished"]:
        return None
    arguments = [f"resume={run}"]
    if not (run / "checkpoints" / "last.ckpt").is_file():
        (run / "config.yaml").unlink(missing_ok=True)  # it ended before there was anything to keep
        arguments = [*overrides, f"run.dir={run}"]
    run.mkdir(parents=True, exist_ok=True)
    with (run / "log.txt").open("a") as log:
        done = subprocess.run(  # noqa: S603
            [sys.executable, str(TRAIN), *arguments],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
    print("failed" if done.returncode else "done  ", run.name, flush=True)
    return f"{run.name}: see {log.name}" if done.returncode else None


def facts(run: Path) -> dict[str, str]:
    """What a finished run came to, for a table."""
    model, record = (json.loads((run / name).read_text()) for name in ("model.json", "run.json"))
    losses = {
        f"val_{name.rpartition('/')[2]}": f"{value:.4g}"
        for name, value in model["losses"]["final"].items()
        if name.rpartition("/")[2] in ("content", "style", "tv", "total")
    }
    return {
        "run": run.name,
        "steps": str(model["training"]["steps"]),
        "seconds": f"{record['wall_seconds']:.0f}",
        "content_weight": f"{model['losses']['content_weight']:g}",
        "style_weight": f"{model['losses']['style_weight']:g}",
        "tv_weight": f"{model['losses']['tv_weight']:g}",
        **losses,
        "loss_network": model["losses"]["weights_of_the_loss_network"],
        "commit": str(record["commit"]),
    }


def photographs(names: Iterable[str], px: int) -> dict[str, Tensor]:
    """Paths, or names in $STYLENET_CONTENTS -> pictures (3,H,W) with a longer side of ``px``."""
    folder = Path(os.environ.get("STYLENET_CONTENTS", "../shared/assets/contents"))
    files = {name: Path(name) for name in names}
    files = {n: f if f.is_file() else folder / f"{n}.jpg" for n, f in files.items()}
    return {Path(n).stem: LongerSide(px)(read_image(file)) for n, file in files.items()}


def painting(style: str) -> Tensor:
    """The painting (3,H,W), or what stands in for it."""
    folder = os.environ.get("STYLENET_STYLES")
    cache = Path(os.environ.get("STYLENET_CACHE", "~/.cache/stylenet")).expanduser() / "styles"
    return read_style(find_style(style, folder=Path(folder) if folder else None, cache=cache))[0]


def painted(run: Path, pictures: Mapping[str, Tensor]) -> list[Tensor]:
    """The pictures as the run's net paints them."""
    stylizer = Stylizer(load_model(run))
    return [stylizer(picture) for picture in pictures.values()]
