"""Continuing a run: its configuration as it was recorded, with the values given now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict

from stylenet.errors import StylenetError
from stylenet.run.building import runner_of
from stylenet.run.messages import CONFIG_FILE
from stylenet.run.old_names import renew_targets
from stylenet.run.settings.inputs import runner_for
from stylenet.runners.base import as_list
from stylenet.styles import is_stand_in

RECORD = "run.json"
RESUMABLE = r"(trainer|callbacks|logger)\.[\w.]+|data\.(num_workers|cache)"
UNLIMITED = {"max_steps": -1, "max_epochs": -1, "max_time": None}


def resumed(folder: Path, overrides: Sequence[str]) -> DictConfig:
    """The configuration of the run in ``folder``, with the values given now.

    Raises:
        StylenetError: no run there, no checkpoint in it, or an override that is no plain value.
    """
    file = folder / CONFIG_FILE
    checkpoint = folder / "checkpoints" / "last.ckpt"
    for needed in (file, checkpoint):
        if not needed.is_file():
            raise StylenetError(
                f"Got resume={folder}, but {needed} does not exist.",
                "Name the run directory that train.py printed, with a checkpoint in it.",
            )
    config = OmegaConf.load(file)
    assert isinstance(config, DictConfig)
    renew_targets(config)
    _modernise(config, folder)
    record = folder / RECORD
    if record.is_file():
        facts = json.loads(record.read_text())
        config.run.stand_ins.update(facts.get("stand_ins", {}))
        config.run.statistics = facts.get("statistics", [])
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
    _lengthen(config, folder, keys_of(overrides))
    config.resume = str(folder)
    _move(config, config.run.dir, str(folder.absolute()))
    return config


def _modernise(config: DictConfig, folder: Path) -> None:
    """Give the configuration of a run that an older version made what this one reads.

    Raises:
        StylenetError: it names classes that are no longer there.
    """
    with open_dict(config):
        if "runner" not in config:
            config.runner = runner_for(str(config.task.get("_target_")))
        config.net_packages = config.get("net_packages", [])
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
    """A limit that is given now replaces the limits that the run had before."""
    limits = {name for name in UNLIMITED if f"trainer.{name}" in given}
    for name in UNLIMITED.keys() - limits if limits else ():
        config.trainer[name] = UNLIMITED[name]
    done, finished = runner_of(config).progress(folder)
    steps = config.trainer.max_steps
    if (finished and not limits) or 0 < steps <= done:
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


def other_version(folder: Path, why: str) -> StylenetError:
    """What to say where the run in ``folder`` was made by code that this version ``why``."""
    record = folder / RECORD
    commit = json.loads(record.read_text()).get("commit") if record.is_file() else None
    return StylenetError(
        f"The run in {folder} was made by another version of stylenet: this one {why}.",
        f"Continue it with its own ({f'commit {commit}' if commit else 'older'}), or start a new "
        "run.",
    )


def messages_of(folder: Path, before: Sequence[str]) -> list[str]:
    """What the run in ``folder`` has said of itself: ``before``, if it was killed too early."""
    record = folder / RECORD
    kept = json.loads(record.read_text()).get("messages") if record.is_file() else None
    return list(before if kept is None else kept)


def keys_of(overrides: Iterable[str]) -> set[str]:
    """What the overrides of a command line name."""
    return {override.partition("=")[0] for override in overrides}
