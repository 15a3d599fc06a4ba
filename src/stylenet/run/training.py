"""``train.py``: one run from a configuration to a finished net and its images."""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.errors import InstantiationException
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig

from stylenet.callbacks import StepCheckpoints, how_to_resume
from stylenet.errors import OutOfMemoryError, StylenetError, causes, lacks_memory
from stylenet.files import FULL, expanded
from stylenet.files.latest import link_latest
from stylenet.processes import rank
from stylenet.run.budget import time_steps
from stylenet.run.building import build, runner_of
from stylenet.run.claiming import alone_in, check_nothing_is_lost
from stylenet.run.preparing import prepare
from stylenet.run.processes import check_processes, together
from stylenet.run.resuming import damage_of
from stylenet.runners.base import Run
from stylenet.runners.checks import check_batch_statistics, check_comparability
from stylenet.runners.compiling import on_gpu
from stylenet.runners.messages import Messages
from stylenet.runners.results import keep_results, rate_of, results_in_words
from stylenet.runners.speed import tune_allocator
from stylenet.settings.config_file import CONFIG_FILE, save_config
from stylenet.settings.objectives import to_minimise
from stylenet.settings.run_record import damaged, messages_of, other_version
from stylenet.sweeps.jobs import FINISHED
from stylenet.sweeps.recording import (
    alone_at_job,
    going_on,
    is_swept,
    record_of_job,
    recorded,
)
from stylenet.sweeps.summary import write_figures

log = logging.getLogger(__name__)


def train(config: DictConfig) -> float | None:
    """Train what ``config`` says; give its objective at the end, for sweeps to minimise.

    The run directory then holds ``config.yaml``, ``run.json``, ``style.png``, ``curves.png``,
    images and checkpoints, and what the task makes: ``model.safetensors`` with ``model.json``,
    or ``result.png``.

    Raises:
        StylenetError: bad input or settings, in words.
        SystemExit: with 128 + the signal's number, when Ctrl-C, SIGTERM or SIGHUP ended the
            run early.
    """
    quieten()
    try:
        with alone_at_job():
            return _train_job(config)
    except StylenetError as error:
        # a sweep goes on, and in the end raises the first job's error only
        if is_swept():
            log.error("job %s failed: %s", HydraConfig.get().job.num, error)
        raise
    finally:
        if HydraConfig.initialized():  # it made a folder, whether or not the run came to need it
            with contextlib.suppress(OSError):
                Path(HydraConfig.get().runtime.output_dir).rmdir()


def _train_job(config: DictConfig) -> float | None:
    job = record_of_job(config)
    if job.earlier is not None and job.is_finished:
        log.info("job %d is finished: skipped", job.earlier.number)
        return job.earlier.returned
    config = going_on(config, job)
    own = None if job.earlier is None or config.resume is None else list[str]()
    with recorded(job):
        figure = _train_once(config, own)
        job.write(FINISHED, returned=figure)
    if job.file is not None:
        write_figures(Path(HydraConfig.get().sweep.dir))
    return figure


def _train_once(config: DictConfig, overrides: Sequence[str] | None) -> float | None:
    """A run, or what a sweep goes on with: that has no ``overrides`` of its own."""
    config = prepare(config, overrides, timer=time_steps)
    if not on_gpu(config):
        tune_allocator()
    folder = Path(config.run.dir)
    try:
        with alone_in(folder) if rank() == 0 else contextlib.nullcontext():
            if rank() == 0 and not config.resume and (folder / CONFIG_FILE).exists():
                check_nothing_is_lost(folder, runner_of(config).results)
            return _train(config, folder)
    except (RuntimeError, MemoryError, InstantiationException) as error:
        if not any(map(lacks_memory, causes(error))):
            raise
        remedy = runner_of(config).spare_memory(config)
        raise OutOfMemoryError("in training", remedy, error) from error
    finally:
        if rank() == 0 and config.logger is not None and "wandb" in config.logger:
            import wandb

            wandb.finish()  # or the next run of a sweep would write into this one


