"""DistillNet: what a teacher's term is, and that the teacher is neither trained nor saved."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Trainer
from torch import Tensor
from torch.optim import Adam
from torch.utils.data import DataLoader

from stylenet.losses import ContentTerm, PerceptualLoss, StyleTerm
from stylenet.nets import InstanceNorm, NearestUpsample, Padding, TransformerNet
from stylenet.tasks.distill_net import DistillNet, unexplained

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start of training"),
]
STYLE = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(7))
CONTENT = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def net(width: float, seed: int = 0) -> TransformerNet:
    torch.manual_seed(seed)
    padding = Padding(0, "reflect", 1)
    return TransformerNet(InstanceNorm, padding, NearestUpsample, width=width, blocks=1)


def task(network: torch.nn.Module, **more: float) -> DistillNet:
    terms = {
        "content": ContentTerm(["two"], None, 1),
        "style": StyleTerm(network, STYLE, ["one", "two"], None, 5),
    }
    loss = PerceptualLoss(terms, network)
    optimizer = functools.partial(Adam, lr=1e-2)
    return DistillNet(net(1 / 8), net(1 / 4, seed=1), loss, STYLE, optimizer, **more)


def trainer(steps: int, folder: Path) -> Trainer:
    quiet = dict.fromkeys(("logger", "enable_progress_bar", "enable_model_summary"), False)
    return Trainer(max_steps=steps, accelerator="cpu", default_root_dir=folder, **quiet)


def test_what_is_missed_is_a_fraction_of_the_variance() -> None:
    generator = torch.Generator().manual_seed(0)
    wanted = torch.randn(4, 3, 16, 16, generator=generator) * 3 + 5
    assert unexplained(wanted, wanted) == 0
    mean = wanted.mean((0, 2, 3), keepdim=True).expand_as(wanted)
    assert float(unexplained(mean, wanted)) == pytest.approx(1, abs=1e-5)
    noisy = wanted + torch.randn(wanted.shape, generator=generator)
    assert float(unexplained(noisy, wanted)) == pytest.approx(1 / 9, rel=0.1)
    assert float(unexplained(10 * noisy, 10 * wanted)) == pytest.approx(
        float(unexplained(noisy, wanted)), rel=1e-4
    )


def test_the_terms_are_the_teachers_beside_the_loss(fake_network: torch.nn.Module) -> None:
    made = task(fake_network, output_weight=2.0, feature_weight=3.0)
    terms = made._losses(CONTENT)
    plain = made.loss(made.net(CONTENT), CONTENT)
    outputs = 2 * unexplained(made.net(CONTENT), made.teacher(CONTENT))
    torch.testing.assert_close(terms.terms["outputs"], outputs)
    torch.testing.assert_close(terms.terms["style"], plain.terms["style"])
    total = plain.total + terms.terms["outputs"] + terms.terms["features"]
    torch.testing.assert_close(terms.total, total)
    assert terms.terms["features"] > 0


def test_a_student_nears_its_teacher_which_stays(
    fake_network: torch.nn.Module, tmp_path: Path
) -> None:
    made = task(fake_network, output_weight=50.0)
    before = {k: v.clone() for k, v in made.teacher.state_dict().items()}
    missed = made._losses(CONTENT).terms["outputs"]
    run = trainer(40, tmp_path)
    run.fit(made, DataLoader([*CONTENT] * 40, batch_size=2))
    assert made._losses(CONTENT).terms["outputs"] < 0.7 * missed
    for key, value in made.teacher.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    (file,) = tmp_path.rglob("*.ckpt")
    saved = torch.load(file, weights_only=True)["state_dict"]
    assert {key.partition(".")[0] for key in saved} == {"net", "adaptor"}


def test_validation_has_the_loss_of_other_runs(
    fake_network: torch.nn.Module, tmp_path: Path
) -> None:
    made = task(fake_network)
    run = trainer(1, tmp_path)
    batches: DataLoader[Tensor] = DataLoader([*CONTENT], batch_size=2)
    run.validate(made, batches, verbose=False)
    expected = made.loss(made.net(CONTENT), CONTENT).total
    torch.testing.assert_close(run.callback_metrics["val/loss/total"], expected.detach())
    assert "val/loss/outputs" not in run.callback_metrics
