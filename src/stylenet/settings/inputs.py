"""Which inputs each task takes: the keys that its file in ``conf/task`` declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

import stylenet
from stylenet.config import TrainConfig
from stylenet.errors import StylenetError

PACKAGE = Path(stylenet.__file__).parent
ROOT_KEYS = {field.name for field in fields(TrainConfig)}


def check_keys(config: DictConfig, task: str) -> None:
    """Refuse root keys that neither ``conf/train.yaml`` nor ``task`` declares.

    Hydra refuses them on the command line only: a task's file may add keys, hence any file may.

    Raises:
        StylenetError: there is one.
    """
    known = ROOT_KEYS | _declared(task)
    for key in map(str, config):
        if key not in known:
            raise StylenetError(f"There is no key {key}.", wanted(key, known))


def wanted(key: str, known: set[str]) -> str:
    """What to do about a root key that is not there: the tasks that take it, or the nearest."""
    takers = tasks_with(key)
    if takers:
        *others, last = (f"task={name}" for name in takers)
        names = f"{', '.join(others)} or {last}" if others else last
        return f"{key} is an input of {names}: choose that, or leave {key} out."
    near = get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    return f"{hint}There are: {', '.join(sorted(known))}."


def tasks_with(key: str) -> list[str]:
    """The tasks that declare ``key``: a root key, or one of their own such as ``task.clamp``."""
    return [name for name in files_of("task") if key in _declared(name)]


def runner_for(target: str) -> Mapping[str, Any] | None:
    """The ``runner`` of the task whose ``task._target_`` is ``target``: old runs name none."""
    for file in files_of("task").values():
        config = _load(file)
        if "runner" in config and config.get("task", {}).get("_target_") == target:
            runner: Mapping[str, Any] = config["runner"]
            return runner
    return None


def _declared(task: str) -> set[str]:
    file = files_of("task").get(task)
    if file is None:
        return set()
    config = _load(file)
    keys = set(config) - {"defaults"} | {f"task.{key}" for key in config.get("task", {})}
    for entry in config.get("defaults", []):
        if isinstance(entry, str):  # another task, or _self_
            keys |= _declared(entry.removeprefix("/task/").partition("@")[0])
        elif isinstance(entry, dict):
            keys |= {group[1:].rpartition("@")[2] for group in entry if group.startswith("/")}
    return keys - ROOT_KEYS - {"task._target_"}


def _load(file: Path) -> dict[str, Any]:
    config = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    assert isinstance(config, dict)
    return {str(key): value for key, value in config.items()}


def files_of(group: str) -> dict[str, Path]:
    """Choices of a group -> their files, in all folders of configuration that Hydra searches."""
    files = (file for folder in _folders() for file in sorted((folder / group).glob("*.yaml")))
    return {file.stem: file for file in files if not file.stem.startswith("_")}


def groups_with(choice: str) -> list[str]:
    """The groups that have ``choice``: of ``stylebank``, the group ``net``."""
    places = {path.name for folder in _folders() for path in folder.iterdir() if path.is_dir()}
    return sorted(group for group in places if choice in files_of(group))


def _folders() -> list[Path]:
    if HydraConfig.initialized():  # with what hydra.searchpath adds
        sources = HydraConfig.get().runtime.config_sources
        folders = [Path(source.path) for source in sources if source.schema == "file"]
    elif GlobalHydra.instance().is_initialized():
        known = GlobalHydra.instance().config_loader().get_sources()
        folders = [Path(source.path) for source in known if source.scheme() == "file"]
    else:
        folders = [PACKAGE / "conf", PACKAGE.parents[1] / "conf"]
    return [folder for folder in folders if folder.is_dir()]
