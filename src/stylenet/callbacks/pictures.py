"""Picture grids: content, stylised and style side by side, at every validation and at the end."""

from __future__ import annotations

import colorsys
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Callback, LightningModule, Trainer
from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger
from torch import Tensor
from typing_extensions import override

from stylenet.images import contact_sheet, write_image

log = logging.getLogger(__name__)
GOLDEN = 0.618  # of the circle of hues, between one colour and the next
IN_A_ROW = 4
FRAME = 0.06  # width of a frame, over the longer side of its picture


class PictureGrids(Callback):
    """Writes ``<folder>/step_000100.png`` after each validation and shows it to the loggers.

    A grid has one row a validation picture (``rows`` at most) and the columns content, stylised,
    style. It reads the pictures that the task's ``validation_step`` hands out and the task's
    ``style``. The grid made last is ``self.last``.
    """

    def __init__(self, folder: str | Path, rows: int = 4) -> None:
        self.folder = Path(folder)
        self.rows = rows
        self.last: Path | None = None
        self.last_step = -1
        self._shown: list[list[Tensor]] = []

    @override
    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._shown = []

    @override
    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the first ``rows`` pictures."""
        missing = self.rows - len(self._shown)
        if missing > 0 and isinstance(outputs, Mapping):
            columns = [batch[:missing].detach().float().cpu() for batch in self._columns(outputs)]
            self._shown += [list(row) for row in zip(*columns, strict=True)]

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw the grid, write it and hand it to the loggers."""
        if trainer.sanity_checking or not self._shown:
            return
        self.last_step = trainer.global_step  # known to all processes
        if not trainer.is_global_zero:
            return
        grid = self._sheet(self._shown, pl_module)
        self.last = self.folder / f"step_{trainer.global_step:06d}.png"
        write_image(self.last, grid)
        show_picture(trainer, "val/pictures", grid)

    def table(self, task: LightningModule) -> tuple[list[str], list[list[Tensor]]]:
        """Titles of columns, and the images (3,H,W) shown last, a row a photograph."""
        return self._titles(task) if self._shown else [], self._shown

    def _titles(self, task: LightningModule) -> list[str]:
        del task  # of which others name the styles
        return ["content", "stylised"]

    def _columns(self, outputs: Mapping[str, Any]) -> list[Tensor]:
        """Batches (N,3,H,W) of what a task handed out, a column each."""
        return [outputs["content"], outputs["stylised"]]

    def _sheet(self, rows: list[list[Tensor]], task: LightningModule) -> Tensor:
        """The grid (3,H,W) of ``rows``, a row a picture, with what else there is to show."""
        style = task.style[0].detach().float().cpu()  # type: ignore[index]
        titles = [*self._titles(task), "style"]
        return contact_sheet([[*row, style] for row in rows], column_titles=titles)


class StyleGrids(PictureGrids):
    """`PictureGrids` of a task of several styles: a row a picture, a column a style.

    Above the columns stand the style pictures. The task's ``validation_step`` hands out
    ``stylised`` by style and, where it makes one, a ``reconstruction``, which gets a column too.
    """

    def _columns(self, outputs: Mapping[str, Any]) -> list[Tensor]:
        own = [outputs["reconstruction"]] if "reconstruction" in outputs else []
        return [outputs["content"], *own, *outputs["stylised"].values()]

    def _titles(self, task: LightningModule) -> list[str]:
        styles: Mapping[str, Tensor] = task.styles  # type: ignore[assignment]
        return [*["content", "reconstruction"][: len(self._shown[0]) - len(styles)], *styles]

    def _sheet(self, rows: list[list[Tensor]], task: LightningModule) -> Tensor:
        styles: Mapping[str, Tensor] = task.styles  # type: ignore[assignment]
        before = [None] * (len(rows[0]) - len(styles))
        first = [*before, *(style[0].float().cpu() for style in styles.values())]
        return contact_sheet([first, *rows], column_titles=self._titles(task))


class SampleGrids(PictureGrids):
    """`PictureGrids` of a generator: the style image, then what it paints, in rows of `IN_A_ROW`.

    The task's ``validation_step`` hands out ``stylised`` alone; ``rows`` is how many are shown.
    """

    def _titles(self, task: LightningModule) -> list[str]:
        del task
        return ["sample"]

    def _columns(self, outputs: Mapping[str, Any]) -> list[Tensor]:
        return [outputs["stylised"]]

    def _sheet(self, rows: list[list[Tensor]], task: LightningModule) -> Tensor:
        style = task.style[0].detach().float().cpu()  # type: ignore[index]
        samples = [sample for (sample,) in rows]
        first = [style, *samples[: IN_A_ROW - 1]]
        return contact_sheet([first, *_in_rows(samples[IN_A_ROW - 1 :], IN_A_ROW)])


class RegionGrids(PictureGrids):
    """`PictureGrids` of a task of a style for each region: content, where, stylised.

    Above stand the style pictures, each framed in the colour that its regions have. The task's
    ``validation_step`` hands out ``regions`` (N,S,H,W) and, where it makes one, a
    ``reconstruction``, which gets a column too.
    """

    def _titles(self, task: LightningModule) -> list[str]:
        del task
        own = ["reconstruction"] if len(self._shown[0]) > 3 else []
        return ["content", *own, "regions", "stylised"]

    def _columns(self, outputs: Mapping[str, Any]) -> list[Tensor]:
        regions = outputs["regions"].float().cpu()
        drawn = torch.einsum("nshw,sc->nchw", regions, _colours(regions.shape[1]))
        own = [outputs["reconstruction"]] if "reconstruction" in outputs else []
        return [outputs["content"], *own, drawn, outputs["stylised"]]

    def _sheet(self, rows: list[list[Tensor]], task: LightningModule) -> Tensor:
        styles: Mapping[str, Tensor] = task.styles  # type: ignore[assignment]
        framed = []
        for picture, colour in zip(styles.values(), _colours(len(styles)), strict=True):
            width = FRAME * max(picture.shape[-2:])
            height, across = (round(side + 2 * width) for side in picture.shape[-2:])
            frame = colour[:, None, None].repeat(1, height, across)
            inside = slice(round(width), round(width) + picture.shape[-2])
            frame[:, inside, round(width) : round(width) + picture.shape[-1]] = picture[0].cpu()
            framed.append(frame)
        titles = self._titles(task)
        return contact_sheet([*_in_rows(framed, len(titles)), *rows], column_titles=titles)


def _colours(count: int) -> Tensor:
    """As many colours, (count,3) in [0,1]: hues a golden section apart."""
    hues = (GOLDEN * number % 1 for number in range(count))
    return torch.tensor([colorsys.hsv_to_rgb(hue, 0.8, 0.95) for hue in hues])


def _in_rows(pictures: list[Tensor], columns: int) -> list[list[Tensor]]:
    return [pictures[first : first + columns] for first in range(0, len(pictures), columns)]


def show_picture(trainer: Trainer, name: str, picture: Tensor) -> None:
    """Send a picture (3,H,W) in [0,1] to those of the trainer's loggers that can show one."""
    array = (picture.clamp(0, 1) * 255).round().to(torch.uint8)
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger):
            logger.log_image(name, [array.permute(1, 2, 0).numpy()], step=trainer.global_step)
        elif isinstance(logger, TensorBoardLogger):
            logger.experiment.add_image(name, array, trainer.global_step)
