"""MultiStyle in a real Trainer: order of styles, branches, balance, what moves, what is logged."""

from __future__ import annotations

import functools
from collections import Counter

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor
from torch.optim import SGD, Adam
from torch.utils.data import DataLoader

from stylenet.errors import StylenetError
from stylenet.losses import BatchStyleTerm, ContentTerm, PerceptualLoss, StylesTerm, StyleTerm
from stylenet.losses.functional import pixel_loss
from stylenet.nets import (
    ConditionalInstanceNorm,
    InstanceNorm,
    NearestUpsample,
    Padding,
    StyleBank,
    TransformerNet,
    shared_parameters,
    style_parameters,
)
from stylenet.tasks import AddStyle, MultiStyle, NonFiniteLossError
from stylenet.tasks.dealing import dealt_styles

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that ended before"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start of training"),
]
REFLECT = Padding(0, "reflect", 1)
NAMES = ("red", "green", "blue")
LAYERS = ["one", "two"]


def pictures(count: int = 2, side: int = 16, seed: int = 1) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def styles(names=NAMES) -> dict[str, Tensor]:
    return {name: pictures(1, 12 + 2 * n, seed=n) for n, name in enumerate(names)}


def batches(count: int) -> DataLoader[Tensor]:
    return DataLoader([*pictures(2)] * count, batch_size=2)


def bank(count: int = 3, norm=InstanceNorm) -> StyleBank:
    torch.manual_seed(0)
    return StyleBank(count, norm, REFLECT, NearestUpsample, width=1 / 8)


def conditional(count: int = 3) -> TransformerNet:
    torch.manual_seed(0)
    norm = functools.partial(ConditionalInstanceNorm, styles=count)
    return TransformerNet(norm, REFLECT, NearestUpsample, width=1 / 8, blocks=1)


def loss_of(network, names=NAMES, **more) -> PerceptualLoss:
    terms = {
        "content": ContentTerm(["two"], None, 1),
        "style": StylesTerm(network, list(styles(names).values()), LAYERS, None, 5, **more),
    }
    return PerceptualLoss(terms, network)


def make(network, net=None, optimizer=None, kind=MultiStyle, names=NAMES, **more) -> MultiStyle:
    optimizer = optimizer or functools.partial(Adam, lr=1e-2)
    net = bank() if net is None else net
    return kind(net, loss_of(network, names), styles(names), optimizer, **more)


def fit(task: MultiStyle, steps: int, *callbacks: Callback, val: int = 0, **more) -> Trainer:
    trainer = Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        limit_val_batches=val,
        num_sanity_val_steps=0,
        callbacks=list(callbacks),
    )
    trainer.fit(task, batches(steps), batches(1) if val else None, **more)
    return trainer


