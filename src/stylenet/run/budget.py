"""How many steps of training fit into ``trainer.budget_minutes``: some are timed."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import torch
from omegaconf import DictConfig, open_dict

from stylenet.errors import StylenetError
from stylenet.processes import first_decides, first_run_dir, started_by_srun
from stylenet.run.building import instantiate, runner_of
from stylenet.runners.base import Say
from stylenet.runners.compiling import on_gpu
from stylenet.runners.speed import cpu_has_bf16, tune_allocator
from stylenet.settings.arguments import keys_of
from stylenet.settings.config_file import CONFIG_FILE, read_config
from stylenet.sweeps.recording import is_swept

MAX_STEPS = 300  # conf/trainer/auto.yaml's: another number is a length that somebody asked for
MINUTES, MINUTES_WITHOUT_BF16 = 2.0, 4.0
WARM_UP, TIMED = 1, 3  # three steps of net=stylebank are one of each kind
LENGTHS = {f"trainer.{name}" for name in ("max_steps", "max_epochs", "max_time")}
Timer: TypeAlias = Callable[[DictConfig], float]
"""Seconds that a training step takes, of a configuration that is settled but for its length."""


def settle_budget(
    config: DictConfig, overrides: Iterable[str], timer: Timer | None, say: Say, styles: int = 1
) -> None:
    """Replace ``trainer.budget_minutes`` by the ``trainer.max_steps`` that fit into it; say so.

    A length that anybody asked for stays, and so does that of experiments and recipes. In sweeps,
    which compare, nothing is timed.

    Args:
        config: where ``trainer.budget_minutes`` is taken out.
        overrides: of the command line.
        timer: None: nothing is timed, as where ``trainer.budget_minutes`` is null.
        say: gets one line about what was settled.
        styles: how many styles the net learns: minutes and steps are for each.

    Raises:
        StylenetError: a budget that is no number above 0.
    """
    minutes = _minutes(config)
    if _has_length(config, keys_of(overrides)):
        return
    most = MAX_STEPS * styles
    config.trainer.max_steps = most
    if timer is None or minutes is None or is_swept():
        if styles > 1:
            say(f"trainer.max_steps {most}: {MAX_STEPS} for each of {styles} styles")
        return
    minutes *= styles
    if started_by_srun():
        say(
            f"{config.trainer.max_steps} steps: with several processes of srun none is timed",
        )
        return
    folder = first_run_dir()
    if folder is not None:  # of processes that the first one started when it had settled this
        first = read_config(Path(folder) / CONFIG_FILE)
        config.trainer.max_steps = first.trainer.max_steps
        return
    seconds = float(first_decides("seconds_a_step", lambda: repr(timer(config))))
    steps = max(1, min(most, int(60 * minutes / seconds)))
    config.trainer.max_steps = steps
    each = f" for each of {styles} styles" if styles > 1 else ""
    say(
        f"trainer.max_steps {steps}: a step takes {seconds:.2g} s (trainer.budget_minutes="
        f"{minutes / styles:g}{each}, at most {most} steps; a length that is given wins)",
    )


def _minutes(config: DictConfig) -> float | None:
    """What ``trainer.budget_minutes`` wishes; it is no setting of Lightning's, and goes."""
    with open_dict(config):
        wish = config.trainer.pop("budget_minutes", None)
    if wish is None:
        return None
    if wish == "auto":
        has_bf16 = torch.cuda.is_bf16_supported() if on_gpu(config) else cpu_has_bf16()
        return MINUTES if has_bf16 else MINUTES_WITHOUT_BF16
    if isinstance(wish, bool) or not isinstance(wish, (int, float)) or wish <= 0:
        raise StylenetError(
            f"Got trainer.budget_minutes={wish}, expected a number above 0, auto or null.",
            "Use trainer.budget_minutes=2, or null for trainer.max_steps.",
        )
    return float(wish)


def _has_length(config: DictConfig, given: set[str]) -> bool:
    published = config.publication is not None or "experiment" in given or "recipe" in given
    asked = given & LENGTHS or config.trainer.max_steps != MAX_STEPS or config.trainer.max_time
    return bool(published or asked)


def time_steps(config: DictConfig) -> float:
    """Seconds that a training step of ``config`` takes, by a few of a copy that is thrown away.

    What they change is their own: net, data and the state of all random generators. So are their
    words, which the run will say.
    """
    # Lightning takes seconds to import, and most of what asks for a budget needs no time
    from lightning_fabric.plugins.environments.lightning import LightningEnvironment
    from pytorch_lightning import Callback, Trainer
    from pytorch_lightning.utilities.seed import isolate_rng

    class Clock(Callback):
        def __init__(self) -> None:
            self.ends: list[float] = []

        def on_train_batch_end(self, *_: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.ends.append(time.perf_counter())

    if not on_gpu(config):
        tune_allocator()  # as the run will be
    trial = copy.deepcopy(config)
    trial.compile = False  # short runs are not compiled, and compiling takes longer than they do
    clock = Clock()
    with isolate_rng():
        components = runner_of(trial).build(trial, instantiate, _say_nothing)
        # what stood in for a style does so in the run, without another search
        with open_dict(config):
            for style in components.styles:
                if style.stand_in is not None:
                    config.run.stand_ins[style.name] = style.stand_in
        trainer: Trainer = instantiate(
            trial.trainer,
            max_steps=WARM_UP + TIMED,
            max_epochs=-1,
            strategy="auto",
            devices=trial.trainer.devices if isinstance(trial.trainer.devices, list) else 1,
            num_nodes=1,
            sync_batchnorm=False,
            limit_val_batches=0,
            val_check_interval=None,
            logger=False,
            callbacks=[clock],
            plugins=[LightningEnvironment()],  # whatever started this process: it trains alone
            enable_progress_bar=False,
            enable_checkpointing=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
        trainer.fit(components.task, components.data)
    return (clock.ends[-1] - clock.ends[-1 - TIMED]) / TIMED


def _say_nothing(words: str) -> None:
    logging.getLogger(__name__).debug(words)
