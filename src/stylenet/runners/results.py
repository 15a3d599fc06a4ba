"""What a finished run says, and leaves besides its images: ``metrics.json``, the same for W&B."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pytorch_lightning.loggers import WandbLogger

from stylenet.callbacks import RunRecord
from stylenet.callbacks.throughput import RATE
from stylenet.files import write_text
from stylenet.loggers import keep_artifact, keep_summary, keep_table
from stylenet.runners.base import Run
from stylenet.settings.objectives import LOSS, METRIC, to_minimise

METRICS_FILE = "metrics.json"
COLUMNS = 80  # of a terminal that nobody made wider
KINDS = {"losses": LOSS, "metrics": METRIC}


def rate_of(run: Run) -> float | None:
    """Pictures a second in the last steps, where the task has counted them: before a validation."""
    rate = run.trainer.callback_metrics.get(RATE)
    return None if rate is None else float(rate)


def keep_results(run: Run, figures: Mapping[str, float], rate: float | None) -> None:
    """Write ``metrics.json``; give loggers that can keep it summary, pictures and finished net.

    Args:
        run: finished.
        figures: losses and metrics of the end.
        rate: pictures a second.
    """
    trainer = run.trainer
    if not trainer.is_global_zero:
        return
    record = next(one for one in trainer.callbacks if isinstance(one, RunRecord))  # type: ignore[attr-defined]
    seconds = record.seconds()
    summary: dict[str, Any] = {
        "objective": run.config.objective,
        "to_minimise": to_minimise(run.config.objective, figures),
        "steps": trainer.global_step,
        "seconds": round(seconds, 1),
        "steps_per_second": round(trainer.global_step / seconds, 3),
        "pictures_per_second": None if rate is None else round(rate, 2),
    }
    if run.components.stand_ins:  # figures of style do not compare with those of the paintings
        summary["stand_ins"] = list(run.components.stand_ins)
    write_text(run.folder / METRICS_FILE, json.dumps({**summary, **figures}, indent=2) + "\n")
    titles, rows = run.runner.pictures(run)
    for logger in trainer.loggers:
        if not isinstance(logger, WandbLogger):
            continue
        keep_summary(logger, {k: v for k, v in {**summary, **figures}.items() if v is not None})
        if rows:
            keep_table(logger, "val/table", titles, rows, trainer.global_step)
        files = [run.folder / name for name in run.runner.artifact]
        if files:
            keep_artifact(logger, run.config.run.name, files)


def results_in_words(
    figures: Mapping[str, float], stand_ins: Collection[str] = ()
) -> Iterator[str]:
    """``losses    content 1.2  style 3.4  total 4.6``, and the same of the metrics.

    Without what belongs to a layer; none of the two where there is nothing of it. What does not
    fit into 80 columns goes on below the first figure.

    Args:
        figures: by their full names, such as ``val/metric/style``.
        stand_ins: styles whose paintings are not there: metrics compare with their swatches.
    """
    for kind, prefix in KINDS.items():
        found = {k.removeprefix(prefix): v for k, v in figures.items() if k.startswith(prefix)}
        names = sorted((name for name in found if "/" not in name), key="total".__eq__)
        if names:
            yield from _broken(kind, [f"{name} {found[name]:.4g}" for name in names])
        if kind == "metrics" and stand_ins and "style" in names:
            yield f"{'':<8}  style is measured against the swatch of {', '.join(stand_ins)}"


def _broken(kind: str, words: Sequence[str]) -> Iterator[str]:
    line = f"{kind:<8}"
    for word in words:
        if line.strip() and len(line) + 2 + len(word) > COLUMNS:
            yield line
            line = " " * 8
        line += f"  {word}"
    yield line
