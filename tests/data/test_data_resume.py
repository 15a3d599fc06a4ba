"""A resumed run sees the very batches that the uninterrupted run would have seen."""

import logging
import multiprocessing

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.callbacks import Callback, ModelCheckpoint

from stylenet.data import FolderData, RandomCrop

pytestmark = [
    # Lightning 2.6 asks torch's tree utilities in a way that torch 2.15 is about to drop.
    pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning"),
    # Torch advises against more workers than cores; a machine may have one.
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
]

PICTURES, HELD_OUT, BATCH = 14, 2, 2
EPOCH = (PICTURES - HELD_OUT) // BATCH


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(PICTURES):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def data(root):
    def make(num_workers=0, **settings):
        settings = {"batch_size": BATCH, "val_count": HELD_OUT, "seed": 5} | settings
        return FolderData(
            root=str(root),
            size=8,
            val_size=8,
            augment=RandomCrop(),
            num_workers=num_workers,
            **settings,
        )

    return make


class Recorder(pl.LightningModule):
    """Its "training" writes down which batch it was given."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen, self.validated = [], []

    def training_step(self, batch, batch_idx):
        self.seen.append(batch.double().sum().item())
        return self.weight * batch.mean()

    def validation_step(self, batch, batch_idx):
        self.validated.append(batch.double().sum().item())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class InterruptionError(Exception):
    pass


class SaveAndInterrupt(Callback):
    """Writes a checkpoint in one hook after ``step`` optimiser steps, then breaks the run off."""

    def __init__(self, hook, step, path):
        self.hook, self.step, self.path = hook, step, path
        setattr(self, hook, self._save)

    def _save(self, trainer, *args):
        if trainer.global_step == self.step and not trainer.sanity_checking:
            trainer.save_checkpoint(self.path)
            raise InterruptionError


def fit(data, ckpt_path=None, callbacks=(), max_steps=4 * EPOCH + 1, **settings):
    recorder = Recorder()
    trainer = pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=any(isinstance(c, ModelCheckpoint) for c in callbacks),
        callbacks=list(callbacks),
        max_steps=max_steps,
        **settings,
    )
    try:
        trainer.fit(recorder, data, ckpt_path=ckpt_path)
    except InterruptionError:
        assert callbacks
    return recorder


def resumed(data, tmp_path, hook, step, **settings):
    """(batches before the interruption, batches after it)."""
    path = tmp_path / "interrupted.ckpt"
    before = fit(data(), callbacks=[SaveAndInterrupt(hook, step, path)], **settings).seen
    return before, fit(data(), ckpt_path=path, **settings).seen


# Lightning warns of a checkpoint folder in use, which a resumed run's is.
@pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")
@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("step", [4, EPOCH, EPOCH + 1], ids=["mid-epoch", "epoch's end", "later"])
def test_checkpoints_every_n_steps_resume_with_the_next_batch(data, tmp_path, num_workers, step):
    whole = fit(data(), max_steps=2 * EPOCH + 3).seen
    assert len(set(whole)) == len(whole), "no two batches are alike, so equality says something"

    def saver():  # the same again when resuming, or Lightning warns that it is missing
        return ModelCheckpoint(tmp_path, "{step}", every_n_train_steps=step, save_top_k=-1)

    assert fit(data(num_workers), callbacks=[saver()], max_steps=step + 1).seen == whole[: step + 1]
    again = fit(
        data(num_workers),
        ckpt_path=tmp_path / f"step={step}.ckpt",
        callbacks=[saver()],
        max_steps=2 * EPOCH + 3,
    )
    assert again.seen == whole[step:]


@pytest.mark.parametrize(
    ("hook", "step"),
    [
        ("on_train_batch_start", 0),
        ("on_train_batch_start", 4),
        ("on_before_optimizer_step", 4),
        ("on_train_batch_end", EPOCH),
        ("on_train_epoch_start", EPOCH),
        ("on_validation_start", EPOCH),
        ("on_validation_end", EPOCH),
        ("on_validation_end", 3),
        ("on_train_epoch_end", EPOCH),
        ("on_train_epoch_end", 2 * EPOCH),
    ],
)
def test_wherever_the_checkpoint_was_written(data, tmp_path, hook, step):
    settings = {"val_check_interval": 3, "max_steps": 3 * EPOCH + 1}
    whole = fit(data(), **settings)
    _, after = resumed(data, tmp_path, hook, step, **settings)
    assert after == whole.seen[step:]
    assert len(set(whole.validated)) == 1, "validation is the same every time"


def test_counting_epochs_instead_of_steps(data, tmp_path):
    settings = {"max_steps": -1, "max_epochs": 3}
    whole = fit(data(), **settings).seen
    assert len(whole) == 3 * EPOCH
    for hook, step in (("on_train_batch_end", 4), ("on_train_epoch_end", EPOCH)):
        assert resumed(data, tmp_path, hook, step, **settings)[1] == whole[step:]


@pytest.mark.parametrize(
    "settings",
    [
        {"accumulate_grad_batches": 2, "max_steps": 9},
        {"accumulate_grad_batches": 4, "max_steps": 5},
        {"limit_train_batches": 5, "max_steps": 14},
        {"accumulate_grad_batches": 2, "limit_train_batches": 5, "max_steps": 8},
    ],
    ids=str,
)
def test_with_accumulated_gradients_and_shortened_epochs(data, tmp_path, settings):
    whole = fit(data(), **settings).seen
    for step in (1, 2, 3):
        before, after = resumed(data, tmp_path, "on_train_batch_end", step, **settings)
        assert before + after == whole


def test_workers_end_with_the_training_and_with_its_failure(data, tmp_path):
    assert len(fit(data(1), max_steps=2).seen) == 2
    assert not multiprocessing.active_children()
    fit(data(1), callbacks=[SaveAndInterrupt("on_train_batch_end", 3, tmp_path / "x.ckpt")])
    assert not multiprocessing.active_children()


def test_a_second_run_continues_a_resumed_one(data, tmp_path):
    whole = fit(data()).seen
    first, second = tmp_path / "first.ckpt", tmp_path / "second.ckpt"
    fit(data(), callbacks=[SaveAndInterrupt("on_train_batch_end", 4, first)])
    callbacks = [SaveAndInterrupt("on_train_batch_end", EPOCH + 2, second)]
    assert fit(data(), ckpt_path=first, callbacks=callbacks).seen == whole[4 : EPOCH + 2]
    assert fit(data(), ckpt_path=second).seen == whole[EPOCH + 2 :]


def test_other_data_than_the_interrupted_run_had_are_named(data, tmp_path, caplog):
    path = tmp_path / "some.ckpt"
    fit(data(), callbacks=[SaveAndInterrupt("on_train_batch_end", 2, path)])

    def said():
        return [record for record in caplog.records if record.name.startswith("stylenet")]

    with caplog.at_level(logging.WARNING, logger="stylenet"):
        fit(data(), ckpt_path=path, max_steps=3)
        assert not said()
        fit(data(seed=6, limit=8), ckpt_path=path, max_steps=3)
    (record,) = said()
    assert "seed 5 -> 6" in record.getMessage()
    assert "pictures 12 (" in record.getMessage()


def test_without_validation_pictures_training_runs(data):
    assert len(fit(data(val_count=0), max_steps=2, limit_val_batches=0).seen) == 2
