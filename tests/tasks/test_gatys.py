"""Gatys in a real Trainer: what falls, what is kept, sizes, averages, refusals."""

from __future__ import annotations

import functools

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import StepLR

from stylenet.callbacks import StopWhenFlat
from stylenet.data import Iterations
from stylenet.errors import StylenetError
from stylenet.losses import ContentTerm, PerceptualLoss, RangeTerm, StyleTerm
from stylenet.nets import PixelImage
from stylenet.tasks import LBFGS, Gatys, NonFiniteLossError, Stage

# Lightning's own advice, and what torch deprecates in its use
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that ended before"),
]


def picture(seed, side=16):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


STYLE, CONTENT = picture(7), picture(1)


def loss(network, content=1.0, style=5.0):
    terms = {
        "content": ContentTerm(["two"], None, content),
        "style": StyleTerm(network, STYLE, ["one", "two"], None, style),
        "range": RangeTerm(10),
    }
    return PerceptualLoss(terms, network)


def same(image):
    return image


def make(network, optimizer=LBFGS, sides=(16,), ends=(100,), start=None, **more):
    resize = functools.partial(torch.nn.functional.interpolate, mode="bilinear")
    stages = [
        Stage(resize(CONTENT, (side, side)), *[functools.partial(loss, network)] * 2, same, end)
        for side, end in zip(sides, ends, strict=True)
    ]
    net = PixelImage(resize(picture(3) if start is None else start, (sides[0], sides[0])))
    return Gatys(net, stages, STYLE, optimizer, **more)


def fit(task, steps, *callbacks, resume=None):
    trainer = Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        check_val_every_n_epoch=None,
        log_every_n_steps=1,
        callbacks=list(callbacks),
    )
    trainer.fit(task, Iterations(), ckpt_path=resume, weights_only=True)
    return trainer


class History(Callback):
    def __init__(self):
        self.losses, self.sizes, self.rates = [], [], []

    def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
        self.losses.append(float(outputs["loss"]))
        self.sizes.append(tuple(task.net.pixels.shape[-2:]))
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])


ADAM = functools.partial(Adam, lr=0.02)


@pytest.mark.parametrize("optimizer", [LBFGS, functools.partial(LBFGS, line_search_fn=None), ADAM])
def test_the_loss_falls_and_the_networks_stay_as_they_are(fake_network, optimizer):
    task = make(fake_network, optimizer)
    before = float(task.loss(task.net(), CONTENT).total.detach())
    weight = fake_network.weight.clone()
    fit(task, 40)
    assert task.final_losses["total"] < 0.3 * before
    assert torch.equal(fake_network.weight, weight)


def test_the_content_is_looked_at_once(fake_network):
    task = make(fake_network, ADAM)
    fit(task, 5)
    content_passes = [layers for layers in fake_network.calls if layers == ("two",)]
    assert len(content_passes) == 2  # at the first step, and for the final losses


def test_everything_is_logged_under_the_usual_names(fake_network):
    task = make(fake_network)
    metrics = fit(task, 3).callback_metrics
    names = ["content", "style", "range", "total", "content/two", "style/one", "style/two"]
    assert {k for k in metrics if k.startswith("train/loss/")} == {
        f"train/loss/{name}" for name in names
    }
    assert float(metrics["train/evaluations"]) == task.evaluations >= 3
    assert set(task.final_losses) == set(names)


def test_more_style_weight_means_less_style_distance_and_more_content_distance(fake_network):
    results = []
    for weight in (0.1, 1000.0):
        task = make(fake_network)
        task.loss = loss(fake_network, style=weight)
        fit(task, 40)
        with torch.no_grad():
            results.append(loss(fake_network, style=1.0)(task.result(), CONTENT).terms)
    assert results[1]["style"] < results[0]["style"]
    assert results[1]["content"] > results[0]["content"]


def test_sizes_follow_one_another_and_moments_go_along(fake_network):
    history = History()
    schedule = functools.partial(StepLR, step_size=1, gamma=0.5)
    task = make(fake_network, ADAM, sides=(8, 12, 16), ends=(3, 5, 100), scheduler=schedule)
    trainer = fit(task, 8, history)
    assert history.sizes == [(8, 8)] * 3 + [(12, 12)] * 2 + [(16, 16)] * 3
    state = trainer.optimizers[0].state[task.net.pixels]
    assert float(state["step"]) == 8
    assert state["exp_avg"].shape == task.net.pixels.shape
    # after each step: the schedule begins anew with each size
    halves = [0.01, 0.005, 0.0025, 0.01, 0.005, 0.01, 0.005, 0.0025]
    assert history.rates == pytest.approx(halves)
    assert task.result().shape == (1, 3, 16, 16)


