"""``val/metric/*`` as a callback logs them, and steps that all loggers count alike."""

import csv
from pathlib import Path

import pytest
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.loggers import CSVLogger

from stylenet.callbacks import ComparableMetrics, Snapshots, StepsDone


class Measure:
    """The number of the call, and what it was given."""

    def __init__(self):
        self.calls = []

    def __call__(self, painted, styles):
        self.calls.append((dict(painted), dict(styles)))
        return {"style": float(len(self.calls)), "style/relu1_1": 0.5}


class OneImage(LightningModule):
    """One image that is optimised."""

    def __init__(self):
        super().__init__()
        self.pixels = torch.nn.Parameter(torch.ones(1, 3, 4, 4))
        self.styles = {"mine": torch.zeros(1, 3, 4, 4)}

    def painted(self):
        return {"stylised": self.pixels.detach()}

    def result(self):
        return self.pixels.detach()

    def training_step(self, batch, batch_idx):
        return self.pixels.square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def rows(logger):
    with Path(logger.experiment.metrics_file_path).open() as file:
        return list(csv.DictReader(file))


def test_a_net_is_measured_over_all_batches_of_a_validation(fit, tmp_path):
    measure, logger = Measure(), CSVLogger(tmp_path, name="csv")
    fit(StepsDone(), ComparableMetrics(measure), logger=logger, max_steps=4)
    (found,) = [row for row in rows(logger) if row["val/metric/style"]]
    (painted, styles) = measure.calls[0]
    assert set(painted) == {"content", "stylised"}
    assert set(styles) == {"style"}
    assert float(found["val/metric/style"]) == pytest.approx((2 * 1 + 1 * 2) / 3)  # of 3 images
    assert float(found["val/metric/style/relu1_1"]) == 0.5


def test_all_that_is_logged_after_a_step_has_its_number(fit, tmp_path):
    logger = CSVLogger(tmp_path, name="csv")
    fit(StepsDone(), ComparableMetrics(Measure()), logger=logger, max_steps=4)
    losses = [int(row["step"]) for row in rows(logger) if row["train/loss/total"]]
    metrics = [int(row["step"]) for row in rows(logger) if row["val/metric/style"]]
    assert losses == [1, 2, 3, 4]
    assert metrics == [4]


@pytest.mark.parametrize(("every", "steps"), [(2, [0, 2, 4, 5]), (5, [0, 5])])
def test_an_image_is_measured_at_the_start_at_snapshots_and_at_the_end(fit, tmp_path, every, steps):
    logger, metrics = CSVLogger(tmp_path, name="csv"), ComparableMetrics(Measure())
    callbacks = [StepsDone(), metrics, Snapshots(tmp_path, every)]
    fit(*callbacks, task=OneImage(), logger=logger, max_steps=5, val_pictures=0)
    found = [row for row in rows(logger) if row.get("val/metric/style")]
    assert [int(row["step"]) for row in found] == steps
    assert metrics.last == {"val/metric/style": float(len(steps)), "val/metric/style/relu1_1": 0.5}
    assert set(metrics.measure.calls[0][1]) == {"mine"}
