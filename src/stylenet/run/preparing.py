"""From the configuration as composed to the one that a run uses: every null and ``auto`` settled.

Each settled value is written into the configuration, so that the run's record holds it; each
choice that a user may not expect is said in one line, kept in ``run.notes``.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf, open_dict

from stylenet.errors import StylenetError
from stylenet.loggers import choose_mode
from stylenet.run.kinds import kind_of
from stylenet.run.notes import CONFIG_FILE, note
from stylenet.run.old_names import renew_targets
from stylenet.run.processes import RUN_DIR, rank
from stylenet.run.regions.regional import wants_regions
from stylenet.run.settings.explain import check_choices
from stylenet.run.settings.names import run_dir, run_name
from stylenet.run.settings.sweeps import choose_gpu
from stylenet.run.settings.tuned import settle_tuned
from stylenet.run.speed import settle_compile, settle_precision

log = logging.getLogger(__name__)
RESUMABLE = r"(trainer|callbacks|logger)\.[\w.]+|data\.(num_workers|cache)"
PATHS: tuple[str, ...] = ("style", "data.root", "data.val_root", "data.cache")
PATHS += ("data.chunk_folder", "loss_network.weights.path", "paths.styles")
PATHS += ("teacher.weights.path", "student.weights.path", "data.roots")
PATHS += ("content", "paths.contents", "start.picture.path", "bank")
PATHS += ("sketch", "library", "reference", "sketch_mask", "reference_mask")
PATHS += ("regions.content", "regions.style", "regions.annotations", "regions.style_annotations")
NAMED = ("style", "content")  # a name, unless there is a file of that path
UNLIMITED = {"max_steps": -1, "max_epochs": -1, "max_time": None}


def prepare(config: DictConfig) -> DictConfig:
    """Settle ``config``: resumed or new run, name, weights, precision, length, logger mode.

    Raises:
        StylenetError: settings that contradict each other, or a run that cannot be resumed.
    """
    overrides = _overrides()
    if config.resume is not None:
        config = resumed(Path(config.resume), overrides)
    else:
        if HydraConfig.initialized():
            check_choices(overrides)
        config.run.overrides = list(overrides)
        config.run.notes = []
        _name(config, overrides)
        _settle_length(config, overrides)
        _settle_paths(config)
    _settle_seed(config)
    _check_regions(config)
    _check_sketch(config)
    kind_of(config).settle(config)
    settle_tuned(config, _keys(config.run.overrides))
    _settle_gpu(config)
    settle_precision(config)
    settle_compile(config)
    _settle_wandb(config)
    OmegaConf.resolve(config)
    return config


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
    _lengthen(config, folder, _keys(overrides))
    config.resume = str(folder)
    _move(config, config.run.dir, str(folder.absolute()))
    return config


def _lengthen(config: DictConfig, folder: Path, given: set[str]) -> None:
    """A limit that is given now replaces the limits that the run had before."""
    limits = {name for name in UNLIMITED if f"trainer.{name}" in given}
    for name in UNLIMITED.keys() - limits if limits else ():
        config.trainer[name] = UNLIMITED[name]
    done, finished = kind_of(config).progress(folder)
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


def _overrides() -> list[str]:
    if not HydraConfig.initialized():
        return []
    return list(HydraConfig.get().overrides.task)


def _name(config: DictConfig, overrides: Iterable[str]) -> None:
    name = config.run.name
    if HydraConfig.initialized():
        hydra = HydraConfig.get()
        name = name or hydra.job.name  # conf/train.yaml makes it of the overrides
        first = os.environ.get(RUN_DIR)  # the folder of the process that started this one
        config.run.dir = first or config.run.dir or hydra.runtime.output_dir
        if hydra.mode == RunMode.MULTIRUN:
            config.run.group = config.run.group or Path(hydra.sweep.dir).name
    name = name or run_name(overrides)
    if config.run.dir is None:
        config.run.dir = run_dir(
            None, config.paths.runs, f"{datetime.now():%Y-%m-%d_%H-%M-%S}", name
        )
    config.run.name = name
    config.run.dir = str(Path(config.run.dir).expanduser().absolute())


def _settle_length(config: DictConfig, overrides: Iterable[str]) -> None:
    """``trainer.max_epochs`` on the command line replaces the default number of steps."""
    given = _keys(overrides)
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


def _keys(overrides: Iterable[str]) -> set[str]:
    return {override.partition("=")[0] for override in overrides}


def _settle_paths(config: DictConfig) -> None:
    """Absolute paths, so that a run can be resumed from another working directory."""
    for key in PATHS:
        value = OmegaConf.select(config, key)
        if isinstance(value, ListConfig):
            OmegaConf.update(config, key, [_settled_path(key, str(one)) for one in value])
        elif value is not None:
            OmegaConf.update(config, key, _settled_path(key, str(value)))


def _settled_path(key: str, value: str) -> str:
    path = Path(value).expanduser()
    if "://" in value:  # data.root may be an address
        return value
    return value if key in NAMED and not path.is_file() else str(path.absolute())


def _settle_seed(config: DictConfig) -> None:
    if config.seed < 0:
        raise StylenetError(f"Got seed={config.seed}, expected 0 or more.", "Use seed=0.")


def _check_regions(config: DictConfig) -> None:
    if wants_regions(config) and config.content_size is None:
        raise StylenetError(
            f"Got regions={config.regions.get('_target_')} for {config.task.get('_target_')}, but "
            "they are those of one picture that is optimised.",
            "Use task=gatys or task=texture; or train a net for regions: task=regions maps=random.",
        )
    trains_regions = config.task.get("_target_") == "stylenet.tasks.RegionStyles"
    maps = config.get("maps")
    if maps is not None and not trains_regions:
        raise StylenetError(
            f"Got maps={maps.get('_target_')} for {config.task.get('_target_')}, which reads none.",
            "Use task=regions, or leave maps out.",
        )
    of_data = config.data is not None and config.data.get("regions")
    if of_data and (maps or {}).get("_target_") != "stylenet.tasks.DataMaps":
        raise StylenetError(
            f"Got data.regions={list(config.data.regions)}, but nothing reads these maps.",
            "Use task=regions maps=data, or leave data.regions out.",
        )


def _check_sketch(config: DictConfig) -> None:
    keys = ("sketch", "library", "reference", "sketch_mask", "reference_mask")
    given = [key for key in keys if config.get(key) is not None]
    if given and config.get("colouring") is None:
        raise StylenetError(
            f"Got {', '.join(f'{key}={config[key]}' for key in given)} for "
            f"{config.task.get('_target_')}, which colours no drawing.",
            "Use task=sketch, or leave this out.",
        )


def _settle_gpu(config: DictConfig) -> None:
    gpu = choose_gpu(config)
    if gpu is not None and config.resume is None:
        config.trainer.devices = [gpu]
        note(config, f"GPU {gpu}: the jobs of a sweep take the GPUs in turn")


def _settle_wandb(config: DictConfig) -> None:
    if rank() > 0 or config.logger is None or "wandb" not in config.logger:
        return
    with open_dict(config):
        settings = config.logger.wandb
        settings.mode, reason = choose_mode(settings.mode)
        settings.id = settings.id or secrets.token_hex(4)
    said = f"W&B {settings.mode}: "
    if config.resume is not None and any(n.startswith(said) for n in config.run.notes):
        return  # settled when the run was new, and why is kept
    words = f"{said}{reason}"
    if settings.mode == "offline":
        words += f"; later: wandb sync '{config.run.dir}'/wandb/offline-run-*"
    note(config, words)
