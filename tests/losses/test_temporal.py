"""The temporal term: nothing for a net that moves what it paints as the frame moves."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor, nn
from torch.optim import SGD
from torch.utils.data import DataLoader

from stylenet.errors import StylenetError
from stylenet.losses import PerceptualLoss, Second, TemporalTerm
from stylenet.losses.temporal import temporal_loss
from stylenet.motion import Followed, MovedStill, StillMotion, located
from stylenet.nets import InstanceNorm, NearestUpsample, Padding, TransformerNet
from stylenet.tasks import FeedForward

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start of training"),
]
PLAIN = StillMotion(noise=0, light=0)


class Pointwise(nn.Module):
    """Each pixel's colours by an affine map: it commutes with every warp."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.colours = nn.Conv2d(3, 3, 1)

    def forward(self, image: Tensor) -> Tensor:
        return 0.1 * self.colours(image) + 0.5


class Position(nn.Module):
    """Paints the place, not what is there: the worst there is."""

    def forward(self, image: Tensor) -> Tensor:
        columns = torch.arange(image.shape[-1], dtype=image.dtype) % 2
        return columns.expand_as(image) + 0 * image


def small_net() -> nn.Module:
    torch.manual_seed(0)
    norm = functools.partial(InstanceNorm, eps=1e-5)
    return TransformerNet(norm, Padding(0, "reflect", 1), NearestUpsample, width=1 / 8, blocks=1)


def images(count: int = 2, side: int = 32) -> Tensor:
    coarse = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    return nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0.1, 0.9)


def loss_of(net: nn.Module, network: nn.Module, motion: StillMotion, weight: float = 1) -> Tensor:
    still = images()
    moved = motion(still, torch.Generator().manual_seed(0))
    loss = PerceptualLoss({"temporal": TemporalTerm(weight, motion)}, network)
    assert loss.motion is motion
    return loss(net(still), still, second=Second(net(moved.image), moved)).total


def test_a_net_that_commutes_with_the_warp_has_none(fake_network: nn.Module) -> None:
    assert loss_of(Pointwise(), fake_network, PLAIN) < 1e-10
    assert loss_of(nn.Identity(), fake_network, PLAIN) < 1e-10
    assert loss_of(Position(), fake_network, StillMotion(7, 0, noise=0, light=0)) > 0.02
    assert loss_of(nn.Identity(), fake_network, StillMotion()) > 1e-6  # noise is no motion


def test_a_net_that_paints_one_colour_has_none_whatever_the_noise(fake_network: nn.Module) -> None:
    class Flat(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return torch.full_like(image, 0.3)

    assert loss_of(Flat(), fake_network, StillMotion()) < 1e-10


def test_twice_the_weight_is_twice_the_loss(fake_network: nn.Module) -> None:
    once, thrice = (loss_of(small_net(), fake_network, PLAIN, weight) for weight in (1, 3))
    torch.testing.assert_close(thrice, 3 * once)


def test_the_gradient_reaches_the_net(fake_network: nn.Module) -> None:
    net = small_net()
    loss_of(net, fake_network, PLAIN).backward()
    weights = [p for p in net.parameters() if p.ndim == 4]
    assert weights
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in weights)


def test_what_left_the_frame_does_not_count(fake_network: nn.Module) -> None:
    still = images()
    flow = torch.tensor([5.0, 0.0])[:, None, None].expand(2, 2, 32, 32)
    grid, seen = located(flow)
    loss = PerceptualLoss({"temporal": TemporalTerm(1, PLAIN)}, fake_network)
    second = torch.roll(still, -5, -1)  # the five columns on the right are another place

    def of(image: Tensor) -> Tensor:
        return loss(still, still, second=Second(image, MovedStill(image, grid, seen))).total

    assert of(second) < 1e-10
    changed = second.clone()
    changed[..., -5:] = 1
    assert of(changed) < 1e-10
    changed[..., -6] = 1
    assert of(changed) > 1e-4
    nothing = MovedStill(second, grid, torch.zeros_like(seen))
    assert loss(still, still, second=Second(second + 1, nothing)).total == 0


