"""RegionStyles: maps by chance, the loss of several regions, a training with maps."""

from __future__ import annotations

import functools

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor
from torch.optim import Adam
from torch.utils.data import DataLoader

from stylenet.errors import StylenetError
from stylenet.losses import ContentTerm, PerceptualLoss, RegionStylesTerm, StylesTerm
from stylenet.nets import (
    ConditionalInstanceNorm,
    InstanceNorm,
    NearestUpsample,
    Padding,
    StyleBank,
    TransformerNet,
)
from stylenet.tasks import DataMaps, RandomMaps, RegionStyles

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*have no `val_dataloader`"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that ended before"),
]
REFLECT = Padding(0, "reflect", 1)
NAMES = ("red", "green", "blue")
LAYERS = ["one", "two"]


def pictures(count: int = 2, side: int = 16, seed: int = 1) -> Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


STYLES = {name: pictures(1, 12 + 2 * n, seed=n) for n, name in enumerate(NAMES)}


def loss_of(network, term=RegionStylesTerm, **more) -> PerceptualLoss:
    terms = {
        "content": ContentTerm(["two"], None, 1),
        "style": term(network, list(STYLES.values()), LAYERS, None, 5, **more),
    }
    return PerceptualLoss(terms, network)


def conditional() -> TransformerNet:
    torch.manual_seed(0)
    norm = functools.partial(ConditionalInstanceNorm, styles=3)
    return TransformerNet(norm, REFLECT, NearestUpsample, width=1 / 8, blocks=1)


def bank() -> StyleBank:
    torch.manual_seed(0)
    return StyleBank(3, InstanceNorm, REFLECT, NearestUpsample, width=1 / 8)


def make(network, net=None, **more) -> RegionStyles:
    net = conditional() if net is None else net
    return RegionStyles(net, loss_of(network), STYLES, functools.partial(Adam, lr=1e-2), **more)


def fit(task: RegionStyles, steps: int, *callbacks: Callback, val: int = 0, **more) -> Trainer:
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
    loader = DataLoader([*pictures(2)] * steps, batch_size=2)
    trainer.fit(task, loader, DataLoader([*pictures(2)], batch_size=2) if val else None, **more)
    return trainer


def draw(maps, styles: int, batch: int, size: tuple[int, int], step: int, seed: int) -> Tensor:
    return maps(styles, torch.zeros(batch, 3, *size), None, step, seed)


def test_maps_are_partitions_and_a_function_of_seed_step_and_place():
    maps = RandomMaps()
    got = draw(maps, 5, 3, (40, 56), 7, 1)
    assert got.shape == (3, 5, 40, 56)
    assert got.sum(1).eq(1).all()
    assert set(got.unique().tolist()) == {0, 1}
    assert torch.equal(draw(maps, 5, 3, (40, 56), 7, 1), got)
    assert torch.equal(draw(maps, 5, 2, (40, 56), 7, 1), got[:2])  # whatever the batch
    others = (draw(maps, 5, 3, (40, 56), 8, 1), draw(maps, 5, 3, (40, 56), 7, 2), got.roll(1, 0))
    assert not any(torch.equal(got, other) for other in others)


def test_styles_come_equally_often_in_as_many_regions_as_asked_for():
    maps = RandomMaps(regions=[2, 3], cells=[2, 4])
    got = torch.cat([draw(maps, 4, 4, (24, 24), step, 0) for step in range(100)])
    styles = got.flatten(2).any(2).sum(1)
    assert styles.max() == 3
    assert styles.float().mean() > 2.2  # a region may vanish behind others
    torch.testing.assert_close(got.mean((0, 2, 3)), torch.full((4,), 0.25), atol=0.05, rtol=0)
    assert draw(RandomMaps(regions=[3, 9]), 2, 1, (8, 8), 0, 0).shape == (1, 2, 8, 8)


def test_few_cells_make_large_regions():
    def borders(cells: int) -> float:
        maps = RandomMaps(regions=[3, 3], cells=[cells, cells])
        got = torch.cat([draw(maps, 3, 4, (48, 48), step, 0) for step in range(10)])
        return float(got.diff(dim=3).abs().mean())

    assert borders(2) < borders(4) < borders(8)


@pytest.mark.parametrize("numbers", [{"regions": [0, 2]}, {"cells": [5, 3]}, {"cells": [2]}])
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(StylenetError, match="expected two numbers"):
        RandomMaps(**numbers)


