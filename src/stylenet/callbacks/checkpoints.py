"""Checkpoints that survive: the last one, one every so often, one when asked to stop."""

from __future__ import annotations

import logging
import os
import signal
import stat
import threading
from contextlib import nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from typing_extensions import override

from stylenet.commands import command
from stylenet.files import part_of, replacing

log = logging.getLogger(__name__)
_SIGHUP = getattr(signal, "SIGHUP", None)  # not on Windows


class BestCheckpoint(ModelCheckpoint):
    """Lightning's checkpoint of the best validation; in a folder that was moved, it stays the best.

    Lightning itself forgets the best figure there, so that a worse net would replace the best one.
    """

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        old, new = str(state_dict["dirpath"]), str(self.dirpath)

        def moved(value: Any) -> Any:
            if isinstance(value, str) and value.startswith(old):
                return new + value.removeprefix(old)
            if isinstance(value, dict):
                return {moved(key): one for key, one in value.items()}
            return value

        super().load_state_dict({key: moved(value) for key, value in state_dict.items()})


class StepCheckpoints(Callback):
    """Writes ``last.ckpt`` every ``last_every`` steps, at the end, and when a signal asks to stop.

    Every ``keep_every`` steps (never, if None) a copy that is not overwritten,
    ``step_001000.ckpt``, is written too. Ctrl-C, SIGTERM and a closed terminal (SIGHUP, unless
    nohup has it ignored) let the running step finish, write ``last.ckpt`` and end the training as
    if it were done; a second signal ends it at once.
    Writing is atomic: a full disk or a killed process leaves the checkpoint before intact.

    Checkpoints are written after a whole step only, so that weights, optimiser and position in
    the data belong together. Of several processes, a signal to any one stops all of them after
    the same step.
    """

    def __init__(self, folder: str | Path, last_every: int, keep_every: int | None = None) -> None:
        self.folder = Path(folder)
        self.last_every = last_every
        self.keep_every = keep_every
        self.stopped_by: signal.Signals | None = None
        self._asked_by: signal.Signals | None = None
        self._saved_at = -1
        self._handlers: dict[signal.Signals, Any] = {}
        self._process = os.getpid()
        self._speaks = True

    @property
    def last(self) -> Path:
        """Path of the last checkpoint."""
        return self.folder / "last.ckpt"

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note who listens to the signals so far."""
        self._process = os.getpid()
        self._speaks = trainer.is_global_zero
        self._handlers = {number: signal.getsignal(number) for number in _ends()}

    @override
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen to the signals for as long as the training lasts."""
        # Only now: the trainer puts its own handler for SIGTERM between the two hooks. That one
        # would raise an error after the step, even where ours is called from it.
        if threading.current_thread() is not threading.main_thread():
            self._handlers = {}  # whoever runs us owns the signals
        for number in self._handlers:
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._process:
            # A worker that decodes pictures inherits this handler. Ctrl-C and the terminal's end
            # reach it too, and are not for it; SIGTERM may be the trainer's own way to end it:
            # quietly, as the trainer takes any other end for a crash.
            if number == signal.SIGTERM:
                os._exit(0)
            return
        self._asked_by = signal.Signals(number)
        if number == _SIGHUP:
            _leave_terminal()
        self._restore_handlers()
        if self._speaks:
            log.warning("%s: stopping after this step (again: at once)", self._asked_by.name)

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Save where a step count or a signal asks for it."""
        step = trainer.global_step
        self._agree(trainer)
        if self.stopped_by is not None:
            trainer.should_stop = True
        if self.stopped_by or step % self.last_every == 0 or step == trainer.max_steps:
            self._save(trainer)
        if self.keep_every and step % self.keep_every == 0:
            save_whole(trainer, self.folder / f"step_{step:06d}.ckpt")

    @override
    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the end of a training that ended by epochs or by time; give the signals back."""
        self._agree(trainer)
        if self._saved_at != trainer.global_step:
            self._save(trainer)
        self._restore_handlers()

    @override
    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Give the signals back; after a second signal say where to go on."""
        self._restore_handlers()
        if self._asked_by is not None and self._speaks and self.last.is_file():
            log.warning("ended at once; %s", how_to_resume(self.folder.parent))

    @override
    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._restore_handlers()

    def _agree(self, trainer: Trainer) -> None:
        """Take in what signal came to this process, or to any other one."""
        self.stopped_by = self._asked_by
        if trainer.world_size > 1:
            number = torch.tensor(int(self._asked_by or 0), device=trainer.strategy.root_device)
            torch.distributed.all_reduce(number, torch.distributed.ReduceOp.MAX)
            self.stopped_by = signal.Signals(int(number)) if number else None

    def _save(self, trainer: Trainer) -> None:
        save_whole(trainer, self.last)
        self._saved_at = trainer.global_step

    def _restore_handlers(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}


def _ends() -> list[signal.Signals]:
    """The signals that end a training early; not one that the run was started to survive."""
    ends = [signal.SIGINT, signal.SIGTERM]
    if _SIGHUP is not None and signal.getsignal(_SIGHUP) != signal.SIG_IGN:
        ends.append(_SIGHUP)
    return ends


def _leave_terminal() -> None:
    """Write to nowhere what would go to a terminal that is closed: writing there fails."""
    for stream in (0, 1, 2):
        with suppress(OSError):
            # a device that is no terminal: one that was closed
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                nowhere = os.open(os.devnull, os.O_RDWR)
                os.dup2(nowhere, stream)
                os.close(nowhere)


def how_to_resume(run: Path) -> str:
    """The words for continuing the run in the folder ``run``."""
    return f"continue with: {command('train', {'resume': run})}"


def save_whole(trainer: Trainer, file: Path) -> None:
    """Write a checkpoint beside ``file``, then put it in its place: all of it, or none.

    To be called by all processes of a run; the first one writes.
    """
    # Lightning writes into the system's temporary folder and moves the file from there. Where that
    # lies on another disk, moving is copying, which may stop half-way.
    with replacing(file) if trainer.is_global_zero else nullcontext(part_of(file)) as part:
        trainer.save_checkpoint(part)
