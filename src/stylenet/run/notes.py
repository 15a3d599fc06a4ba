"""What a run says of itself in one line, and its configuration, which keeps that."""

from __future__ import annotations

import logging
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from stylenet.files import write_text

log = logging.getLogger(__name__)
CONFIG_FILE = "config.yaml"


def note(config: DictConfig, words: str) -> None:
    """Say ``words`` in one line and keep them in the run's record."""
    log.info(words)
    if words not in config.run.notes:
        config.run.notes.append(words)


def save_config(config: DictConfig, file: Path) -> None:
    """Write ``config``, resolved; the file is whole at any time, for others that read it."""
    write_text(file, OmegaConf.to_yaml(config, resolve=True))