def test_each_image_counts_by_itself() -> None:
    a, b = images(), images().flip(0)
    seen = torch.ones(2, 1, 32, 32)
    seen[1, :, 10:] = 0
    whole = temporal_loss(a, b, seen)
    torch.testing.assert_close(whole[1:], temporal_loss(a[1:], b[1:], seen[1:]))
    torch.testing.assert_close(whole[1], (a[1, :, :10] - b[1, :, :10]).square().mean())


def test_a_task_that_paints_one_frame_is_told(fake_network: nn.Module) -> None:
    loss = PerceptualLoss({"temporal": TemporalTerm(1, PLAIN)}, fake_network)
    with pytest.raises(StylenetError, match=r"loss/temporal=stills .* task=feedforward"):
        loss(images(), images())


def test_its_formula_stands_the_gradient_check() -> None:
    first, second = (images(1, 4).double() for _ in range(2))
    seen = torch.ones(1, 1, 4, 4, dtype=torch.double)
    seen[..., 0] = 0
    check = torch.autograd.gradcheck
    assert check(
        lambda x, y: temporal_loss(x, y, seen), (second.requires_grad_(), first.requires_grad_())
    )


class Totals(Callback):
    """The loss of every step."""

    def __init__(self) -> None:
        self.found: list[float] = []

    def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx) -> None:
        self.found.append(float(outputs["loss"]))


@pytest.fixture
def trained(fake_network: nn.Module) -> Callable[..., tuple[list[float], dict[str, float]]]:
    def train(
        net: nn.Module, steps: int = 3, lr: float = 0.0, batch: object = None, **more: object
    ):
        loss = PerceptualLoss({"temporal": TemporalTerm(10, StillMotion())}, fake_network)
        task = FeedForward(net, loss, images(1), functools.partial(SGD, lr=lr), **more)
        totals = Totals()
        trainer = Trainer(
            max_steps=steps,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[totals],
            limit_val_batches=1,
        )
        batches = DataLoader([*images(2)] * steps, batch_size=2)
        if batch is not None:  # of clips
            batches = DataLoader([batch] * steps, batch_size=None)
        trainer.fit(task, batches, batches)
        return totals.found, {k: float(v) for k, v in trainer.callback_metrics.items()}

    return train


def test_the_task_draws_other_frames_each_step_and_the_same_for_a_seed(trained) -> None:
    first, logged = trained(small_net())
    assert len(set(first)) == 3  # the same images, and a net that does not change
    assert logged["train/loss/temporal"] == pytest.approx(first[-1])
    assert logged["val/loss/temporal"] > 0
    assert trained(small_net())[0] == first
    assert trained(small_net(), seed=1)[0] != first


def test_second_frames_that_the_data_bring_are_those_compared(
    trained, fake_network: nn.Module
) -> None:
    still = images()
    flow = torch.tensor([5.0, 0.0])[:, None, None].expand(2, 2, 32, 32)
    moved = MovedStill(torch.roll(still, -5, -1), *located(flow))
    found, logged = trained(small_net(), 1, batch=Followed(still, moved))
    net = small_net()
    loss = PerceptualLoss({"temporal": TemporalTerm(10, StillMotion())}, fake_network)
    wanted = loss(net(still), still, second=Second(net(moved.image), moved)).total
    assert found[0] == pytest.approx(wanted.item(), rel=1e-4)
    assert logged["val/loss/temporal"] == pytest.approx(found[0], rel=1e-3)


def test_training_brings_it_down(trained) -> None:
    before, after = (trained(small_net(), 25, lr)[0] for lr in (0.0, 0.05))
    assert sum(after[-5:]) < 0.7 * sum(before[-5:])


def test_it_compiles_to_the_same(trained) -> None:
    plain, _ = trained(small_net(), 2)
    compiled, _ = trained(
        small_net(), 2, compiler=lambda function, steps: torch.compile(function, backend="eager")
    )
    assert compiled == pytest.approx(plain, rel=1e-4)
