"""What a run was: its configuration in every checkpoint, metadata in the loggers and on disk."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from typing_extensions import override

from stylenet.commands import PLACES, group_of
from stylenet.files import write_text


class RunRecord(Callback):
    """Puts the resolved configuration into checkpoints and loggers and the wall time into a file.

    ``config`` and ``metadata`` (commit, versions, hardware, command line) are plain data. They go
    to each logger as hyper-parameters, as `flat_settings` arranges them; ``<folder>/run.json``
    holds the metadata, the ``messages`` so far, the steps done and the seconds spent, summed over
    resumes.
    """

    def __init__(
        self,
        folder: str | Path,
        config: Mapping[str, Any],
        metadata: Mapping[str, Any],
        messages: Sequence[str] = (),
    ) -> None:
        self.file = Path(folder) / "run.json"
        self.config = dict(config)
        self.metadata = dict(metadata)
        self.messages = messages
        self._before = 0.0
        self._started = 0.0

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock and tell the loggers."""
        self._started = time.monotonic()
        for logger in trainer.loggers:
            logger.log_hyperparams({**flat_settings(self.config), "metadata": self.metadata})

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the metadata, now that a resumed run knows its step."""
        self._write(trainer)

    @override
    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the configuration and the time spent so far."""
        checkpoint["config"] = self.config
        self._write(trainer)  # how far it came, should the process be killed

    def state_dict(self) -> dict[str, Any]:
        """Seconds spent until now."""
        return {"seconds": self.seconds()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the seconds spent before."""
        self._before = state_dict["seconds"]

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._write(trainer)

    @override
    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Write how far the run came; a disk that is full must not hide what went wrong."""
        if not isinstance(exception, OSError):
            self._write(trainer)

    def seconds(self) -> float:
        """Spent on the training until now, summed over resumes."""
        return self._before + (time.monotonic() - self._started if self._started else 0.0)

    def _write(self, trainer: Trainer) -> None:
        if not trainer.is_global_zero:
            return
        written = {
            **self.metadata,
            "messages": list(self.messages),
            "steps": trainer.global_step,
            "wall_seconds": round(self.seconds(), 1),
        }
        write_text(self.file, json.dumps(written, indent=2, default=str) + "\n")


def flat_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` as loggers group and filter runs by it.

    At the top are what was chosen of each group (``norm: instance``), plain values (``seed: 0``),
    and what the command line gave by its full key (``loss.style_weight: 3``).
    All groups as they were built stand under ``settings``.
    """
    run = config.get("run", {})
    plain = {k: v for k, v in config.items() if not isinstance(v, Mapping)}
    groups = {k: v for k, v in config.items() if isinstance(v, Mapping)}
    keys = (override.lstrip("+").partition("=")[0] for override in run.get("overrides", []))
    given = {key: _value(config, key) for key in keys if "." in key and group_of(key) not in PLACES}
    known = {k: v for k, v in given.items() if not isinstance(v, Mapping)}
    return {**plain, **run.get("choices", {}), **known, "settings": groups}


def _value(config: Any, key: str) -> Any:
    for part in key.split("."):
        if not isinstance(config, Mapping) or part not in config:
            return None
        config = config[part]
    return config
