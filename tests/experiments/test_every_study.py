"""Every script of the studies and benchmarks imports, and what they run composes today."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from omegaconf import DictConfig, ListConfig, OmegaConf

from stylenet import compose
from stylenet.images import write_image
from stylenet.loss_networks import LossNetwork
from stylenet.losses import PerceptualLoss
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network

ROOT = Path(__file__).parents[2]
STUDIES = ROOT / "experiments"
SCRIPTS = sorted(
    [*STUDIES.glob("*.py"), *STUDIES.glob("*/*.py"), *(ROOT / "benchmarks").glob("*.py")]
)
READMES = sorted(STUDIES.glob("*/README.md"))
Load = Callable[[Path], ModuleType]


# of pydantic to wandb_workspaces
@pytest.mark.filterwarnings("ignore:Pydantic V1:DeprecationWarning")
@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_it_imports_and_waits_to_be_asked(
    file: Path, load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # shared pictures need not be there
    assert load(file).__doc__


def commands(readme: Path, folder: Path) -> list[list[str]]:
    """What the README's blocks call Python with, told by the shell: loops, variables and all."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", readme.read_text(), flags=re.DOTALL)
    python = "python() { printf '%s\\0' \"$@\"; printf '\\n\\0'; }; export -f python\n"
    scripts = 'sh() { bash "$ROOT/$1" "${@:2}"; }\n'  # a study's own, gone through like its README
    script = python + scripts + "\n".join(blocks)
    environment = os.environ | {"R": "runs", "A": "assets", "ROOT": str(ROOT)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    calls: list[list[str]] = [[]]
    for word in done.stdout.split("\0"):
        if word == "\n":
            calls.append([])
        else:
            calls[-1].append(word)
    return [call for call in calls if call != [""] and call]


def shape(argument: str) -> str:
    """What composing may fail by: keys, choices of groups, and of other values their kind."""
    key, equals, value = argument.partition("=")
    if (ROOT / "conf" / key.lstrip("+~").partition("@")[0]).is_dir():
        return argument
    words = re.sub(r"(?!(?:true|false|null|auto)\b)[A-Za-z_/][\w/.-]*", "word", value)
    return key + equals + re.sub(r"\d[\d.]*(?:e[+-]?\d+)?", "0", words)


@pytest.mark.parametrize("readme", READMES, ids=lambda file: file.parent.name)
def test_a_readmes_commands_are_there_and_compose(readme: Path, tmp_path: Path) -> None:
    found = commands(readme, tmp_path)
    assert found
    composed: set[tuple[str, ...]] = set()
    for program, *arguments in found:
        assert (ROOT / program).is_file(), program
        alike = (program, *map(shape, arguments))  # a loop's commands differ in names and numbers
        if program not in ("train.py", "evaluate.py") or alike in composed:
            continue
        composed.add(alike)
        if arguments[0] == "-m":  # the first of a sweep
            arguments = [re.sub(r"=([^,\[]+),.*", r"=\1", one) for one in arguments[1:]]
        compose(*arguments, name=program.removesuffix(".py"))
    if readme.parent.name == "several_styles":  # the shell's loops were gone through
        assert sum("run.dir=runs/single_wave" in call for call in found) == 1


def built(*overrides: str) -> PerceptualLoss:
    """The loss of this configuration against noise, which fails where layers and weights differ."""
    config = compose(*overrides)
    generator = torch.Generator().manual_seed(0)
    style = OmegaConf.select(config, "style")
    count = len(style) if isinstance(style, ListConfig) else 1
    pictures = [torch.rand(1, 3, 48, 48, generator=generator) for _ in range(count)]
    return build_loss(config, instantiate, network_of(config), style=pictures)


NETWORKS: dict[str, LossNetwork] = {}


def network_of(config: DictConfig) -> LossNetwork:
    """The loss network, read once."""
    key = OmegaConf.to_yaml(config.loss_network.network, resolve=True)
    if key not in NETWORKS:
        NETWORKS[key] = build_network(config, instantiate)
    return NETWORKS[key]


def test_pictures_of_the_study_of_optimised_pictures(load: Load) -> None:
    sheets = load(STUDIES / "gatys" / "sheets.py")
    for question, (shared, runs) in sheets.QUESTIONS.items():
        base = sheets.COMMON if question == "inversion" else sheets.GATYS
        for own in runs.values():
            loss = built(*base, *shared, *own)
            assert ("style" in loss.terms) == (question != "inversion")
            (layers,) = [o for o in own if "layers=" in o] or [""]
            for layer in re.findall(r"\[(.*)\]", layers):
                kind = "content" if question == "inversion" else "style"
                names = {name.partition("@")[0] for name in loss.terms[kind].layer_weights}
                assert names == {layer}


def test_pictures_of_the_studies_of_regions(load: Load) -> None:
    guided = load(STUDIES / "regions" / "guided.py")
    for case in guided.DEVELOPED[:1] + guided.PAINTED[:1] + guided.ANNOTATED[:1]:
        for own in (case.guided, case.plain):
            loss = built(*guided.COMMON, *case.common, *own)
            guides = any(one.startswith("regions=") for one in own)
            assert hasattr(loss.terms["style"], "by_region") == guides
    sheets = load(STUDIES / "regions_automatic" / "sheets.py")
    for kind, own in sheets.KINDS.items():
        term = built(*sheets.COMMON, *own).terms["style"]
        assert hasattr(term, "by_region") == (kind != "plain")


def test_pictures_of_the_study_of_sketches(load: Load) -> None:
    sheets = load(STUDIES / "sketch" / "sheets.py")
    assert "style" in built(*sheets.SETTINGS, "sketch=a.png", "library=b").terms


def test_pictures_of_the_study_of_laplacians(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edges = load(STUDIES / "laplacian" / "edges.py")
    seen = []

    def painted(run: Path, overrides: list[str]) -> dict[str, dict[str, float]]:
        loss = built(*overrides)
        seen.append(("laplacian" in loss.terms, loss.terms["style"].weight))
        run.mkdir(parents=True)
        for name in ("result", "content"):
            write_image(run / f"{name}.png", torch.rand(3, 24, 24))
        return {"losses": {"style": loss.terms["style"].weight, "content": 1.0}}

    monkeypatch.setattr(edges, "painted", painted)
    edges.measured(tmp_path, ("chelsea", "udnie"), 24, 1)
    usual = compose("task=gatys").loss_network.optimised.style_weight
    assert [weight for on, weight in seen if not on] == list(edges.STYLE_WEIGHTS)
    assert {weight for on, weight in seen if on} == set(edges.WITH) == {usual}
