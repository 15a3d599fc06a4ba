"""A norm, a net and a loss term of a user's own: found by their names, nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from stylenet.apply import ModelFileError, Stylizer
from stylenet.errors import StylenetError
from stylenet.losses import RegionStyleTerm, StyleTerm
from stylenet.run import train
from stylenet.run.building import instantiate
from stylenet.run.preparing import prepare
from stylenet.runners.building import build_loss, build_network

MODULE = """
from torch import nn

from stylenet.losses import Term


class Tint(nn.Module):
    def __init__(self, norm):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 1), norm(8), nn.Conv2d(8, 3, 1), nn.Sigmoid())

    def forward(self, image):
        return self.body(image)


class Deep(Term):
    def __init__(self, weight, network):
        super().__init__(weight)
        self.stylised_layers = (network.layer_names[0],)

    def forward(self, stylised, content):
        return {"": stylised.features[self.stylised_layers[0]].square().flatten(1).mean(1)}
"""
FILES = {
    "norm/group.yaml": "_target_: torch.nn.GroupNorm\n_partial_: true\n_args_: [4]\n",
    "net/tint.yaml": "_target_: own_parts.Tint\nnorm: ${norm}\n",
    "loss/deep.yaml": """
defaults: [perceptual, _self_]
terms: {deep: {_target_: own_parts.Deep, _partial_: true, weight: 0.1}}
""",
}


@pytest.fixture
def own(
    composed: Callable[..., DictConfig],
    tmp_path: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., DictConfig]:
    """``own(*overrides)``: a small run with the files of a user's own on Hydra's search path."""
    (tmp_path / "own_parts.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in FILES.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_text(text)
    small = ["data.size=48", "data.val_size=48", "data.batch_size=2", "data.num_workers=0"]
    small += ["trainer.max_steps=1", "trainer.accelerator=cpu", "logger=none", "data=folder"]
    small += [f"data.root={photos}", "data.val_count=2", f"run.dir={tmp_path / 'run'}"]

    def compose(*overrides: str) -> DictConfig:
        return composed(f"hydra.searchpath=[file://{tmp_path / 'own'}]", *small, *overrides)

    return compose


def test_a_net_a_norm_and_a_term_of_ones_own_train_are_saved_and_load(
    own: Callable[..., DictConfig], tmp_path: Path
) -> None:
    config = own("net=tint", "norm=group", "loss=deep", "net_packages=[own_parts]")
    loss = train(config)
    assert loss is not None
    assert "train/loss/deep" in (tmp_path / "run" / "losses.csv").read_text()
    image = torch.rand(3, 20, 24)
    with pytest.raises(ModelFileError, match=r"names own_parts.Tint, .*net_packages="):
        Stylizer.load(tmp_path / "run")
    stylizer = Stylizer.load(tmp_path / "run", "cpu", packages=["own_parts"])
    assert type(stylizer.model.net).__name__ == "Tint"
    norms = [m for m in stylizer.model.net.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert [m.num_groups for m in norms] == [4]
    assert stylizer(image).shape == image.shape


def test_a_net_that_could_not_be_loaded_is_refused_before_its_training(
    own: Callable[..., DictConfig], tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match=r"own_parts.Tint, .*'net_packages=\[my_nets\]'"):
        prepare(own("net=tint"), [])
    assert not (tmp_path / "run").exists()


def test_group_norm_reaches_nets_of_several_styles(own: Callable[..., DictConfig]) -> None:
    net = instantiate(own("task=multistyle", "net=stylebank", "norm=group").net)
    norms = [m for m in net.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert len(norms) == 3 + 2 + 2 * net.styles


def test_terms_get_what_they_ask_for_by_name(own: Callable[..., DictConfig]) -> None:
    config = own("loss=deep", "loss.style_weight=1", "loss.content_weight=1", "loss.tv_weight=1")
    network, style = build_network(config, instantiate), torch.rand(1, 3, 128, 128)
    loss = build_loss(config, instantiate, network, style=style)
    assert list(loss.terms) == ["content", "style", "tv", "deep"]
    without = build_loss(config, instantiate, network, style=None)
    assert list(without.terms) == ["content", "tv", "deep"]
    regions = torch.ones(1, 2, 128, 128)
    with pytest.raises(StylenetError, match=r"no term of the loss takes style_regions.*leave out"):
        build_loss(config, instantiate, network, style=[style], style_regions=regions)
    config.loss.terms.style._target_ = "stylenet.losses.RegionStyleTerm"
    config.loss.terms.style.style_weights = None
    loss = build_loss(config, instantiate, network, style=[style], style_regions=regions)
    assert isinstance(loss.terms["style"], RegionStyleTerm)
    assert not isinstance(loss.terms["style"], StyleTerm)
    assert loss.terms["style"].count == 2
