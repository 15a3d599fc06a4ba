"""Throughput: pictures per second of training alone."""

import time

import pytest
import pytorch_lightning as pl

from stylenet.callbacks import Throughput, throughput

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

    trainer = fit(Throughput(), Sleeps(), max_steps=4)
    assert 1 < trainer.callback_metrics["train/pictures_per_second"].item() <= 2 / 0.02
