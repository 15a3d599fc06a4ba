"""A run's configuration as a file of its directory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from stylenet.files import write_text

CONFIG_FILE = "config.yaml"
DEEPEST = 100  # levels of a configuration
CLAIM = ".claim"  # held by the process that trains in a run directory


class ConfigFileError(ValueError):
    """A run's configuration that cannot be read."""


def read_config(file: Path) -> Any:
    """The configuration that `save_config` has written.

    Raises:
        ConfigFileError: it is missing or damaged.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            _check_size(yaml.parse(stream))
        return OmegaConf.load(file)
    except (OSError, ValueError, RecursionError, YAMLError, OmegaConfBaseException) as error:
        raise ConfigFileError(str(error)) from error


def _check_size(events: Iterable[yaml.Event]) -> None:
    """Refuse what a few bytes can make larger than any memory: `save_config` writes none of it."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
            raise ValueError(f"it has aliases, or more than {DEEPEST} levels")


def save_config(config: DictConfig, file: Path) -> None:
    """Write ``config``, resolved; the file is whole at any time, for others that read it."""
    write_text(file, OmegaConf.to_yaml(config, resolve=True))
