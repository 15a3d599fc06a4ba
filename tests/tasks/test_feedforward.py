"""FeedForward in a real Trainer: what it logs, optimises, keeps and refuses."""

from __future__ import annotations

import functools

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor, nn
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled
from stylenet.losses import ContentTerm, PerceptualLoss, StyleTerm, TotalVariationTerm
from stylenet.nets import NearestUpsample, Padding, TransformerNet
from stylenet.tasks.feedforward import FeedForward, NonFiniteLossError

# Lightning's own advice, and what torch deprecates in its use
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start of training"),
]

STYLE = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(7))


def pictures(count: int = 4, side: int = 16) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(1))


def batches(count: int) -> DataLoader[Tensor]:
    """``count`` batches of the same two pictures."""
    return DataLoader([*pictures(2)] * count, batch_size=2)


def make_net() -> TransformerNet:
    torch.manual_seed(0)
    norm = functools.partial(nn.InstanceNorm2d, affine=True)
    return TransformerNet(norm, Padding(0, "reflect", 1), NearestUpsample, width=1 / 8, blocks=1)


def make(network, optimizer=None, scheduler=None, net=None) -> FeedForward:
    layers = ["relu1_1", "relu1_2"] if hasattr(network, "layer_names") else ["one", "two"]
    loss = PerceptualLoss(
        {
            "content": ContentTerm(layers[1:], None, 1),
            "style": StyleTerm(network, STYLE, layers, None, 5),
            "tv": TotalVariationTerm(1e-3),
        },
        network,
    )
    optimizer = optimizer or functools.partial(Adam, lr=1e-2)
    return FeedForward(net or make_net(), loss, STYLE, optimizer, scheduler)


def make_trainer(steps: int, *callbacks: Callback, **more: object) -> Trainer:
    return Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=list(callbacks),
        **more,
    )


class History(Callback):
    """The loss of every step and the learning rate that it is taken with."""

    def __init__(self) -> None:
        self.total: list[float] = []
        self.rates: list[float] = []

    def on_train_batch_start(self, trainer, task, batch, batch_idx):
        self.rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
        self.total.append(float(outputs["loss"]))


def test_every_term_and_layer_is_logged(fake_network):
    trainer = make_trainer(2, limit_val_batches=1)
    trainer.fit(make(fake_network), batches(2), batches(1))
    logged = trainer.callback_metrics
    names = ["content", "style", "tv", "total", "content/two", "style/one", "style/two"]
    for stage in ("train", "val"):
        losses = {name: float(logged[f"{stage}/loss/{name}"]) for name in names}
        assert {k for k in logged if k.startswith(f"{stage}/loss/")} == {
            f"{stage}/loss/{name}" for name in names
        }
        assert all(value > 0 for value in losses.values())
        assert losses["total"] == pytest.approx(losses["content"] + losses["style"] + losses["tv"])
        assert losses["style"] == pytest.approx(losses["style/one"] + losses["style/two"])


class Gradients(Callback):
    """The net's gradient at every step, in one row."""

    def __init__(self) -> None:
        self.rows: list[Tensor] = []

    def on_before_optimizer_step(self, trainer, task, optimizer):
        self.rows.append(torch.cat([p.grad.flatten() for p in task.net.parameters()]))


def test_the_content_term_begins_larger_and_falls_to_its_weight(fake_network):
    """Of four steps without moving: the gradients' surplus is 3, 2.25, 1.5 and 0.75 times one."""
    still = functools.partial(SGD, lr=0.0)
    gradients, losses = {}, {}
    for start in (1.0, 4.0):
        task, seen, history = make(fake_network, still), Gradients(), History()
        task.content_start = start
        make_trainer(4, seen, history).fit(task, batches(4))
        gradients[start], losses[start] = torch.stack(seen.rows), torch.tensor(history.total)
        logged = float(task.trainer.callback_metrics["train/loss/total"])
        assert logged == pytest.approx(float(losses[1.0][0]), rel=1e-5)  # under the weight itself
    task = make(fake_network, still)
    task.loss.terms["content"].weight = 2.0
    seen = Gradients()
    make_trainer(1, seen).fit(task, batches(1))
    content = seen.rows[0] - gradients[1.0][0]
    for step, surplus in enumerate(gradients[4.0] - gradients[1.0]):
        torch.testing.assert_close(surplus, 3 * (1 - step / 4) * content, rtol=1e-3, atol=1e-5)
    assert content.abs().max() > 1e-3
    assert losses[4.0].diff().lt(0).all()


def test_a_content_start_that_cannot_be_is_refused(fake_network):
    loss = PerceptualLoss({"tv": TotalVariationTerm(1.0)}, fake_network)
    with pytest.raises(StylenetError, match=r"content_start=4 for a loss of tv, expected .* term"):
        FeedForward(make_net(), loss, STYLE, Adam, content_start=4)
    with pytest.raises(StylenetError, match=r"content_start=-1 .* expected 0 or more"):
        FeedForward(make_net(), make(fake_network).loss, STYLE, Adam, content_start=-1)


def test_the_logged_loss_is_that_of_the_net_s_pictures(fake_network):
    task = make(fake_network, functools.partial(SGD, lr=0.0))
    trainer = make_trainer(1)
    trainer.fit(task, batches(1))
    with torch.no_grad():
        expected = task.loss(task.net(pictures(2)), pictures(2))
    for name, value in {"total": expected.total, **expected.terms, **expected.parts}.items():
        torch.testing.assert_close(trainer.callback_metrics[f"train/loss/{name}"], value)


def test_the_loss_of_a_fixed_batch_falls(fake_network):
    history = History()
    make_trainer(30, history).fit(make(fake_network), batches(30))
    assert len(history.total) == 30
    assert history.total[-1] < 0.7 * history.total[0]


