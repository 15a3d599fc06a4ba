"""Pruned nets as files: smaller, loaded and exported like others, trained further."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hydra.errors import InstantiationException
from omegaconf import DictConfig
from torch.utils.flop_counter import FlopCounterMode

from stylenet.apply import Model, load_model, save_model
from stylenet.apply.export import onnx_bytes, onnx_runner
from stylenet.apply.pruning import prune
from stylenet.errors import StylenetError
from stylenet.run import train

INPUT = torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def pruned(tmp_path: Path) -> Model:
    """The net that ships, of two thirds of its multiplications."""
    net, about = prune(load_model("udnie"), 0.67, images=[INPUT])
    save_model(tmp_path / "pruned", net, about)
    return load_model(tmp_path / "pruned")


def flops(model: Model) -> int:
    with FlopCounterMode(display=False) as counter:
        model.net(INPUT)
    return int(counter.get_total_flops())


def test_a_pruned_net_is_smaller_and_loads_and_is_exported(pruned: Model) -> None:
    whole = load_model("udnie")
    size, before = (sum(p.numel() for p in m.net.parameters()) for m in (pruned, whole))
    assert size < 0.8 * before
    assert flops(pruned) < 0.8 * flops(whole)
    assert pruned.description["style"] == whole.description["style"]
    assert pruned.description["pruned"]["multiplications"] <= 0.67
    run = onnx_runner(onnx_bytes(pruned))
    for height, width in ((32, 40), (33, 47)):
        image = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))
        assert (run(image) - pruned.net(image).clamp(0, 1)).abs().max() < 1e-4


def test_it_is_pruned_again(pruned: Model) -> None:
    again, about = prune(pruned, 0.67, images=[INPUT])
    for key in ("encoder", "blocks", "decoder"):
        before = pruned.description["architecture"][key]
        assert all(a <= b for a, b in zip(about["architecture"][key], before, strict=True))
    assert again(INPUT).shape == INPUT.shape


def test_it_is_trained_further_by_an_ordinary_run(
    pruned: Model, composed: Callable[..., DictConfig], tiny: list[str], tmp_path: Path
) -> None:
    more = [*(one for one in tiny if "width" not in one), "logger=none", "trainer.max_steps=1"]
    common = [*more, "net=resnet_pruned", f"init={pruned.path.parent}", "callbacks.curves=null"]
    train(composed(*common, "optimizer.lr=0", f"run.dir={tmp_path / 'run'}"))
    trained = load_model(tmp_path / "run")
    assert trained.description["architecture"] == pruned.description["architecture"]
    for key, value in pruned.net.state_dict().items():
        torch.testing.assert_close(trained.net.state_dict()[key], value, rtol=0, atol=0)
    with pytest.raises(StylenetError, match=r"other settings than this one: upsample="):
        train(composed(*common, "net/upsample=nearest", f"run.dir={tmp_path / 'other'}"))
    nothing = [*more, "net=resnet_pruned", "init=null", f"run.dir={tmp_path / 'none'}"]
    with pytest.raises(InstantiationException, match="expected 3 of the encoder"):
        train(composed(*nothing))


def test_nets_that_cannot_be_pruned_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StylenetError, match=r"AnyStyleNet .*expected a net for one style"):
        prune(load_model("any"), 0.5)
    with pytest.raises(StylenetError, match="between 0 and 1"):
        prune(load_model("udnie"), 1.0)
