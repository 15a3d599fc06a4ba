"""Snapshots of one picture while it is optimised: files, a filmstrip, the loggers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor
from typing_extensions import override

from stylenet.callbacks.pictures import show_picture
from stylenet.errors import StylenetError
from stylenet.images import PictureError, contact_sheet, read_image, write_image

log = logging.getLogger(__name__)
FRAMES = 12


class Snapshots(Callback):
    """Writes ``<folder>/snapshots/step_000050.png`` every ``every`` steps, and shows it to loggers.

    The first one is the start, the last one the end. ``<folder>/filmstrip.png`` shows them side by
    side at the end, twelve at most. It reads the task's ``result()``, (1,3,H,W) in [0,1].
    """

    def __init__(self, folder: str | Path, every: int = 50) -> None:
        if every < 1:
            raise StylenetError(
                f"Got callbacks.snapshots.every={every}, expected 1 or more.", "Use 50."
            )
        self.folder = Path(folder) / "snapshots"
        self.filmstrip = Path(folder) / "filmstrip.png"
        self.every = every

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the start; drop snapshots behind the checkpoint that a run resumes from."""
        if not trainer.is_global_zero:
            return
        for step, file in self._files().items():
            if step > trainer.global_step:
                file.unlink()
        if trainer.global_step == 0:
            self._keep(trainer, pl_module)

    @override
    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Keep the picture every so many steps."""
        if trainer.is_global_zero and trainer.global_step % self.every == 0:
            self._keep(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the end, and draw the filmstrip."""
        if not trainer.is_global_zero:
            return
        if trainer.global_step not in self._files():
            self._keep(trainer, pl_module)
        frames: dict[int, Tensor] = {}
        for step, file in thinned(self._files()).items():
            try:
                frames[step] = read_image(file)
            except PictureError as error:
                log.warning("left out of the filmstrip: %s", error)
        strip = contact_sheet([list(frames.values())], column_titles=[str(step) for step in frames])
        write_image(self.filmstrip, strip)

    def _keep(self, trainer: Trainer, pl_module: LightningModule) -> None:
        picture = pl_module.result()[0].float().cpu()  # type: ignore[operator]
        write_image(self.folder / f"step_{trainer.global_step:06d}.png", picture)
        show_picture(trainer, "train/picture", picture)

    def _files(self) -> dict[int, Path]:
        files = sorted(self.folder.glob("step_*.png"))
        return {int(f.stem[5:]): f for f in files if f.stem[5:].isdigit()}


def thinned(files: dict[int, Path], most: int = FRAMES) -> dict[int, Path]:
    """At most ``most`` of ``files``, evenly spread, the first and the last among them."""
    steps = list(files)
    if len(steps) <= most:
        return files
    return {s: files[s] for s in (steps[i * (len(steps) - 1) // (most - 1)] for i in range(most))}
