"""What a user may not expect, said and kept."""

from __future__ import annotations

import logging

from omegaconf import DictConfig

log = logging.getLogger(__name__)


def note(config: DictConfig, words: str) -> None:
    """Say ``words`` in one line and keep them in the run's record."""
    log.info(words)
    if words not in config.run.notes:
        config.run.notes.append(words)
