"""What a run says of itself in one line, and its configuration, which keeps that."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from stylenet.files import write_text

log = logging.getLogger(__name__)
CONFIG_FILE = "config.yaml"
CLAIM = ".claim"  # held by the process that trains in a run directory


class Messages:
    """What a run says of itself, a line each, for its record; ``lines`` begins with ``before``."""

    def __init__(self, before: Iterable[str] = ()) -> None:
        self.lines = list(before)

    def say(self, words: str) -> None:
        """Say ``words``; keep them, once."""
        log.info(words)
        if words not in self.lines:
            self.lines.append(words)


def save_config(config: DictConfig, file: Path) -> None:
    """Write ``config``, resolved; the file is whole at any time, for others that read it."""
    write_text(file, OmegaConf.to_yaml(config, resolve=True))
