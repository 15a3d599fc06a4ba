"""What a run that optimises an image writes: what it is painted from, and the result."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from stylenet.callbacks import ComparableMetrics, LossCurves, Snapshots
from stylenet.files import write_text
from stylenet.images import write_image
from stylenet.regions import Guidance
from stylenet.runners.base import Run
from stylenet.runners.inputs import Inputs
from stylenet.runners.regional import region_results, write_maps

log = logging.getLogger(__name__)


def write_inputs(run: Run, inputs: Inputs, guidance: Guidance | None) -> None:
    """Write ``content.png`` and ``style.png`` as the loss sees them; name the components.

    Args:
        run: before its training.
        inputs: what its image is painted from.
        guidance: where it has regions.
    """
    task = run.task
    if inputs.content is not None:
        write_image(run.folder / "content.png", task.stages[-1].content)
        log.info("content %s", inputs.content.name)
    write_image(run.folder / "style.png", task.style)
    for style in run.components.styles:
        log.info("style %s: %s", style.name, style.path)
    if guidance is not None:
        write_maps(run.folder, guidance, inputs.styles)
    sizes = [f"{stage.size[1]} x {stage.size[0]}" for stage in task.stages]
    log.info("picture %s pixels", ", then ".join(sizes))
    log.info("loss network %s", task.loss.network.weights_source)
    log.info("run %s", run.folder)


def write_results(
    run: Run, inputs: Inputs, guidance: Guidance | None, *, finished: bool
) -> Mapping[str, float]:
    """Write ``result.png`` and ``result.json``; give losses and metrics as `Runner.save_results`.

    Args:
        run: after its training.
        inputs: what its image is painted from.
        guidance: where it has regions.
        finished: False where a signal ended it early.
    """
    task = run.task
    write_image(run.folder / "result.png", task.result())
    metrics = run.callback(ComparableMetrics)
    facts: dict[str, Any] = {
        "steps": run.trainer.global_step,
        "evaluations": task.evaluations,
        "finished": finished,
        "losses": task.final_losses,
        "metrics": {} if metrics is None else metrics.last,
    }
    if guidance is not None:
        facts["regions"] = region_results(guidance, inputs.styles, task)
    write_text(run.folder / run.runner.results, json.dumps(facts, indent=2) + "\n")
    log.info("picture   result.png")
    snapshots, curves = run.callback(Snapshots), run.callback(LossCurves)
    if snapshots is not None:
        log.info("progress  %s", run.relative(snapshots.filmstrip))
    if curves is not None:
        log.info("curves    %s", run.relative(curves.figure))
    losses = {f"val/loss/{name}": value for name, value in task.final_losses.items()}
    return {**losses, **facts["metrics"]} if finished else {}