def test_a_content_start_is_a_larger_content_weight_at_first(fake_network):
    """In the first of one step: the same step as under the larger weight."""
    small = functools.partial(SGD, lr=1e-3)
    begun, heavier = (
        make(fake_network, optimizer=small, content_start=4),
        make(fake_network, optimizer=small),
    )
    heavier.loss.terms["content"].weight *= 4
    for task in (begun, heavier):
        fit(task, 1)
    ones, others = begun.net.state_dict(), heavier.net.state_dict()
    for name, value in ones.items():
        torch.testing.assert_close(value, others[name])
    plain = make(fake_network, optimizer=small)
    fit(plain, 1)
    assert any(not torch.equal(value, ones[name]) for name, value in plain.net.state_dict().items())


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("batch", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("seed", [0, 1])
def test_styles_are_balanced_at_every_moment(count, batch, seed):
    seen: Counter[int] = Counter(dict.fromkeys(range(count), 0))
    for step in range(3 * count):
        dealt = dealt_styles(count, batch, step, seed)
        assert len(set(dealt)) == min(count, batch)
        for style in dealt:
            seen[style] += 1
            assert max(seen.values()) - min(seen.values()) <= 1


def test_the_order_of_styles_is_shuffled_and_a_function_of_seed_and_step():
    def order(seed: int, steps=range(40)) -> list[list[int]]:
        return [dealt_styles(5, 2, step, seed) for step in steps]

    assert order(0) == order(0, range(40))
    assert order(0)[::-1] == order(0, reversed(range(40)))
    assert order(0) != order(1)
    assert len({tuple(map(tuple, order(0)[first : first + 5])) for first in range(0, 40, 5)}) > 4


def test_each_picture_is_compared_with_its_own_style(fake_network):
    """The reference: a loss of one style for each picture, one after the other."""
    loss = loss_of(fake_network, style_weights=[1, 0.5, 2])
    stylised, content, chosen = pictures(3, seed=5), pictures(3, seed=6), [2, 0, 1]
    got = loss(stylised, content, torch.tensor(chosen))
    singles = []
    for picture, number in enumerate(chosen):
        style = StyleTerm(
            fake_network, styles()[NAMES[number]], LAYERS, None, 5 * [1, 0.5, 2][number]
        )
        terms = {"content": ContentTerm(["two"], None, 1), "style": style}
        one = PerceptualLoss(terms, fake_network)
        singles.append(one(stylised[picture : picture + 1], content[picture : picture + 1]))
    for term in ("content", "style"):
        expected = torch.stack([single.terms[term] for single in singles])
        torch.testing.assert_close(got.pictures[term], expected)
        torch.testing.assert_close(got.terms[term], expected.mean())
    torch.testing.assert_close(got.total, torch.stack([s.total for s in singles]).mean())
    assert set(got.parts) == set(singles[0].parts)


def test_targets_are_made_once(fake_network):
    task = make(fake_network)
    before = len(fake_network.calls)
    fit(task, 2)
    # a step looks at the stylised pictures and the content; no style picture is read again
    assert len(fake_network.calls) == before + 2 * 2


def test_a_loss_of_several_styles_wants_to_know_which(fake_network):
    with pytest.raises(StylenetError, match="not told which style each picture"):
        loss_of(fake_network)(pictures(), pictures())
    with pytest.raises(StylenetError, match="for 3 styles, expected a number of 0 or more"):
        loss_of(fake_network, style_weights=[1, 2])


class Watch(Callback):
    """Parameters, gradients on what is shared and the optimiser's states, step by step."""

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []
        self.lengths: list[float] = []
        self.shared: list[list[Tensor]] = []
        self.counts: list[dict[str, int]] = []

    def on_train_batch_start(self, trainer, task, batch, batch_idx):
        if not self.states:
            self._look(trainer, task)

    def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
        self._look(trainer, task)
        grads = [p.grad.clone() for p in shared_parameters(task.net) if p.grad is not None]
        self.shared.append(grads)
        self.lengths.append(float(torch.cat([g.flatten() for g in grads]).norm()))

    def _look(self, trainer, task):
        self.states.append({k: v.clone() for k, v in task.net.state_dict().items()})
        state = trainer.optimizers[0].state
        names = {p: name for name, p in task.net.named_parameters()}
        self.counts.append({names[p]: int(v.get("step", 0)) for p, v in state.items()})

    def moved(self, step: int) -> set[str]:
        before, after = self.states[step], self.states[step + 1]
        return {key for key in after if not torch.equal(before[key], after[key])}


def numbers_moved(keys: set[str]) -> set[int]:
    return {int(key.split("banks.")[1].split(".")[0]) for key in keys if "banks." in key}


def test_style_steps_move_their_styles_and_identity_steps_none(fake_network):
    """Adam's momentum included: it would carry on what has no part in a step."""
    watch = Watch()
    task = make(fake_network, style_steps=2)
    fit(task, 9, watch)
    taken: Counter[int] = Counter()
    for step in range(9):
        moved = watch.moved(step)
        assert any(key.startswith("encoder") for key in moved)
        assert any(key.startswith("decoder") for key in moved)
        if step % 3 == 2:
            assert task.is_identity_step(step)
            assert numbers_moved(moved) == set()
        else:
            chosen = task.styles_at(step, 2)
            assert numbers_moved(moved) == set(chosen)
            taken.update(set(chosen))
    # a state for each style, which counts its own steps
    for style, steps in taken.items():
        counts = {v for k, v in watch.counts[-1].items() if k.startswith(f"banks.{style}.")}
        assert counts == {steps}
    assert {v for k, v in watch.counts[-1].items() if k.startswith("encoder")} == {9}


def test_reconstructions_may_have_an_optimiser_of_their_own(fake_network):
    """At the other's learning rate, over the shared weights, with its own count and moments."""
    watch = Watch()
    own = functools.partial(Adam, lr=1.0)
    task = make(fake_network, style_steps=2, identity_optimizer=own)
    fit(task, 9, watch)
    assert {v for k, v in watch.counts[-1].items() if k.startswith("encoder")} == {6}
    state = task._of_identity.state
    assert {int(value["step"]) for value in state.values()} == {3}
    assert set(map(id, state)) == set(map(id, shared_parameters(task.net)))
    assert task._of_identity.param_groups[0]["lr"] == 1e-2
    # the first step of a fresh Adam moves every weight by the learning rate
    key = "decoder.2.weight"
    moved = (watch.states[3][key] - watch.states[2][key]).abs()
    torch.testing.assert_close(moved.median(), torch.tensor(1e-2), rtol=1e-3, atol=0)
    assert numbers_moved(watch.moved(2)) == set()


@pytest.mark.parametrize("own", [None, functools.partial(SGD, lr=1.0)])
@pytest.mark.parametrize("weight", [1.0, 0.3, 0.0])
def test_the_identity_gradient_is_as_long_as_lambda_says(fake_network, weight, own):
    watch = Watch()
    sgd = functools.partial(SGD, lr=1e-3)
    task = make(fake_network, optimizer=sgd, identity_weight=weight, identity_optimizer=own)
    fit(task, 6, watch)
    assert watch.lengths[2] == pytest.approx(weight * watch.lengths[1], rel=1e-5)
    assert watch.lengths[5] == pytest.approx(weight * watch.lengths[4], rel=1e-5)
    if weight == 0:
        return
    # and points where the identity loss falls
    net = bank()
    net.load_state_dict(watch.states[2])
    loss = pixel_loss(net.reconstruct(pictures()), pictures()).mean()
    own = torch.autograd.grad(loss, shared_parameters(net))
    a, b = (torch.cat([g.flatten() for g in grads]) for grads in (own, watch.shared[2]))
    assert float(torch.cosine_similarity(a, b, 0)) == pytest.approx(1, abs=1e-4)


def test_a_net_that_cannot_reconstruct_has_style_steps_only(fake_network):
    watch = Watch()
    task = make(fake_network, conditional())
    trainer = fit(task, 6, watch)
    assert not any(task.is_identity_step(step) for step in range(6))
    assert "train/loss/identity" not in trainer.callback_metrics
    for step in range(6):
        own = {k.split("styles.")[1].split(".")[0] for k in watch.moved(step) if "styles." in k}
        assert own == {str(style) for style in task.styles_at(step, 2)}


@pytest.mark.parametrize("net", [bank, conditional])
def test_every_style_has_losses_of_its_own(fake_network, net):
    task = make(fake_network, net())
    logged = fit(task, 4, val=1).callback_metrics
    val = {k.removeprefix("val/loss/"): float(v) for k, v in logged.items() if "val/loss" in k}
    for term in ("content", "style"):
        own = [val[f"{name}/{term}"] for name in NAMES]
        assert sum(own) / 3 == pytest.approx(val[term], rel=1e-5)
    assert val["total"] == pytest.approx(val["content"] + val["style"], rel=1e-5)
    assert ("identity" in val) == (net is bank)
    for number, name in enumerate(NAMES):
        with torch.no_grad():
            weights = torch.nn.functional.one_hot(torch.tensor([number] * 2), 3)
            got = task.loss(task(pictures(), weights), pictures(), torch.tensor([number] * 2))
        assert val[f"{name}/style"] == pytest.approx(float(got.terms["style"]), rel=1e-4)
    trained = {k.split("/")[2] for k in logged if k.startswith("train/loss/") and k.count("/") == 3}
    assert set(NAMES) <= trained


def test_validation_hands_out_a_picture_for_each_style(fake_network):
    task = make(fake_network)
    seen = []

    class Watcher(Callback):
        def on_validation_batch_end(self, trainer, task, outputs, batch, batch_idx):
            seen.append(outputs)

    fit(task, 1, Watcher(), val=1)
    (outputs,) = seen
    assert tuple(outputs["stylised"]) == NAMES
    assert outputs["reconstruction"].shape == outputs["content"].shape == (2, 3, 16, 16)


@pytest.mark.parametrize("stop", [2, 4])
@pytest.mark.parametrize("own", [None, functools.partial(Adam, lr=1.0)])
def test_a_resumed_training_is_the_uninterrupted_one(fake_network, tmp_path, own, stop):
    whole = make(fake_network, identity_optimizer=own)
    fit(whole, 7)
    # at 2 before a step of the auto-encoder, which needs the length of the gradient before
    parted = make(fake_network, identity_optimizer=own)
    fit(parted, stop).save_checkpoint(tmp_path / "a.ckpt")
    resumed = make(fake_network, identity_optimizer=own)
    fit(resumed, 7, ckpt_path=tmp_path / "a.ckpt", weights_only=True)
    for key, value in whole.net.state_dict().items():
        torch.testing.assert_close(resumed.net.state_dict()[key], value, rtol=0, atol=0)


@pytest.mark.parametrize("norm", [InstanceNorm, torch.nn.BatchNorm2d])
def test_an_added_style_leaves_the_others_bit_identical(fake_network, norm):
    net = bank(4, norm)
    x, weights = pictures(4, seed=9), torch.eye(4)
    net.eval()
    with torch.no_grad():
        before, reconstruction = net(x, weights), net.reconstruct(x)
    task = make(fake_network, net, kind=AddStyle, names=("new",))
    fit(task, 5, val=1)
    with torch.no_grad():
        after = net(x, weights)
        assert torch.equal(net.reconstruct(x), reconstruction)
    assert torch.equal(after[:3], before[:3])
    assert not torch.equal(after[3], before[3])
    optimised = {id(p) for g in task.optimizers().param_groups for p in g["params"]}
    assert optimised == {id(p) for p in style_parameters(net, 3)}


def test_an_added_style_leaves_a_conditional_net_s_others_bit_identical(fake_network):
    net = conditional(4)
    x, weights = pictures(4, seed=9), torch.eye(4)
    with torch.no_grad():
        before = net(x, weights)
    fit(make(fake_network, net, kind=AddStyle, names=("new",)), 5)
    with torch.no_grad():
        after = net(x, weights)
    assert torch.equal(after[:3], before[:3])
    assert not torch.equal(after[3], before[3])


def test_a_net_of_one_style_is_refused(fake_network):
    net = TransformerNet(InstanceNorm, REFLECT, NearestUpsample, width=1 / 16)
    with pytest.raises(StylenetError, match=r"without a choice of styles.*net=stylebank, or net="):
        make(fake_network, net)


@pytest.mark.parametrize("term", [StyleTerm, BatchStyleTerm])
def test_a_loss_that_mixes_the_styles_is_refused(fake_network, term):
    """``loss=squared`` trained every style towards the mixture, ``loss=perceptual`` failed."""
    mixed = {"style": term(fake_network, list(styles().values()), LAYERS, None, 5)}
    with pytest.raises(StylenetError, match=r"mixture of the 3 styles.*experiment=normalised"):
        MultiStyle(bank(), PerceptualLoss(mixed, fake_network), styles(), Adam)


@pytest.mark.parametrize("numbers", [{"style_steps": 0}, {"identity_weight": -1.0}])
def test_numbers_out_of_range_are_refused(fake_network, numbers):
    with pytest.raises(StylenetError, match="expected 1 or more, and 0 or more"):
        make(fake_network, **numbers)


def test_a_loss_that_is_no_number_stops_before_the_weights_are_touched(fake_network):
    task = make(fake_network)
    task.loss.terms["style"].gram_one.fill_(float("inf"))
    with pytest.raises(NonFiniteLossError, match=r"At step 0 .* finite: style = inf"):
        fit(task, 1)
