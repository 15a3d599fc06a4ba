"""Throughput: pictures per second of training alone."""

import logging
import time

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image

from stylenet.callbacks import Throughput, throughput
from stylenet.data import BatchPlan, MemoryPictures, Order, TrainLoader, WholeSquare

STEP = 0.5  # seconds of a fake clock


class Time:
    """A clock that others turn."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


class Takes(pl.Callback):
    """A step takes STEP seconds; a validation and what follows it as much as said."""

    def __init__(self, clock, validation=0.0, after_validation=0.0):
        self.clock, self.validation, self.after = clock, validation, after_validation
        self.rates = []

    def on_before_optimizer_step(self, *args):
        self.clock.now += STEP

    def on_validation_batch_end(self, *args, **kwargs):
        self.clock.now += self.validation

    def on_validation_end(self, *args):
        self.clock.now += self.after

    def on_train_batch_end(self, trainer, *args):
        if "train/pictures_per_second" in trainer.callback_metrics:
            self.rates.append(trainer.callback_metrics["train/pictures_per_second"].item())


@pytest.fixture
def clock(monkeypatch):
    clock = Time()
    monkeypatch.setattr(throughput, "time", clock)
    return clock


def test_it_counts_the_pictures_of_a_batch_over_the_time_of_a_step(fit, clock):
    takes = Takes(clock)
    fit(Throughput(), takes)
    assert takes.rates == pytest.approx([2 / STEP] * 8)


@pytest.mark.parametrize("slow", [{"validation": 1000.0}, {"after_validation": 1000.0}])
def test_validation_is_left_out(slow, fit, clock):
    """So are pictures drawn and checkpoints written after it, by callbacks that come later."""
    takes = Takes(clock, **slow)
    fit(Throughput(), takes, max_steps=9, val_check_interval=2)
    assert takes.rates == pytest.approx([2 / STEP] * 9)


def test_it_logs_when_the_trainer_logs(fit, clock):
    takes = Takes(clock)
    fit(Throughput(), takes, max_steps=6, log_every_n_steps=3)
    assert len(takes.rates) == 4  # from the third step on


def test_on_a_real_clock(fit):
    class Sleeps(pl.Callback):
        def on_before_optimizer_step(self, *args):
            time.sleep(0.02)

    began = time.perf_counter()
    trainer = fit(Throughput(), Sleeps(), max_steps=4)
    slowest = 2 / (time.perf_counter() - began)
    assert slowest < trainer.callback_metrics["train/pictures_per_second"].item() <= 2 / 0.02


class SlowLoader:
    """Batches of 2 that are waited for as long as ``wait(epoch)`` says; made in twice that."""

    def __init__(self, clock, wait, batches=4):
        self.clock, self.wait, self.batches = clock, wait, batches
        self.seconds_waited, self.pictures_made, self.seconds_made = 0.0, 0, 0.0
        self.epochs = 0

    def __len__(self):
        return self.batches

    def __iter__(self):
        seconds = self.wait(self.epochs)
        self.epochs += 1
        for _ in range(self.batches):
            self.clock.now += seconds
            self.seconds_waited += seconds
            self.pictures_made += 2
            self.seconds_made += max(2 * seconds, 0.125)
            yield torch.rand(2, 3, 6, 6)


class Keeps(pl.Callback):
    """What was logged after each step."""

    def __init__(self):
        self.values = []

    def on_train_batch_end(self, trainer, *args):
        metrics = trainer.callback_metrics
        self.values.append({k: v.item() for k, v in metrics.items() if "loss" not in k})


def fit_on(loader, task, clock=None, **settings):
    keeps = Keeps()
    trainer = pl.Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[Throughput(), *([Takes(clock)] if clock else []), keeps],
        **{"max_steps": 12, "log_every_n_steps": 4} | settings,
    )
    trainer.fit(task, loader)
    return keeps.values


def of(values, name):
    return [value[f"train/{name}"] for value in values if f"train/{name}" in value]


def test_a_loader_that_is_waited_for_is_told_once_but_not_for_its_start(clock, tiny_task, caplog):
    with caplog.at_level(logging.WARNING, logger="stylenet"):
        waits = SlowLoader(clock, lambda epoch: STEP)  # half of the time is waiting
        values = fit_on(waits, tiny_task(), clock)
    assert of(values, "waiting_share")[-1] == pytest.approx(0.5)
    assert of(values, "pictures_per_second")[-1] == pytest.approx(2 / (2 * STEP))
    assert of(values, "loader_pictures_per_second")[-1] == pytest.approx(2 / (2 * STEP))
    (record,) = [r for r in caplog.records if r.name.startswith("stylenet")]
    assert "waits for images 50 % of the time (2 a second are loaded at most" in record.getMessage()
    assert "data.num_workers" in record.getMessage()
    assert "data.cache" in record.getMessage()


@pytest.mark.parametrize(
    ("wait", "share"), [(lambda epoch: 0.0, 0.0), (lambda epoch: 0.04 * STEP, 0.04 / 1.04)]
)
def test_a_loader_that_keeps_up_is_not_told(clock, tiny_task, caplog, wait, share):
    values = fit_on(SlowLoader(clock, wait), tiny_task(), clock)
    assert of(values, "waiting_share")[-1] == pytest.approx(share)
    assert of(values, "loader_pictures_per_second")[-1] == pytest.approx(2 / 0.125)
    assert "waits for images" not in caplog.text


def test_the_start_of_the_loading_processes_is_no_reason_to_complain(clock, tiny_task, caplog):
    waits = SlowLoader(clock, lambda epoch: 3 * STEP if epoch == 0 else 0.0)
    values = fit_on(waits, tiny_task(), clock)
    assert of(values, "waiting_share")[3] > 0.5
    assert of(values, "waiting_share")[-1] == 0
    assert "waits for images" not in caplog.text


def test_of_a_loader_that_does_not_say_nothing_is_said(fit, clock):
    trainer = fit(Throughput(), Takes(clock))
    assert "train/pictures_per_second" in trainer.callback_metrics
    assert not {"train/waiting_share", "train/loader_pictures_per_second"} & set(
        trainer.callback_metrics
    )


class SlowPictures(MemoryPictures):
    """Pictures that take ``seconds`` each."""

    seconds = 0.03

    def load(self, number):
        time.sleep(self.seconds)
        return super().load(number)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_the_real_loader_on_a_real_clock(tiny_task, workers, caplog, slowness):
    """Steps of a millisecond, batches of 60 ms: nearly all is waiting, whoever makes them."""
    image = Image.fromarray(np.zeros((6, 6, 3), np.uint8))
    pictures = SlowPictures([str(n) for n in range(10)], [image] * 10)
    pictures.seconds *= slowness()  # as that of the steps
    fastest = max(1, workers) / pictures.seconds
    plan = BatchPlan(Order(10, 20, 0), 2)
    loader = TrainLoader(pictures, plan, WholeSquare(), size=6, num_workers=workers)
    values = fit_on(loader, tiny_task(), max_steps=10, log_every_n_steps=5)
    loader.close()
    assert loader.pictures_made == 20
    assert loader.seconds_made >= 20 / fastest
    assert 0.5 < of(values, "waiting_share")[-1] < 1
    rate = of(values, "loader_pictures_per_second")[-1]
    assert fastest / 3 < rate < fastest
    assert of(values, "pictures_per_second")[-1] < 1.5 * fastest
    assert "waits for images" in caplog.text
