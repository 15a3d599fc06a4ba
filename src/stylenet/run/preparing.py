"""From the configuration as composed to the one that a run uses: every null and ``auto`` settled.

Each settled value is written into the configuration, so that the run's record holds it; each
choice that a user may not expect is said in one line, kept in ``run.messages``.
"""

from __future__ import annotations

import copy
import secrets
import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict

from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.loggers import choose_mode
from stylenet.metrics import figure_names
from stylenet.processes import first_run_dir, rank
from stylenet.run.budget import Timer, settle_budget
from stylenet.run.building import runner_of
from stylenet.run.resuming import damage_of, resumed
from stylenet.runners.base import Runner, Say
from stylenet.runners.messages import Messages
from stylenet.runners.speed import settle_compile, settle_precision
from stylenet.settings.arguments import keys_of
from stylenet.settings.choices import choices_of, labels
from stylenet.settings.explain import check_choices
from stylenet.settings.inputs import check_keys
from stylenet.settings.names import run_dir, run_name
from stylenet.settings.objectives import choose_objective
from stylenet.settings.values import check_built, check_kinds, check_values
from stylenet.sweeps.launchers import choose_gpu
from stylenet.sweeps.recording import is_swept

# key -> the least
_STEPS = {
    "trainer.max_steps": -1,
    "trainer.val_check_interval": 1,
    "trainer.log_every_n_steps": 1,
    "callbacks.checkpoints.last_every": 1,
    "callbacks.checkpoints.keep_every": 0,
    "callbacks.progress.every_n_steps": 1,
    "scheduler.step_size": 1,
}


def prepare(
    config: DictConfig, overrides: Sequence[str] | None = None, timer: Timer | None = None
) -> DictConfig:
    """``config`` settled: resumed or new run, name, weights, precision, length, logger mode.

    What is given back cannot be changed; what was given is left as it is.

    Args:
        config: as Hydra composes it.
        overrides: what was given on the command line; None: what Hydra knows of that.
        timer: tells how long a step takes, for ``trainer.budget_minutes``; None: the length is
            ``trainer.max_steps``.

    Raises:
        StylenetError: settings that contradict each other, or a run that cannot be resumed.
    """
    if overrides is None:
        known = HydraConfig.initialized()
        overrides = list(HydraConfig.get().overrides.task) if known else []
    if config.resume is not None:
        folder = expanded(config.resume)
        # runs/latest may lead elsewhere before this run has ended
        config = resumed(folder.resolve() if folder.is_symlink() else folder, overrides)
        runner = runner_of(config)
        check_built(config, runner.built)
    else:
        config = copy.deepcopy(config)
        if config.get("tune") is not None:
            raise StylenetError(
                "Got tune=..., which makes many runs of one.", "Use stylenet tune instead."
            )
        if HydraConfig.initialized():
            check_choices(overrides)
            check_keys(config, str(HydraConfig.get().runtime.choices.get("task")))
        check_values(config, settled=False)  # before anything computes with them
        runner = runner_of(config)
        check_kinds(config, runner.kinds)
        check_built(config, runner.built)
        config.run.overrides = list(overrides)
        config.run.messages = []
        config.run.choices = choices_of(config)
        _name(config, overrides)
        _settle_length(config, overrides)
        _settle_paths(config, runner)
    with damage_of(config):
        _settle(config, runner, timer)
    return config


def _settle(config: DictConfig, runner: Runner, timer: Timer | None) -> None:
    if config.seed < 0:
        raise StylenetError(f"Got seed={config.seed}, expected 0 or more.", "Use seed=0.")
    _check_steps(config)
    messages = Messages(config.run.messages)
    _settle_init(config, messages.say)
    with open_dict(config):
        runner.validate(config, messages.say)
        _settle_objective(config, runner)
    _settle_gpu(config, messages.say)
    settle_precision(config, messages.say)
    settle_compile(config, messages.say)
    if config.resume is None:
        timed = timer if runner.has_budget else None
        styles = runner.styles_learnt(config)
        settle_budget(config, config.run.overrides, timed, messages.say, styles)
    _settle_wandb(config, messages.say)
    config.run.messages = messages.lines
    OmegaConf.resolve(config)
    OmegaConf.set_readonly(config, True)


def _check_steps(config: DictConfig) -> None:
    """Refuse lengths and intervals of no steps, and those that Lightning alone could take."""
    for key, least in _STEPS.items():
        group, _, name = key.partition(".")
        needed = group == "trainer"  # one that a damaged run lacks is said by what reads it
        steps = config.trainer[name] if needed else OmegaConf.select(config, key)
        if steps is None and not needed:  # left out, with what it belongs to
            continue
        if not isinstance(steps, (int, float)) or steps != steps // 1 or steps < least:
            raise StylenetError(
                f"Got {key}={steps}, expected a whole number of {least} or more.",
                f"Use such a number, or leave {key} out for its default.",
            )