def test_a_larger_size_starts_from_the_smaller_one(fake_network):
    task = make(fake_network, functools.partial(SGD, lr=0.0), sides=(8, 16), ends=(2, 9))
    small = task.net.pixels.detach().clone()
    fit(task, 4)
    resize = functools.partial(torch.nn.functional.interpolate, mode="bilinear")
    torch.testing.assert_close(task.net.pixels.detach(), resize(small, (16, 16)))


def test_the_average_is_that_of_the_iterates(fake_network):
    class Iterates(Callback):
        def __init__(self):
            self.all = []

        def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
            self.all.append(task.net.pixels.detach().clone())

    iterates = Iterates()
    task = make(fake_network, ADAM, average=0.8)
    fit(task, 6, iterates)
    weights = torch.tensor([0.8**n for n in reversed(range(6))])
    stacked = torch.stack(iterates.all)
    expected = (weights[:, None, None, None, None] * stacked).sum(0) / weights.sum()
    torch.testing.assert_close(task.unfinished(), expected)
    with pytest.raises(StylenetError, match=r"task.average=1, expected a decay"):
        make(fake_network, ADAM, average=1)


def test_clamped_pixels_stay_in_range(fake_network):
    wild = make(fake_network, functools.partial(Adam, lr=0.5))
    tame = make(fake_network, functools.partial(Adam, lr=0.5), clamp=True)
    for task in (wild, tame):
        fit(task, 3)
    assert wild.net.pixels.abs().max() > 1
    assert 0 <= tame.net.pixels.min() <= tame.net.pixels.max() <= 1
    assert 0 <= wild.result().min() <= wild.result().max() <= 1


@pytest.mark.parametrize("optimizer", [LBFGS, ADAM])
@pytest.mark.parametrize("stop", [2, 4, 6])
def test_a_resumed_run_paints_the_same_picture(fake_network, tmp_path, optimizer, stop):
    """Sizes change at steps 4 and 6."""
    settings = {"sides": (8, 12, 16), "ends": (4, 6, 9), "average": 0.5}
    whole = make(fake_network, optimizer, **settings)
    fit(whole, 9)
    first = make(fake_network, optimizer, **settings)
    fit(first, stop).save_checkpoint(tmp_path / "a.ckpt")
    second = make(fake_network, optimizer, **settings)
    fit(second, 9, resume=tmp_path / "a.ckpt")
    assert torch.equal(whole.net.pixels, second.net.pixels)
    assert torch.equal(whole.result(), second.result())
    assert second.evaluations == whole.evaluations


def test_a_checkpoint_holds_the_picture_alone_and_fits_no_other_size(fake_network, tmp_path):
    fit(make(fake_network), 1).save_checkpoint(tmp_path / "a.ckpt")
    checkpoint = torch.load(tmp_path / "a.ckpt", weights_only=True)
    assert set(checkpoint["state_dict"]) == {"net.pixels"}
    with pytest.raises(StylenetError, match=r"16 x 16 pixels, expected one of 8 x 8"):
        fit(make(fake_network, sides=(8,)), 2, resume=tmp_path / "a.ckpt")


def test_a_loss_that_is_no_number_stops_before_the_pixels_are_touched(fake_network):
    task = make(fake_network, ADAM)
    task.loss.terms["style"].gram_one.fill_(float("nan"))
    before = task.net.pixels.detach().clone()
    with pytest.raises(NonFiniteLossError, match=r"At step 0 .* style = nan.*optimizer.lr"):
        fit(task, 3)
    assert torch.equal(task.net.pixels.detach(), before)


def test_a_run_ends_when_its_loss_no_longer_falls(fake_network):
    still = make(fake_network, functools.partial(SGD, lr=0.0))
    assert fit(still, 50, StopWhenFlat(steps=4)).global_step == 5
    falling = make(fake_network, ADAM)
    assert fit(falling, 12, StopWhenFlat(steps=4)).global_step == 12
    demanding = make(fake_network, ADAM)
    assert fit(demanding, 50, StopWhenFlat(steps=4, fraction=0.9)).global_step < 50
    coarse = make(fake_network, functools.partial(SGD, lr=0.0), sides=(8, 16), ends=(10, 50))
    assert fit(coarse, 50, StopWhenFlat(steps=4)).global_step == 15
    with pytest.raises(StylenetError, match=r"steps=0 .*1 or more"):
        StopWhenFlat(steps=0)


def test_pixels_stay_contiguous_and_are_given_out_as_asked():
    net = PixelImage(picture(0).contiguous(memory_format=torch.channels_last), torch.channels_last)
    assert net.pixels.is_contiguous()
    assert net().is_contiguous(memory_format=torch.channels_last)
    net().sum().backward()
    assert net.pixels.grad.is_contiguous()
    given = picture(0)
    assert PixelImage(given).pixels.data_ptr() != given.data_ptr()