def _train(config: DictConfig, folder: Path) -> float | None:
    messages = Messages(
        messages_of(folder, config.run.messages) if config.resume else config.run.messages
    )
    try:
        with damage_of(config):
            run = build(config, messages)
    except InstantiationException as error:
        if config.resume is None or not isinstance(error.__cause__, TypeError):
            raise
        raise other_version(folder, f"cannot build it ({error.__cause__})") from error.__cause__
    check_processes(run.trainer)
    check_comparability(run, messages.say)
    check_batch_statistics(run, messages.say)
    with together(run.trainer, folder, resumed=config.resume is not None):
        try:
            return _fit(run)
        except MisconfigurationException as error:  # some settings are first used in the midst
            said = str(error).partition(" HINT:")[0]
            raise StylenetError(
                f"Lightning refuses a setting of trainer, callbacks or logger: {said}",
                f"Change it, and {_way_on(run)}",
            ) from error
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise StylenetError(
                f"The disk is full ({error}). What was written before is whole.",
                f"Free some space, and {_way_on(run)}",
            ) from error


def _way_on(run: Run) -> str:
    """How a run that was broken off is gone on with."""
    checkpoints = run.callback(StepCheckpoints)
    kept = checkpoints is not None and checkpoints.last.is_file()
    return how_to_resume(run.folder) if kept else "run the same command again."


def _fit(run: Run) -> float | None:
    config, folder, trainer = run.config, run.folder, run.trainer
    if trainer.world_size == 1:  # before anything is written; several processes find it together
        run.data.prepare_data()
        run.data.setup("fit")
    if rank() == 0:
        folder.mkdir(parents=True, exist_ok=True)
        save_config(config, folder / CONFIG_FILE)
        link_latest(folder, expanded(config.paths.runs))
        run.runner.start(run)
    checkpoint = folder / "checkpoints" / "last.ckpt" if config.resume else None
    begun = -1 if checkpoint is None else step_of(checkpoint)
    trainer.fit(run.task, run.data, ckpt_path=checkpoint, weights_only=True)
    if trainer.global_step == begun:
        _end(run)
    checkpoints = run.callback(StepCheckpoints)
    stopped_by = None if checkpoints is None else checkpoints.stopped_by
    rate = rate_of(run)
    figures = run.runner.save_results(run, finished=stopped_by is None)
    if rank() == 0:
        for line in results_in_words(figures, run.components.stand_ins):
            log.info(line)
    if stopped_by is not None and rank() == 0:
        step = trainer.global_step
        log.warning("stopped by %s at step %d; %s", stopped_by.name, step, how_to_resume(folder))
        sys.exit(128 + stopped_by)
    keep_results(run, figures, rate)
    return to_minimise(config.objective, figures)


def _end(run: Run) -> None:
    """What follows the last step: Lightning leaves it out where a checkpoint is of that step.

    Such a run was stopped in its last step, or killed between that and its results.
    """
    for callback in run.callbacks.values():
        if not isinstance(callback, StepCheckpoints):  # the checkpoint is there
            callback.on_train_end(run.trainer, run.task)
    run.task.on_train_end()


def step_of(checkpoint: Path) -> int:
    """How far ``checkpoint`` is, after a look at all of it.

    Raises:
        StylenetError: it is damaged.
    """
    try:
        found = torch.load(checkpoint, map_location="cpu", weights_only=True)
        lacking = {"state_dict", "optimizer_states", "loops", "global_step"} - found.keys()
        if lacking:
            raise ValueError(f"it has no {min(lacking)}")
        return int(found["global_step"])
    except Exception as error:  # a damaged file can raise nearly anything
        raise damaged(checkpoint, error) from error


def quieten() -> None:
    """Leave out Lightning's talk about what we say ourselves or do on purpose."""
    if rank() > 0:  # the first process says it
        logging.getLogger().setLevel(logging.WARNING)
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in (
        # the run directory of a resumed run is not empty, on purpose
        "Checkpoint directory .* exists and is not empty",
        # a resumed run may be given other callbacks
        "Be aware that when using `ckpt_path`, callbacks used to create the checkpoint",
        # decoding off the training thread is the data module's to decide
        ".*does not have many workers which may be a bottleneck",
        # the sampler starts at the trainer's step: see stylenet.data.position
        "You're resuming from a checkpoint that ended before the epoch ended",
        # the frozen loss network is, on purpose
        "Found .* module\\(s\\) in eval mode at the start of training",
        # torch's own, out of Lightning's use of it
        ".*`isinstance\\(treespec, LeafSpec\\)` is deprecated",
    ):
        warnings.filterwarnings("ignore", message)