def _name(config: DictConfig, overrides: Iterable[str]) -> None:
    name = config.run.name
    if HydraConfig.initialized():
        hydra = HydraConfig.get()
        name = name or hydra.job.name  # conf/train.yaml makes it of the overrides
        config.run.dir = first_run_dir() or config.run.dir or hydra.runtime.output_dir
        if is_swept():
            config.run.group = config.run.group or Path(hydra.sweep.dir).name
    now = f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    name = name or run_name(overrides, start=now)
    if config.run.dir is None:
        config.run.dir = run_dir(None, config.paths.runs, now, name)
    config.run.name = name
    config.run.dir = str(expanded(config.run.dir).absolute())


def _settle_length(config: DictConfig, overrides: Iterable[str]) -> None:
    """``trainer.max_epochs`` on the command line replaces the default number of steps."""
    given = keys_of(overrides)
    trainer = config.trainer
    epochs_given = trainer.max_epochs is not None and trainer.max_epochs >= 0
    if epochs_given and "trainer.max_steps" not in given:
        trainer.max_steps = -1
    if trainer.max_epochs is None:
        trainer.max_epochs = -1
    if trainer.max_steps == 0 or trainer.max_epochs == 0:
        raise StylenetError(
            "Got a run of no steps.", "Set trainer.max_steps or trainer.max_epochs to 1 or more."
        )


def _settle_init(config: DictConfig, say: Say) -> None:
    """Where runs are compared they begin plainly: a warm start would mislead there."""
    where = ["recipe"] if config.publication is not None else []
    sweeps = False
    if HydraConfig.initialized():
        choices = HydraConfig.get().runtime.choices
        where = [group for group in ("recipe", "experiment") if choices.get(group)]
        sweeps = is_swept()
    begun = config.get("bank") is not None
    if (sweeps or where) and config.get("init") == "auto" and not begun:
        say(f"begins with random weights, as in every {(['sweep'] * sweeps + where)[0]}")
        config.init = None
    if where and config.task.get("content_start", 1.0) is None:
        config.task.content_start = 1.0  # as published, or as measured


def _settle_paths(config: DictConfig, runner: Runner) -> None:
    """Absolute paths, so that a run can be resumed from another working directory."""
    for key in (*runner.paths, *runner.named, *runner.models):
        value = OmegaConf.select(config, key)

        def settled(value: str, key: str = key) -> str:
            if "://" in value:  # data.root may be an address
                return value
            path = expanded(value)
            # a name is not taken for a folder that happens to be called so
            there = path.is_file() or (key in runner.models and (path / "model.json").is_file())
            return str(path.absolute()) if key in runner.paths or there else value

        if isinstance(value, ListConfig):
            OmegaConf.update(config, key, [settled(str(one)) for one in value])
        elif value is not None:
            OmegaConf.update(config, key, settled(str(value)))


def _settle_objective(config: DictConfig, runner: Runner) -> None:
    compared, measured = runner.compares(config), set[str]()
    judged = bool(config.comparison) and config.comparison.get("judge") is not None
    if judged and "content" not in compared:
        raise StylenetError(
            "Got comparison=judged, but a judge compares with a photograph, and this run has none.",
            "Use comparison=fixed.",
        )
    if compared and config.comparison:
        measured = figure_names(compared, judged=judged)
    losses = [] if config.loss is None else map(str, config.loss.terms)
    config.objective = choose_objective(config.objective, measured, losses)


def _settle_gpu(config: DictConfig, say: Say) -> None:
    gpu = choose_gpu(config)
    if gpu is not None and config.resume is None:
        config.trainer.devices = [gpu]
        say(f"GPU {gpu}: the jobs of a sweep take the GPUs in turn")


def _settle_wandb(config: DictConfig, say: Say) -> None:
    if rank() > 0 or config.logger is None or "wandb" not in config.logger:
        return
    with open_dict(config):
        settings = config.logger.wandb
        settings.mode, reason = choose_mode(settings.mode)
        settings.id = settings.id or secrets.token_hex(4)
        if config.resume is None:
            settings.tags = [*dict.fromkeys((*labels(config), *(settings.tags or [])))]
            settings.job_type = settings.job_type or config.run.choices.get("task")
    if config.resume is not None:
        return  # said when the run was new, and kept
    words = f"W&B {settings.mode}: {reason}"
    if settings.mode == "offline":
        words += f"; later: wandb sync {shlex.quote(config.run.dir)}/wandb/offline-run-*"
    say(words)
