"""Parts of a user's own, as docs/extending.md has them: found by name, nothing is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from stylenet.apply import ModelFileError, Stylizer
from stylenet.errors import StylenetError
from stylenet.losses import RegionStyleTerm, StyleTerm
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network

MODULE = """
from stylenet.losses import Term


class Deep(Term):
    def __init__(self, weight, network):
        super().__init__(weight)
        self.stylised_layers = (network.layer_names[0],)

    def forward(self, stylised, content):
        return {"": stylised.features[self.stylised_layers[0]].square().flatten(1).mean(1)}
"""
FILES = {
    "norm/group.yaml": "_target_: torch.nn.GroupNorm\n_partial_: true\n_args_: [4]\n",
    "loss/deep.yaml": """
defaults: [perceptual, _self_]
terms: {deep: {_target_: deep_term.Deep, _partial_: true, weight: 0.1}}
""",
}
OWN = ("--config-dir", "mine", "task=noisy", "norm=group", "net=tint", "loss=bright")
Script = Callable[..., int]


@pytest.fixture
def small(tiny: list[str], own_parts: Path) -> list[str]:
    """With the files of docs/extending.md beside it."""
    return [*(a for a in tiny if not a.startswith("net.")), "logger=none", "trainer.max_steps=1"]


def test_a_norm_a_net_a_term_and_a_task_of_ones_own_train_are_saved_and_load(
    script: Script, small: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    arguments = [*OWN, *small, "noise=0.2", "net_packages=[mine]", f"run.dir={run}"]
    assert script("train.py", *arguments) == 0, capfd.readouterr().err
    assert "train/loss/brightness" in (run / "losses.csv").read_text()
    image = torch.rand(3, 20, 24)
    with pytest.raises(ModelFileError, match=r"names mine.Tint, .*net_packages="):
        Stylizer.load(run)
    stylizer = Stylizer.load(run, "cpu", packages=["mine"])
    assert type(stylizer.model.net).__name__ == "Tint"
    norms = [m for m in stylizer.model.net.modules() if isinstance(m, torch.nn.GroupNorm)]
    assert [m.num_groups for m in norms] == [4]
    assert stylizer(image).shape == image.shape
    # without the folder of its configuration
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    assert script("train.py", f"resume={run}", "trainer.max_steps=2") == 0
    assert json.loads((run / "run.json").read_text())["steps"] == 2


@pytest.mark.parametrize("by", [["--config-dir", "mine"], ["hydra.searchpath=[file://mine]"]])
def test_a_task_of_ones_own_checks_its_inputs_and_other_tasks_refuse_them(
    by: list[str],
    script: Script,
    small: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def said(*arguments: str) -> str:
        assert script("train.py", *by, *small, *arguments) == 2
        return capfd.readouterr().err

    assert "Got noise=-1, expected 0 or more. Use noise=0.1." in said("task=noisy", "noise=-1")
    assert "there is no key noize. Did you mean noise?" in said("task=noisy", "noize=1")
    words = "noise is an input of task=noisy: choose that, or leave noise out."
    assert words in said("task=texture", "+noise=1")


def test_a_net_that_could_not_be_loaded_is_refused_before_its_training(
    script: Script, small: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("train.py", *OWN, *small, f"run.dir={tmp_path / 'run'}") == 2
    words = " ".join(capfd.readouterr().err.split())
    assert re.search(r"mine.Tint, .*'net_packages=\[my_nets\]'", words)
    assert not (tmp_path / "run").exists()


@pytest.fixture
def own(
    composed: Callable[..., DictConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., DictConfig]:
    """``own(*overrides)``: with a term that asks for an input, and a norm that torch has."""
    (tmp_path / "deep_term.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in FILES.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_text(text)
    return lambda *more: composed(f"hydra.searchpath=[file://{tmp_path / 'own'}]", *more)


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