def test_only_the_net_is_optimised(fake_network):
    task = make(fake_network)
    before = {name: value.clone() for name, value in task.net.state_dict().items()}
    targets = [buffer.clone() for buffer in task.loss.buffers()]
    trainer = make_trainer(1)
    trainer.fit(task, batches(1))
    optimised = {id(p) for group in trainer.optimizers[0].param_groups for p in group["params"]}
    assert optimised == {id(parameter) for parameter in task.net.parameters()}
    after = task.net.state_dict()
    assert not torch.equal(after["encoder.0.0.weight"], before["encoder.0.0.weight"])
    assert targets
    for old, new in zip(targets, task.loss.buffers(), strict=True):
        torch.testing.assert_close(new, old, rtol=0, atol=0)


def test_validation_hands_out_its_pictures(fake_network):
    seen = []

    class Watcher(Callback):
        def on_validation_batch_end(self, trainer, task, outputs, batch, batch_idx):
            seen.append(outputs)

    task = make(fake_network)
    make_trainer(1, Watcher()).validate(task, batches(1), verbose=False)
    (outputs,) = seen
    torch.testing.assert_close(outputs["content"], pictures(2))
    torch.testing.assert_close(outputs["stylised"], task(pictures(2)).detach())


def test_the_schedule_moves_with_every_batch(fake_network):
    history = History()
    schedule = functools.partial(StepLR, step_size=2, gamma=0.5)
    task = make(fake_network, functools.partial(SGD, lr=8.0e-6), schedule)
    trainer = make_trainer(5, history)
    trainer.fit(task, batches(5))
    assert history.rates == pytest.approx([8e-6, 8e-6, 4e-6, 4e-6, 2e-6])
    assert float(trainer.callback_metrics["train/learning_rate"]) == pytest.approx(2e-6)


class Poison(nn.Module):
    """A net whose pictures are NaN from its ``step``-th call on."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.net, self.calls, self.step = make_net(), 0, step

    def forward(self, image: Tensor) -> Tensor:
        self.calls += 1
        return self.net(image) * (float("nan") if self.calls > self.step else 1)


def test_a_loss_that_is_no_number_stops_before_the_weights_are_touched(fake_network):
    task = make(fake_network, net=Poison(2))
    with pytest.raises(NonFiniteLossError) as caught:
        make_trainer(5).fit(task, batches(5))
    assert isinstance(caught.value, StylenetError)
    assert "At step 2 the loss is not finite" in caught.value.problem
    for name in ("content", "style", "tv"):
        assert f"{name} = nan" in caught.value.problem
    for remedy in ("Start again", "optimizer.lr", "smaller weight", "precision=32"):
        assert remedy in caught.value.remedy
    assert all(torch.isfinite(parameter).all() for parameter in task.net.parameters())


def test_the_error_names_only_the_term_that_went_wrong(fake_network):
    task = make(fake_network)
    task.loss.terms["style"].gram_one.fill_(float("inf"))
    with pytest.raises(NonFiniteLossError, match=r"At step 0 .* finite: style = inf; expected"):
        make_trainer(1).fit(task, batches(1))


def test_a_checkpoint_is_plain_data_and_holds_the_net_alone(tmp_path):
    """With the real loss network, whose tensors would be there if anything let them in."""
    task = make(compact_vgg(Bundled()))
    trainer = make_trainer(1)
    trainer.fit(task, batches(1))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    checkpoint = torch.load(tmp_path / "a.ckpt", weights_only=True)
    keys = set(checkpoint["state_dict"])
    assert keys == {f"net.{key}" for key in task.net.state_dict()}
    assert keys == set(task.state_dict())

    other = make(compact_vgg(Bundled()))
    assert not torch.equal(
        other.net.encoder[0][0].weight, checkpoint["state_dict"]["net.encoder.0.0.weight"]
    )
    other.load_state_dict(checkpoint["state_dict"])
    torch.testing.assert_close(other(pictures()), task(pictures()), rtol=0, atol=0)


@pytest.mark.parametrize("change", ["missing", "unexpected"])
def test_keys_of_a_checkpoint_are_checked(fake_network, tmp_path, change):
    task = make(fake_network)
    trainer = make_trainer(1)
    trainer.fit(task, batches(1))
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    checkpoint = torch.load(tmp_path / "a.ckpt", weights_only=True)
    if change == "missing":
        del checkpoint["state_dict"]["net.encoder.0.0.weight"]
    else:
        checkpoint["state_dict"]["net.more"] = torch.zeros(1)
    torch.save(checkpoint, tmp_path / "b.ckpt")
    with pytest.raises(RuntimeError, match=f"(?i){change} key.*net\\."):
        make_trainer(2).fit(
            make(fake_network), batches(2), ckpt_path=tmp_path / "b.ckpt", weights_only=True
        )


def test_the_compiler_gets_the_step_and_the_number_of_steps_to_come(fake_network):
    asked: list[float] = []
    calls: list[tuple[int, ...]] = []

    def compiler(function, steps):
        asked.append(steps)

        def watched(content):
            calls.append(tuple(content.shape))
            return function(content)

        return watched

    plain, watched = History(), History()
    make_trainer(3, plain).fit(make(fake_network), batches(3))
    task = make(fake_network)
    task = FeedForward(
        task.net, task.loss, STYLE, functools.partial(Adam, lr=1e-2), compiler=compiler
    )
    make_trainer(3, watched, limit_val_batches=1).fit(task, batches(3), batches(1))
    assert asked == [3]
    assert calls == [(2, 3, 16, 16)] * 3  # training steps, not the validation
    assert watched.total == plain.total
