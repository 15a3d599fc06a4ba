"""What a finished run leaves in Weights & Biases: a summary, a table of pictures, its net."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from pytorch_lightning.loggers import WandbLogger

PHOTOGRAPH = "photograph"
STAGING = "WANDB_DATA_DIR"


def keep_summary(logger: WandbLogger, summary: Mapping[str, Any]) -> None:
    """Put ``summary`` into the columns that W&B compares runs by."""
    logger.experiment.summary.update(dict(summary))


def keep_table(
    logger: WandbLogger,
    name: str,
    titles: Sequence[str],
    rows: Sequence[Sequence[Tensor]],
    step: int,
) -> None:
    """Log a table with a row a photograph, so that W&B can join the tables of several runs.

    Its first column, ``photograph``, has numbers from 1 on, the same in runs on the same data; the
    others have the images (3,H,W) in [0,1] of ``rows`` under their ``titles``.
    """
    import wandb

    table = wandb.Table(columns=[PHOTOGRAPH, *titles])
    for number, row in enumerate(rows, 1):
        table.add_data(number, *(wandb.Image(_pixels(image)) for image in row))
    with _staged_in(logger):
        logger.experiment.log({name: table, "trainer/global_step": step})


def keep_artifact(logger: WandbLogger, name: str, files: Sequence[Path]) -> None:
    """Log ``files`` as a model of this name; a JSON file among them also is its metadata."""
    import wandb

    described = [json.loads(file.read_text()) for file in files if file.suffix == ".json"]
    artifact = wandb.Artifact(
        re.sub(r"[^\w.-]", "_", name),
        type="model",
        description=f"The finished net of the run {name}.",
        metadata=described[0] if described else None,
    )
    with _staged_in(logger):
        for file in files:
            artifact.add_file(str(file), file.name)
        logger.experiment.log_artifact(artifact)


@contextlib.contextmanager
def _staged_in(logger: WandbLogger) -> Iterator[None]:
    """Let copies that wait to be uploaded lie beside the run, not in the home folder.

    Those of an offline run wait for ``wandb sync``.
    """
    known = os.environ.get(STAGING)
    if known is None:
        os.environ[STAGING] = str(Path(str(logger.save_dir), "wandb"))
    try:
        yield
    finally:
        if known is None:
            del os.environ[STAGING]


def _pixels(image: Tensor) -> Any:
    """(3,H,W) in [0,1] -> (H,W,3) of bytes."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
