"""A task small enough to train in milliseconds, and a way to train it."""

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

SIDE = 6


class TinyTask(pl.LightningModule):
    """A 1x1 convolution that learns to keep its picture; ``style`` is all blue."""

    def __init__(self, zero_term: bool = False):
        super().__init__()
        self.net = torch.nn.Conv2d(3, 3, 1)
        style = torch.zeros(1, 3, SIDE, SIDE)
        style[:, 2] = 1.0
        self.register_buffer("style", style, persistent=False)
        self.zero_term = zero_term

    def training_step(self, batch, batch_idx):
        content = (self.net(batch) - batch).square().mean()
        self.log("train/loss/content", content)
        self.log("train/loss/content/relu1_1", content)
        if self.zero_term:
            self.log("train/loss/tv", 0.0 * content)
        self.log("train/loss/total", content)
        return content

    def validation_step(self, batch, batch_idx):
        self.log("val/loss/total", (self.net(batch) - batch).square().mean())
        return {"content": batch, "stylised": 1.0 - batch}

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)


class TinyPictures(torch.utils.data.Dataset):
    """Red pictures, ``count`` of them, a little different from each other."""

    def __init__(self, count: int):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        picture = torch.zeros(3, SIDE, SIDE)
        picture[0] = 1.0 - index / 1000
        return picture


@pytest.fixture
def tiny_task():
    return TinyTask


@pytest.fixture
def fit(tmp_path):
    """``fit(*callbacks, max_steps=8, resume=None, ...)`` -> the trainer, done."""

    def run(*callbacks, task=None, resume=None, batches=4, workers=0, val_pictures=3, **settings):
        torch.manual_seed(0)
        trainer = pl.Trainer(
            accelerator="cpu",
            logger=settings.pop("logger", False),
            callbacks=list(callbacks),
            default_root_dir=tmp_path,
            enable_progress_bar=any(isinstance(c, pl.callbacks.ProgressBar) for c in callbacks),
            enable_checkpointing=False,
            enable_model_summary=False,
            check_val_every_n_epoch=None,
            num_sanity_val_steps=settings.pop("num_sanity_val_steps", 0),
            **{"max_steps": 8, "log_every_n_steps": 1, "val_check_interval": 4} | settings,
        )
        trainer.fit(
            task or TinyTask(),
            DataLoader(TinyPictures(2 * batches), batch_size=2, num_workers=workers),
            DataLoader(TinyPictures(val_pictures), batch_size=2) if val_pictures else None,
            ckpt_path=resume,
            weights_only=True,
        )
        return trainer

    return run


def pytest_collection_modifyitems(items):
    """Lightning's own words, of no interest here."""
    for item in items:
        if "callbacks" in item.path.parts:
            for ignored in (
                "ignore:.*LeafSpec:FutureWarning",
                "ignore:.*does not have many workers",
                "ignore:You're resuming from a checkpoint that ended before",
                "ignore:You defined a `validation_step` but have no `val_dataloader`",
                "ignore:This DataLoader will create",
            ):
                item.add_marker(pytest.mark.filterwarnings(ignored))


@pytest.fixture
def drawn_curves() -> bool:
    """Runs draw their curves here."""
    return True
