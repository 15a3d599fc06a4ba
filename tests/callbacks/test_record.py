"""RunRecord: the configuration in checkpoints and loggers, metadata and wall time on disk."""

import json
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger

from stylenet.callbacks import RunRecord, StepCheckpoints, record
from stylenet.callbacks.record import flat_settings

CONFIG = {"style": "udnie", "loss": {"style_layers": ["relu1_2"], "style_weight": 5.0}}
METADATA = {"commit": "abc", "versions": {"python": "3"}}


class Takes(pl.Callback):
    """Ten seconds a step."""

    def __init__(self, clock):
        self.clock = clock

    def on_train_batch_start(self, *args):
        self.clock.now += 10.0


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=5000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(record, "time", clock)
    return clock


def read(folder):
    return json.loads((folder / "run.json").read_text())


def test_the_checkpoint_holds_the_configuration_as_plain_data(fit, tmp_path):
    fit(RunRecord(tmp_path, CONFIG, METADATA), StepCheckpoints(tmp_path, last_every=100))
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["config"] == CONFIG


def test_run_json_holds_metadata_messages_steps_and_seconds(fit, tmp_path, clock):
    messages = ["before"]
    record = RunRecord(tmp_path / "run", CONFIG, METADATA, messages)
    messages.append("later")
    fit(record, Takes(clock), max_steps=3)
    expected = {**METADATA, "messages": ["before", "later"], "steps": 3, "wall_seconds": 30.0}
    assert read(tmp_path / "run") == expected


def test_a_resumed_run_sums_the_seconds(fit, tmp_path, clock):
    first = [RunRecord(tmp_path, CONFIG, METADATA), StepCheckpoints(tmp_path, last_every=100)]
    fit(*first, Takes(clock), max_steps=3)
    clock.now += 100_000  # until it is resumed
    again = RunRecord(tmp_path, CONFIG, {"commit": "def"})
    fit(again, Takes(clock), max_steps=5, resume=tmp_path / "last.ckpt")
    assert read(tmp_path) == {"commit": "def", "messages": [], "steps": 5, "wall_seconds": 50.0}


def test_a_running_run_has_its_metadata_on_disk(fit, tmp_path):
    seen = []

    class Reads(pl.Callback):
        def on_train_batch_start(self, *args):
            seen.append(read(tmp_path))

    fit(RunRecord(tmp_path, CONFIG, METADATA), Reads(), max_steps=1)
    assert seen[0].items() >= METADATA.items()
    assert seen[0]["steps"] == 0


def test_a_resumed_run_has_its_steps_on_disk_from_its_start(fit, tmp_path):
    seen = []

    class Reads(pl.Callback):
        def on_train_batch_start(self, *args):
            seen.append(read(tmp_path)["steps"])

    fit(
        RunRecord(tmp_path, CONFIG, METADATA),
        StepCheckpoints(tmp_path, last_every=100),
        max_steps=3,
    )
    fit(RunRecord(tmp_path, CONFIG, METADATA), Reads(), max_steps=4, resume=tmp_path / "last.ckpt")
    assert seen == [3]


def test_a_run_that_fails_has_its_steps_and_seconds_on_disk(fit, tmp_path, clock):
    class Fails(pl.Callback):
        def on_train_batch_start(self, trainer, *args):
            if trainer.global_step == 2:
                raise RuntimeError("of the test")

    with pytest.raises(RuntimeError, match="of the test"):
        fit(RunRecord(tmp_path, CONFIG, METADATA), Takes(clock), Fails())
    assert read(tmp_path) == {**METADATA, "messages": [], "steps": 2, "wall_seconds": 30.0}


def test_a_full_disk_is_not_hidden_by_a_failure_to_write_about_it(fit, tmp_path, monkeypatch):
    class Full(pl.Callback):
        def on_train_batch_end(self, *args):
            monkeypatch.setattr("pathlib.Path.write_text", full)
            raise OSError("the first error")

    def full(*args, **kwargs):
        raise OSError("the second error")

    with pytest.raises(OSError, match="the first error"):
        fit(RunRecord(tmp_path, CONFIG, METADATA), Full())


def test_loggers_get_configuration_and_metadata(fit, tmp_path):
    logger = CSVLogger(tmp_path, name="csv")
    fit(RunRecord(tmp_path, CONFIG, METADATA), logger=logger)
    logged = logger.experiment.hparams
    assert logged["style"] == "udnie"
    assert logged["settings"] == {"loss": CONFIG["loss"]}
    assert logged["metadata"] == METADATA


def test_settings_can_be_grouped_by_what_was_chosen_and_given():
    run = {"choices": {"norm": "batch", "net/padding": "reflect", "style": "udnie+me"}}
    run["overrides"] = ["norm=batch", "+loss.style_weight=5", "loss=perceptual", "~scheduler"]
    norm = {"_target_": "torch.nn.BatchNorm2d"}
    config = {**CONFIG, "style": ["udnie", "photos/me.jpg"], "seed": 3, "norm": norm, "run": run}
    flat = flat_settings(config)
    assert flat == {
        "style": "udnie+me",
        "seed": 3,
        "norm": "batch",
        "net/padding": "reflect",
        "loss.style_weight": 5.0,
        "settings": {"loss": CONFIG["loss"], "norm": norm, "run": run},
    }
