"""Continuing a run: its configuration as it was recorded, with the values given now."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from stylenet.config import as_list
from stylenet.errors import StylenetError
from stylenet.run.building import runner_of
from stylenet.settings.arguments import keys_of
from stylenet.settings.choices import choices_by_targets
from stylenet.settings.config_file import CONFIG_FILE, ConfigFileError, read_config
from stylenet.settings.inputs import runner_for
from stylenet.settings.objectives import LOSS
from stylenet.settings.old_names import renew_targets
from stylenet.settings.run_record import damaged, other_version, record_of
from stylenet.settings.values import check_values
from stylenet.styles import is_stand_in
from stylenet.sweeps.jobs import finished_steps

RESUMABLE = r"(trainer|callbacks|logger)\.[\w.]+|data\.(num_workers|cache)"
UNLIMITED = {"max_steps": -1, "max_epochs": -1, "max_time": None}


def resumed(folder: Path, overrides: Sequence[str]) -> DictConfig:
    """The configuration of the run in ``folder``, with the values given now.

    Raises:
        StylenetError: no run there, no checkpoint in it, a damaged file, or an override that is no
            plain value.
    """
    file = folder / CONFIG_FILE
    checkpoint = folder / "checkpoints" / "last.ckpt"
    for needed in (file, checkpoint):
        if not needed.is_file():
            raise StylenetError(
                f"Got resume={folder}, but {needed} does not exist.",
                "Name the run directory that train.py printed, with a checkpoint in it.",
            )
    try:
        config = read_config(file)
    except ConfigFileError as error:
        raise damaged(file, error) from error
    if not isinstance(config, DictConfig) or not {"run", "task", "trainer"} <= config.keys():
        raise damaged(file, "no configuration of a run")
    with _damage_in_words(file):
        lacking = UNLIMITED.keys() - config.trainer.keys()
        if lacking:
            raise damaged(file, f"it has no trainer.{min(lacking)}")
        renew_targets(config)
        _modernise(config, folder)
        record = record_of(folder)
        config.run.stand_ins.update(record.get("stand_ins", {}))
        config.run.statistics = record.get("statistics", [])
        OmegaConf.set_struct(config, True)
    for override in overrides:
        key = override.partition("=")[0]
        if key == "resume":
            continue
        # the net, its losses and its data stay what they were, or it would be another run
        if not re.fullmatch(RESUMABLE, key) or isinstance(
            OmegaConf.select(config, key), DictConfig
        ):
            raise StylenetError(
                f"Got {override} with resume, expected values of trainer, callbacks or logger, "
                "such as trainer.max_steps=800.",
                "Start a new run to change what it is made of.",
            )
        config.merge_with_dotlist([override])
        config.run.overrides.append(override)
    with _damage_in_words(file):
        check_values(config, settled=False)
        _lengthen(config, folder, keys_of(overrides))
        config.resume = str(folder)
        _move(config, config.run.dir, str(folder.absolute()))
    return config


@contextlib.contextmanager
def _damage_in_words(file: Path) -> Iterator[None]:
    """A configuration that can be parsed may still lack, or have twice, what is read of it."""
    try:
        yield
    except StylenetError:
        raise
    except Exception as error:
        raise damaged(file, error) from error


@contextlib.contextmanager
def damage_of(config: DictConfig) -> Iterator[None]:
    """Blame the file of a run that is resumed for keys that it lacks; a new run has its own words.

    Raises:
        StylenetError: its configuration is damaged.
    """
    try:
        yield
    except OmegaConfBaseException as error:
        if config.resume is None:
            raise
        raise damaged(Path(config.resume) / CONFIG_FILE, error) from error


def _modernise(config: DictConfig, folder: Path) -> None:
    """Give the configuration of a run that an older version made what this one reads.

    Raises:
        StylenetError: it names classes that are no longer there.
    """
    with open_dict(config):
        if "runner" not in config:
            config.runner = runner_for(str(config.task.get("_target_")))
        config.net_packages = config.get("net_packages", [])
        config.run.choices = config.run.get("choices") or choices_by_targets(config)
        if "comparison" not in config:
            config.comparison, config.objective = None, f"{LOSS}total"
        if "notes" in config.run:
            config.run.messages = config.run.pop("notes")
        config.run.statistics = []
        if "stand_ins" not in config.run:
            styles, said = as_list(config.get("style")), config.run.messages
            config.run.stand_ins = {s: m for s in styles for m in said if is_stand_in(m, s)}
    for target in _targets(config):
        try:
            get_object(target)
        except Exception as error:
            raise other_version(folder, f"has no {target}") from error


def _targets(config: object) -> Iterator[str]:
    """Every ``_target_`` below ``config``."""
    if isinstance(config, DictConfig):
        if config.get("_target_") is not None:
            yield str(config["_target_"])
        for key in config:
            yield from _targets(config[key])
    elif isinstance(config, ListConfig):
        for one in config:
            yield from _targets(one)


def _lengthen(config: DictConfig, folder: Path, given: set[str]) -> None:
    """A limit that is given now replaces the limits that the run had before.

    A run whose last step is done may still owe what comes after it: its last validation and its
    results. Resumed, it does no more than these.

    Raises:
        StylenetError: it owes nothing.
    """
    limits = {name for name in UNLIMITED if f"trainer.{name}" in given}
    for name in UNLIMITED.keys() - limits if limits else ():
        config.trainer[name] = UNLIMITED[name]
    done, finished = runner_of(config).progress(folder)
    if (
        finished
        and finished_steps(folder) == done
        and (not limits or 0 < config.trainer.max_steps <= done)
    ):
        raise StylenetError(
            f"The run in {folder} is finished: it has done {done} steps.",
            f"Give it more to do, e.g. trainer.max_steps={2 * done} or trainer.max_epochs=...",
        )


def _move(config: DictConfig | ListConfig, old: str, new: str) -> None:
    """Paths below ``old`` lie below ``new``: a run may be moved before it is resumed."""
    for key in range(len(config)) if isinstance(config, ListConfig) else list(config):
        value = config[key]
        if isinstance(value, (DictConfig, ListConfig)):
            _move(value, old, new)
        elif isinstance(value, str) and (value == old or value.startswith(f"{old}/")):
            config[key] = new + value.removeprefix(old)
