"""LossCurves: a table that survives kills and resumes, and a picture of it."""

import csv

import pytest
import pytorch_lightning as pl
from PIL import Image

from stylenet.callbacks import LossCurves, StepCheckpoints, curves
from stylenet.callbacks.curves import draw_curves

TERMS = ("train/loss/content", "train/loss/content/relu1_1", "train/loss/total")


def table(folder):
    with (folder / "losses.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["step", "name", "value"]
    return [(int(step), name, float(value)) for step, name, value in rows]


class Losses(pl.Callback):
    """What the trainer knew of the losses after each step."""

    def __init__(self):
        self.rows = []

    def on_train_batch_end(self, trainer, *args):
        metrics = trainer.callback_metrics
        self.rows += [(trainer.global_step, name, metrics[name].item()) for name in TERMS]


def test_the_table_has_every_logged_loss(fit, tmp_path):
    logged = Losses()
    fit(LossCurves(tmp_path), logged)
    rows = table(tmp_path)
    assert [row for row in rows if row[1].startswith("train/")] == logged.rows
    assert [row[:2] for row in rows if row[1].startswith("val/")] == [
        (4, "val/loss/total"),
        (8, "val/loss/total"),
    ]


def test_training_losses_are_noted_when_the_trainer_logs(fit, tmp_path):
    fit(LossCurves(tmp_path), log_every_n_steps=3)
    assert {step for step, name, _ in table(tmp_path) if name.startswith("train/")} == {3, 6}


def test_a_resumed_run_drops_what_lies_behind_its_checkpoint_and_goes_on(fit, tmp_path):
    """Killed at step 7, resumed from step 4 (after its validation)."""
    folder = tmp_path / "run"
    fit(LossCurves(folder), StepCheckpoints(folder, last_every=100, keep_every=4), max_steps=7)
    before = table(folder)
    assert max(step for step, *_ in before) == 7
    fit(LossCurves(folder), max_steps=8, resume=folder / "step_000004.ckpt")
    rows = table(folder)
    assert [row for row in rows if row[0] <= 4] == [row for row in before if row[0] <= 4]
    keys = [row[:2] for row in rows]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys, key=lambda key: key[0])
    assert {step for step, name in keys if name == "train/loss/total"} == set(range(1, 9))


def test_a_new_run_in_the_same_folder_starts_a_new_table(fit, tmp_path):
    fit(LossCurves(tmp_path), max_steps=5)
    fit(LossCurves(tmp_path), max_steps=2)
    assert {step for step, *_ in table(tmp_path)} == {1, 2}


@pytest.mark.parametrize(
    "half",
    ["4", "4,train/lo", "4,train/loss/total,", "4,train/loss/total,1e", "\xff,,\n", "4,a,b\n"],
)
def test_what_is_no_whole_line_of_losses_is_left_out(half, fit, tmp_path):
    folder = tmp_path / "run"
    fit(LossCurves(folder), StepCheckpoints(folder, last_every=4), max_steps=4)
    whole = table(folder)
    with (folder / "losses.csv").open("ab") as file:
        file.write(half.encode("latin-1"))
    fit(LossCurves(folder), max_steps=6, resume=folder / "last.ckpt")
    rows = table(folder)
    assert rows[: len(whole)] == whole
    assert {step for step, *_ in rows} == set(range(1, 7))
    assert (folder / "curves.png").exists()


def colours(file):
    with Image.open(file) as picture:
        picture.load()
        return picture.size, picture.convert("RGB").getcolors(1_000_000)


BLUE, ORANGE = (31, 119, 180), (255, 127, 14)  # matplotlib's first two


def test_a_training_leaves_a_picture_of_its_curves(fit, tmp_path):
    fit(LossCurves(tmp_path))
    (width, height), found = colours(tmp_path / "curves.png")
    assert width >= 600
    assert height >= 400
    assert {colour for _, colour in found} >= {(255, 255, 255), ORANGE}


def test_curves_are_drawn_at_the_end_and_with_a_validation_after_it(fit, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(curves, "draw_curves", lambda rows, _: drawn.append(rows))
    trainer = fit(LossCurves(tmp_path))  # which validates twice
    assert len(drawn) == 1
    trainer.validate(trainer.lightning_module, trainer.val_dataloaders, verbose=False)
    assert len(drawn) == 2
    assert "val/loss/total" in {name for _, name, _ in drawn[1]}


def test_terms_are_drawn_and_their_layers_are_not(tmp_path):
    def shades(*names):
        rows = [[str(x), name, str(2.0 + i + x)] for i, name in enumerate(names) for x in range(9)]
        draw_curves(rows, tmp_path / "curves.png")
        return {colour for _, colour in colours(tmp_path / "curves.png")[1]} & {BLUE, ORANGE}

    assert shades("train/loss/content", "train/loss/style") == {BLUE, ORANGE}
    # validation is drawn in its term's colour
    assert shades("train/loss/content", "val/loss/content") == {BLUE}
    assert shades("train/loss/content", "train/loss/content/relu2_2") == {BLUE}


def test_shares_that_are_explained_are_noted_and_not_drawn_among_the_losses(fit, tmp_path):
    class Explained(pl.Callback):
        def on_validation_epoch_end(self, trainer, pl_module):
            pl_module.log("val/explained/relu2_2", 0.75)

    fit(LossCurves(tmp_path), Explained())
    rows = [row for row in table(tmp_path) if "explained" in row[1]]
    assert rows == [(step, "val/explained/relu2_2", 0.75) for step in (4, 8)]
    draw_curves([["4", "val/explained/relu2_2", "0.75"]], tmp_path / "with.png")
    draw_curves([], tmp_path / "without.png")
    assert (tmp_path / "with.png").read_bytes() == (tmp_path / "without.png").read_bytes()


def test_a_term_of_zeros_is_left_out_without_a_warning(fit, tmp_path, tiny_task):
    fit(LossCurves(tmp_path), task=tiny_task(zero_term=True))
    assert {value for _, name, value in table(tmp_path) if name == "train/loss/tv"} == {0.0}
    assert (tmp_path / "curves.png").exists()


@pytest.mark.parametrize("values", [[], ["0.0", "0.0"], ["-1.0", "-2.0"], ["nan"], ["inf", "1.0"]])
def test_whatever_the_values_there_is_a_picture(values, tmp_path):
    rows = [[str(step), "train/loss/total", value] for step, value in enumerate(values)]
    draw_curves(rows, tmp_path / "curves.png")
    (width, _), _ = colours(tmp_path / "curves.png")
    assert width > 0
