"""``train.py``: one run from a configuration to a finished net and its pictures."""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import torch
import wandb
from omegaconf import DictConfig, OmegaConf
from torch import nn

from stylenet.apply import save_model
from stylenet.callbacks import LossCurves, PictureGrids, StepCheckpoints
from stylenet.errors import StylenetError
from stylenet.images import write_image
from stylenet.run.building import Parts, build, plain
from stylenet.run.facts import versions
from stylenet.run.preparing import CONFIG_FILE, prepare

log = logging.getLogger(__name__)


def train(config: DictConfig) -> float | None:
    """Train what ``config`` says; give ``val/loss/total`` at the end, for sweeps to minimise.

    The run directory then holds ``config.yaml``, ``run.json``, ``model.safetensors`` with
    ``model.json``, ``style.png``, ``curves.png``, picture grids and checkpoints.

    Raises:
        StylenetError: bad input or settings, in words.
        SystemExit: with 128 + the signal's number, when Ctrl-C or SIGTERM ended the run early.
    """
    _quieten()
    config = prepare(config)
    folder = Path(config.run.dir)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _train(config, folder)
    finally:
        if config.logger is not None and "wandb" in config.logger:
            wandb.finish()  # or the next run of a sweep would write into this one


def _train(config: DictConfig, folder: Path) -> float | None:
    parts = build(config)
    OmegaConf.save(config, folder / CONFIG_FILE, resolve=True)
    write_image(folder / "style.png", parts.task.style)  # type: ignore[arg-type]
    _announce(config, parts)
    checkpoint = folder / "checkpoints" / "last.ckpt" if config.resume else None
    _check_extendable(config, checkpoint)
    parts.trainer.fit(
        parts.task, parts.data, ckpt_path=str(checkpoint) if checkpoint else None, weights_only=True
    )
    checkpoints = _only(parts, StepCheckpoints)
    if checkpoints is not None and checkpoints.stopped_by is not None:
        log.warning(
            "stopped by %s at step %d; continue with: python train.py 'resume=%s'",
            checkpoints.stopped_by.name,
            parts.trainer.global_step,
            folder,
        )
        sys.exit(128 + checkpoints.stopped_by)
    losses = _final_losses(parts)
    description = describe(config, parts, losses)
    save_model(folder, parts.task.net, description)  # type: ignore[arg-type]
    _report(folder, parts)
    return losses.get("val/loss/total")


def describe(config: DictConfig, parts: Parts, losses: dict[str, float]) -> dict[str, Any]:
    """What ``model.json`` says of a net: how to build it, and where it comes from."""
    values = plain(config)
    style = parts.style
    entry = style.entry
    return {
        "architecture": values["net"],
        "style": {
            "name": style.name,
            "sha256": style.sha256,
            "title": entry.title if entry else None,
            "artist": entry.artist if entry else None,
            "size": values["style_size"],
        },
        "recipe": values["publication"],
        "losses": {
            "loss_network": config.loss_network.name,
            "weights_of_the_loss_network": parts.task.loss.network.weights_source,  # type: ignore[union-attr]
            **{k: v for k, v in values["loss"].items() if k != "terms"},
            "final": losses,
        },
        "training": {
            "steps": parts.trainer.global_step,
            "seed": config.seed,
            "data": values["data"],
            "overrides": values["run"]["overrides"],
            "notes": values["run"]["notes"],
        },
        "versions": versions(),
    }


def _quieten() -> None:
    """Leave out Lightning's talk about what we say ourselves or do on purpose."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    for message in (
        # the run directory of a resumed run is not empty, on purpose
        "Checkpoint directory .* exists and is not empty",
        # decoding off the training thread is the data module's to decide
        ".*does not have many workers which may be a bottleneck",
        # the sampler starts at the trainer's step: see stylenet.data.sampler
        "You're resuming from a checkpoint that ended before the epoch ended",
        # the frozen loss network is, on purpose
        "Found .* module\\(s\\) in eval mode at the start of training",
        # torch's own, out of Lightning's use of it
        ".*`isinstance\\(treespec, LeafSpec\\)` is deprecated",
    ):
        warnings.filterwarnings("ignore", message)


def _announce(config: DictConfig, parts: Parts) -> None:
    net = parts.task.net
    assert isinstance(net, nn.Module)
    parameters = sum(p.numel() for p in net.parameters())
    log.info("style %s: %s", parts.style.name, parts.style.path)
    log.info("net %s, %.2f million parameters", type(net).__name__, parameters / 1e6)
    log.info("loss network %s", parts.task.loss.network.weights_source)  # type: ignore[union-attr]
    log.info("run %s", config.run.dir)


def _check_extendable(config: DictConfig, checkpoint: Path | None) -> None:
    """A finished run has nothing left to do unless it is given more steps."""
    if checkpoint is None:
        return
    done = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)["global_step"]
    limit = config.trainer.max_steps
    if 0 < limit <= done:
        raise StylenetError(
            f"The run in {config.resume} has done {done} of {limit} steps: it is finished.",
            f"Give it more, e.g. trainer.max_steps={2 * done}.",
        )


def _final_losses(parts: Parts) -> dict[str, float]:
    """Validate the finished net, unless the last step was validated, and give its losses."""
    grids = _only(parts, PictureGrids)
    if grids is None or grids.last_step != parts.trainer.global_step:
        parts.trainer.validate(parts.task, parts.data, verbose=False)
    metrics = parts.trainer.callback_metrics
    return {k: float(v) for k, v in metrics.items() if k.startswith("val/loss/")}


def _report(folder: Path, parts: Parts) -> None:
    grids, curves = _only(parts, PictureGrids), _only(parts, LossCurves)
    if grids is not None and grids.last is not None:
        log.info("pictures  %s", grids.last)
    if curves is not None:
        log.info("curves    %s", curves.figure)
    log.info("net       %s", folder / "model.safetensors")
    log.info("paint     python evaluate.py 'model=%s' content=<picture or folder>", folder)


def _only(parts: Parts, kind: type[Any]) -> Any:
    """The callback of this kind, or None where the configuration leaves it out."""
    return next((c for c in parts.callbacks.values() if isinstance(c, kind)), None)