def test_one_region_a_picture_is_one_style_a_picture(fake_network):
    """The reference: the loss of several styles without maps."""
    chosen = torch.tensor([2, 0, 1])
    maps = torch.nn.functional.one_hot(chosen, 3)[..., None, None].expand(3, 3, 16, 16).float()
    stylised, content, more = pictures(3, seed=5), pictures(3, seed=6), [1, 0.5, 2]
    plain = loss_of(fake_network, StylesTerm, style_weights=more)(stylised, content, chosen)
    got = loss_of(fake_network, style_weights=more)(stylised, content, regions=maps)
    for term in ("content", "style"):
        torch.testing.assert_close(got.terms[term], plain.terms[term])
    parts = [got.parts[f"style/{number}"] for number in range(3)]
    torch.testing.assert_close(torch.stack(parts)[chosen] * 3, plain.pictures["style"])


def test_a_style_that_is_nowhere_has_no_part_and_no_gradient(fake_network):
    maps = torch.zeros(2, 3, 16, 16)
    maps[:, 0, :, :9] = maps[:, 2, :, 9:] = 1
    net = conditional()
    terms = loss_of(fake_network)(net(pictures(), maps), pictures(), regions=maps)
    assert terms.parts["style/1"] == 0
    terms.total.backward()
    moved = {
        name.split("styles.")[1][0]
        for name, p in net.named_parameters()
        if "styles." in name and p.grad is not None
    }
    assert moved == {"0", "2"}


def test_the_data_s_own_maps(fake_network):
    task = make(fake_network, maps=DataMaps())
    own = torch.rand(2, 3, 16, 16).softmax(1)
    assert torch.equal(task.maps_at(0, (pictures(), own)), own)
    loader = DataLoader([*zip(pictures(), own, strict=True)] * 2, batch_size=2)
    trainer = Trainer(
        max_steps=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(task, loader, loader)
    assert "val/loss/red/style" in trainer.callback_metrics
    with pytest.raises(StylenetError, match="Got pictures with no maps for 3 styles"):
        task.maps_at(0, pictures())
    with pytest.raises(StylenetError, match="maps of 2 regions for 3 styles"):
        task.maps_at(0, (pictures(), own[:, :2]))


@pytest.mark.parametrize("net", [conditional, bank])
def test_a_training_logs_each_style_where_it_was(fake_network, net):
    task = make(fake_network, net(), maps=RandomMaps(regions=[3, 3]))
    seen = []

    class Watcher(Callback):
        def on_validation_batch_end(self, trainer, task, outputs, batch, batch_idx):
            seen.append(outputs)

    logged = fit(task, 5, Watcher(), val=1).callback_metrics
    val = {k.removeprefix("val/loss/"): float(v) for k, v in logged.items() if "val/loss" in k}
    (outputs,) = seen
    maps = outputs["regions"]
    assert torch.equal(maps, task.maps_at(0, outputs["content"]))
    with torch.no_grad():
        terms = task.loss(outputs["stylised"], outputs["content"], regions=maps)
    assert val["style"] == pytest.approx(float(terms.terms["style"]), rel=1e-4)
    shares = maps.mean((0, 2, 3))
    own = [shares[n] * val[f"{name}/style"] for n, name in enumerate(NAMES) if shares[n] > 0]
    assert float(sum(own)) == pytest.approx(val["style"], rel=1e-4)
    assert ("identity" in val) == ("reconstruction" in outputs) == (net is bank)
    trained = {k.split("/")[2] for k in logged if k.startswith("train/loss/") and k.count("/") == 3}
    assert trained & set(NAMES)


def test_a_resumed_training_is_the_uninterrupted_one(fake_network, tmp_path):
    whole, parted, resumed = (make(fake_network) for _ in range(3))
    fit(whole, 5)
    fit(parted, 2).save_checkpoint(tmp_path / "a.ckpt")
    fit(resumed, 5, ckpt_path=tmp_path / "a.ckpt", weights_only=True)
    for key, value in whole.net.state_dict().items():
        torch.testing.assert_close(resumed.net.state_dict()[key], value, rtol=0, atol=0)


def test_the_loss_inside_the_regions_falls(fake_network):
    task = make(fake_network)

    def value() -> float:
        with torch.no_grad():
            maps = task.maps_at(3, pictures())
            return float(task.loss(task(pictures(), maps), pictures(), regions=maps).total)

    before = value()
    fit(task, 25)
    assert value() < 0.8 * before
