"""StepProgress: steps of the whole run, losses and time left, on a terminal and elsewhere."""

import re
from io import StringIO
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from rich.console import Console

from stylenet.callbacks import StepCheckpoints, StepProgress
from stylenet.callbacks.progress import losses_in_words


class Clock(pl.Callback):
    """Each step takes ``seconds``; goes before the bar."""

    def __init__(self, seconds):
        self.now, self.seconds = 1000.0, seconds

    def on_train_batch_start(self, *args):
        self.now += self.seconds


def bar(clock=None, terminal=False, width=200, **settings):
    progress = StepProgress(**settings)
    options = {"get_time": lambda: clock.now} if clock else {}
    progress.console = Console(
        file=StringIO(), force_terminal=terminal, width=width, soft_wrap=True, **options
    )
    return progress


def lines(progress):
    return progress.console.file.getvalue().splitlines()


def test_without_a_terminal_a_line_now_and_then(fit):
    progress = bar(every_n_steps=3)
    fit(progress, max_steps=8)
    assert [line.split("  ")[0] for line in lines(progress)] == ["step 3/8", "step 6/8"]
    for line in lines(progress):
        assert re.search(r"content \d\S*  total \d\S*", line)
        assert "relu1_1" not in line
        assert "\x1b" not in line


def test_whatever_terms_a_loss_has_are_shown_without_their_layers():
    losses = {"total": 3.0, "mine": 1.0, "mine/relu1_1": 1.0, "range": 2.0}
    metrics = {f"train/loss/{name}": torch.tensor(value) for name, value in losses.items()}
    trainer = SimpleNamespace(callback_metrics={**metrics, "val/loss/total": torch.tensor(9.0)})
    assert losses_in_words(trainer) == "mine 1  range 2  total 3"


def test_the_time_left_is_the_steps_left_at_the_speed_so_far(fit):
    clock = Clock(60.0)
    progress = bar(clock, every_n_steps=5)
    fit(clock, progress, max_steps=20)
    left = [line.rpartition("ETA ")[2] for line in lines(progress)]
    assert left == ["0:15:00", "0:10:00", "0:05:00", "0:00:00"]


def test_the_time_left_is_known_where_the_trainer_logs_rarely(fit):
    """Forty seconds between two logs: a slow machine."""
    clock = Clock(4.0)
    progress = bar(clock, every_n_steps=10)
    fit(clock, progress, max_steps=40, log_every_n_steps=10)
    assert [line.rpartition("ETA ")[2] for line in lines(progress)][1:] == [
        "0:01:20",
        "0:00:40",
        "0:00:00",
    ]


def test_a_resumed_run_starts_at_its_step_and_judges_by_its_own_speed(fit, tmp_path):
    fit(StepCheckpoints(tmp_path, last_every=100), max_steps=10)
    clock = Clock(60.0)
    progress = bar(clock, every_n_steps=5)
    fit(clock, progress, max_steps=20, resume=tmp_path / "last.ckpt")
    found = [(line.split("  ")[0], line.rpartition("ETA ")[2]) for line in lines(progress)]
    assert found == [("step 15/20", "0:05:00"), ("step 20/20", "0:00:00")]


@pytest.mark.parametrize(
    ("limits", "total"),
    [
        ({"max_steps": 6}, 6),
        ({"max_steps": -1, "max_epochs": 2}, 8),
        ({"max_steps": 6, "max_epochs": 2}, 6),
        ({"max_steps": 100, "max_epochs": 2}, 8),
        ({"max_steps": 6, "max_epochs": -1}, 6),
    ],
)
def test_the_total_is_that_of_the_whole_run(limits, total, fit):
    """Four batches in an epoch."""
    progress = bar(every_n_steps=2)
    fit(progress, **limits)
    assert lines(progress)[-1].startswith(f"step {total}/{total}")


def test_a_terminal_shows_the_bar(fit):
    progress = bar(terminal=True)
    fit(progress, max_steps=8)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", progress.console.file.getvalue())
    assert "step 8/8" in text
    assert "ETA" in text
    assert re.search(r"content \d\S*  total \d", text)


def test_the_bar_of_a_resumed_run_does_not_start_at_zero(fit, tmp_path):
    fit(StepCheckpoints(tmp_path, last_every=100), max_steps=5)
    progress = bar(terminal=True)
    fit(progress, max_steps=8, resume=tmp_path / "last.ckpt")
    shown = re.findall(r"step (\d+)/8", progress.console.file.getvalue())
    assert (shown[0], shown[-1]) == ("5", "8")


def test_an_error_closes_the_bar(fit):
    class Fails(pl.Callback):
        def on_train_batch_start(self, trainer, *args):
            if trainer.global_step == 2:
                raise RuntimeError("of the test")

    progress = bar(terminal=True)
    with pytest.raises(RuntimeError, match="of the test"):
        fit(progress, Fails())
    shown = progress.console.file.getvalue()
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back


def test_a_process_that_is_not_the_first_is_quiet(fit):
    progress = bar(every_n_steps=1)
    progress.disable()
    fit(progress)
    assert lines(progress) == []


def test_the_rate_is_shown(fit):
    class Rate(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, *args):
            pl_module.log("train/pictures_per_second", 12.34)

    progress = bar(every_n_steps=4)
    fit(Rate(), progress)
    assert "12.3 images/s" in lines(progress)[-1]


@pytest.mark.parametrize("unit", ["images", "iterations"])
def test_bar_rate_eta_and_total_fit_into_80_columns(fit, unit):
    class Rate(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, *args):
            pl_module.log("train/pictures_per_second", 1234.56)

    progress = bar(terminal=True, width=80, unit=unit)
    fit(Rate(), progress, max_steps=1000 if unit == "images" else 8)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", progress.console.file.getvalue())
    last = [line for line in re.split(r"[\r\n]+", text) if line.strip()][-1]
    assert len(last.rstrip()) <= 80
    assert re.search(rf"step \d+/\d+ ━+ +1234.6 {unit}/s ETA \d:\d\d:\d\d .*total \d\S*", last)


def test_losses_that_find_no_room_are_left_out_the_total_last():
    losses = {"total": 3.0, "content": 1.0, "style": 2.0}
    metrics = {f"train/loss/{name}": torch.tensor(value) for name, value in losses.items()}
    trainer = SimpleNamespace(callback_metrics=metrics)
    assert losses_in_words(trainer, 16) == "style 2  total 3"
    assert losses_in_words(trainer, 15) == "total 3"
    assert losses_in_words(trainer, 3) == ""
