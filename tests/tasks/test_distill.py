"""Distill in a real Trainer: it learns, logs what is explained, and keeps no teacher."""

from __future__ import annotations

import functools

import pytest
import torch
from pytorch_lightning import Trainer
from torch import Tensor, nn
from torch.optim import SGD, AdamW
from torch.utils.data import DataLoader

from stylenet.loss_networks import Distillation
from stylenet.loss_networks import network as networks
from stylenet.loss_networks.student import compact_vgg
from stylenet.loss_networks.weights import RandomWeights
from stylenet.tasks import Distill, NonFiniteLossError, warm_up_and_cosine

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start of training"),
]
WIDTHS = ((4, 4), (6, 6))


def pictures(count: int = 4) -> Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def batches(count: int) -> DataLoader[Tensor]:
    return DataLoader([*pictures(2)] * count, batch_size=2)


def make(optimizer=None, scheduler=None, compiler=None) -> Distill:  # type: ignore[no-untyped-def]
    student = compact_vgg(RandomWeights(seed=1), WIDTHS)
    teacher = networks.compact_vgg(RandomWeights(seed=0), widths=WIDTHS)
    distillation = Distillation(student, teacher, {"relu1_2": "relu1_2", "relu2_2": "relu2_2"})
    distillation.fit(student, [pictures()])
    optimizer = optimizer or functools.partial(AdamW, lr=1e-2)
    return Distill(student, distillation, optimizer, scheduler, compiler)


def make_trainer(steps: int) -> Trainer:
    return Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def test_what_is_explained_grows() -> None:
    task = make(functools.partial(AdamW, lr=3e-3))
    trainer = make_trainer(60)
    trainer.validate(task, batches(1), verbose=False)
    before = {k: float(v) for k, v in trainer.callback_metrics.items() if "explained" in k}
    trainer.fit(task, batches(60))
    trainer.validate(task, batches(1), verbose=False)
    after = trainer.callback_metrics
    assert set(before) == {"val/explained/relu1_2", "val/explained/relu2_2"}
    assert all(float(after[key]) > value for key, value in before.items())


def test_a_checkpoint_holds_student_adaptors_and_statistics_but_no_teacher() -> None:
    names = set(make().state_dict())
    assert {"net.layers.conv1_1.weight", "distillation.adaptors.relu2_2.map.weight"} <= names
    assert "distillation.adaptors.relu2_2.mean" in names
    assert not [name for name in names if "teacher" in name]


def test_the_step_is_compiled_where_a_compiler_is_given() -> None:
    asked: list[float] = []

    def compiler(step, steps):  # type: ignore[no-untyped-def]
        asked.append(steps)
        return step

    make_trainer(2).fit(make(compiler=compiler), batches(5))
    assert asked == [2]


def test_a_loss_that_is_not_finite_ends_the_run() -> None:
    task = make()
    with torch.no_grad():
        next(task.net.parameters()).fill_(torch.nan)
    with pytest.raises(NonFiniteLossError, match="At step 0 the loss is not finite: relu1_2 = nan"):
        make_trainer(1).fit(task, batches(1))


def test_the_explained_share_is_that_of_all_batches_together() -> None:
    task, trainer = make(), make_trainer(1)
    trainer.validate(task, batches(3), verbose=False)
    given, wanted = task.distillation.predict(task.net, pictures(2))["relu2_2"]
    given, wanted = given.double(), wanted.double()
    mean = wanted.mean((0, 2, 3), keepdim=True)
    expected = 1 - (given - wanted).square().sum() / (wanted - mean).square().sum()
    share = float(trainer.callback_metrics["val/explained/relu2_2"])
    assert share == pytest.approx(float(expected.detach()), rel=1e-4)


def test_the_rate_rises_then_falls_along_half_a_cosine() -> None:
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = warm_up_and_cosine(optimizer, steps=110, warm_up=10, least=0.1)
    rates = []
    for _ in range(130):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[:10] == pytest.approx([2 * (n + 1) / 11 for n in range(10)])
    assert rates[10] == pytest.approx(2)
    assert rates[60] == pytest.approx(2 * 0.55)  # half-way between 1 and 0.1
    assert rates[110:] == pytest.approx([0.2] * 20)
