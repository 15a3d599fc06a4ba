"""Instantiates what the configuration names. All ``hydra.utils.instantiate`` calls live here."""

from __future__ import annotations

import re
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate as hydra_instantiate
from omegaconf import DictConfig, OmegaConf

from stylenet.errors import StylenetError, causes
from stylenet.processes import rank
from stylenet.run.processes import typed_command
from stylenet.runners.base import Run, Runner
from stylenet.runners.messages import Messages
from stylenet.settings.values import check_target, check_values


def instantiate(config: Any, **extra: Any) -> Any:
    """Build what ``config`` names from plain lists and dicts: Hydra's would enter checkpoints.

    Raises:
        StylenetError: a value of the wrong kind, or values without a ``_target_``.
    """
    check_target(config)
    check_values(config)
    try:
        return hydra_instantiate(config, _convert_="all", **extra)
    except InstantiationException as error:
        key = re.search(r"full_key: (\S+)", str(error))
        for cause in causes(error):
            if isinstance(cause, StylenetError) and key is not None:
                cause.locate(key[1])
                break
        raise


def plain(config: DictConfig) -> dict[str, Any]:
    """``config`` resolved, as dicts and lists."""
    values = OmegaConf.to_container(config, resolve=True, enum_to_str=True)
    assert isinstance(values, dict)
    return {str(key): value for key, value in values.items()}


def runner_of(config: DictConfig) -> Runner:
    """The runner that ``conf/task`` names.

    Raises:
        StylenetError: it names none, or something else.
    """
    runner = instantiate(config.runner) if config.get("runner") else None
    if not isinstance(runner, Runner):
        raise StylenetError(
            f"Got runner={config.get('runner')}, expected the _target_ of a stylenet.runners.Runner"
            ".",
            "Choose a task (task=feedforward, task=gatys, ...), or name a runner in a file of "
            "conf/task.",
        )
    return runner


def build(config: DictConfig, messages: Messages | None = None) -> Run:
    """Everything a run needs, from a prepared configuration.

    What is said is kept in ``messages``.
    """
    # evaluate.py does without Lightning
    from stylenet.callbacks import ComparableMetrics, RunRecord, StepsDone, run_metadata

    runner = runner_of(config)
    messages = Messages(config.run.messages) if messages is None else messages
    components = runner.build(config, instantiate, messages.say)
    callbacks = {k: instantiate(c) for k, c in (config.callbacks or {}).items() if c is not None}
    if config.comparison and runner.compares(config):
        callbacks["comparison"] = ComparableMetrics(instantiate(config.comparison))
    values, metadata = plain(config), run_metadata(typed_command())
    known = {
        **metadata,
        "stand_ins": components.stand_ins,
        "statistics": [s.name for s in components.styles if s.statistics is not None],
    }
    record = RunRecord(config.run.dir, values, known, messages.lines)
    trainer = instantiate(
        config.trainer,
        val_check_interval=_within(config, "val_check_interval"),
        log_every_n_steps=_within(config, "log_every_n_steps"),
        logger=[instantiate(c) for c in (config.logger or {}).values()] if rank() == 0 else [],
        callbacks=[StepsDone(), *callbacks.values(), record],
        default_root_dir=config.run.dir,
        # our own bar is among the callbacks, or none is wanted; checkpoints likewise
        enable_progress_bar="progress" in callbacks,
        enable_checkpointing="best" in callbacks,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        check_val_every_n_epoch=None,
        use_distributed_sampler=False,
    )
    return Run(
        runner, config, values, components, trainer, callbacks, metadata, messages=messages.lines
    )


def _within(config: DictConfig, interval: str) -> int:
    """A number of steps between two events, so that a short run has one at its end.

    The configuration keeps what was asked for: the run may be resumed to be longer.
    """
    steps = config.trainer.max_steps
    asked = config.trainer[interval]
    return int(min(asked, steps) if steps > 0 else asked)
