"""Fakes and small things that tests share."""

from __future__ import annotations

import copy
import csv
import functools
import hashlib
import importlib.util
import json
import logging
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
import wandb
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from numpy.typing import NDArray
from omegaconf import DictConfig
from PIL import Image
from torch import Tensor, nn

import stylenet
from stylenet.apply import any_style, save_model, zoo
from stylenet.apply.model_file import build_architecture
from stylenet.loss_networks.architectures import Architecture
from stylenet.loss_networks.weights import LoadedWeights, RandomWeights
from stylenet.metrics import Judge
from stylenet.run.launch import register
from stylenet.settings.folder import conf_folder

ROOT = Path(__file__).parents[1]
# tests run side by side, one a core: more threads would only wait for one another
torch.set_num_threads(1)
ASSETS = ROOT.parent / "shared" / "assets"


def _processor(patch: pytest.MonkeyPatch, bf16: bool) -> None:
    own = getattr(torch.cpu, "get_capabilities", dict)()
    told = {**own, "avx512_bf16": bf16, "amx_bf16": False}
    patch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _plain_processor() -> Iterator[None]:
    """What a test finds, and how long it takes, does not depend on the machine's processor."""
    with pytest.MonkeyPatch.context() as patch:
        _processor(patch, bf16=False)
        yield


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Lightning sets the number anew where several processes train, for the process of the tests
    too; two threads do not add alike every time, so runs would differ in their last bit."""
    yield
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _absl_leaves_streams_open() -> None:
    """Uvicorn closes all handlers of logging; absl's, which OpenVINO brings, then closes what was
    standard error when it was imported: of a test that is over, and pytest loses its own."""
    if absl := sys.modules.get("absl.logging"):
        absl.get_absl_handler().python_handler.stream = sys.__stderr__


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``processor(bf16=True)``: torch says so of the CPU; it says false where no test asks."""
    return lambda *, bf16: _processor(monkeypatch, bf16)


def _slowness() -> float:
    """How often as long as 0.02 s, an idle core's time for it, a piece of work takes; 1 or more."""
    began = time.perf_counter()
    sum(range(1_000_000))
    return max(1.0, (time.perf_counter() - began) / 0.02)


def _wait_for(condition: Callable[[], object], seconds: float = 300) -> bool:
    while seconds > 0:
        for _ in range(10):
            if condition():
                return True
            time.sleep(0.1)
        seconds -= 1 / _slowness()
    return False


@pytest.fixture
def slowness() -> Callable[[], float]:
    """``slowness()``: what to multiply a time limit by here and now; 1 on an idle machine."""
    return _slowness


@pytest.fixture
def wait_for() -> Callable[..., bool]:
    """``wait_for(condition, seconds=300)``: whether it came true; a slow or busy machine's seconds
    are longer."""
    return _wait_for


@pytest.fixture
def finish() -> Callable[..., tuple[str, str]]:
    """``finish(process)``: waits for its end and returns its stdout and stderr.

    The process leads a group of its own, all of which is killed if the end does not come.
    """

    def wait(process: subprocess.Popen[str]) -> tuple[str, str]:
        said: list[str] = []

        def ended() -> bool:
            try:
                said[:] = process.communicate(timeout=0.01)
            except subprocess.TimeoutExpired:
                return False
            return True

        try:
            assert _wait_for(ended), f"{process.args} does not end"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return said[0], said[1]

    return wait


class FakeLossNetwork(nn.Module):
    """Layer ``one``: a fixed 1x1 convolution to 4 channels; ``two``: its ReLU, half the size."""

    name = "fake"
    weights_source = "fake"

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.weight = torch.randn(4, 3, 1, 1, generator=generator)
        self.calls: list[tuple[str, ...]] = []

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        layers = tuple(layers)
        self.calls.append(layers)
        one = nn.functional.conv2d(image, self.weight.to(image))
        features = {"one": one, "two": nn.functional.avg_pool2d(one.relu(), 2)}
        return {layer: features[layer] for layer in layers}


@pytest.fixture
def fake_network() -> FakeLossNetwork:
    return FakeLossNetwork()


_drawn: dict[str, LoadedWeights] = {}


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights are drawn once, and copied: a VGG's 15 million take longer than their use."""
    draw = RandomWeights.load

    def load(weights: RandomWeights, architecture: Architecture) -> LoadedWeights:
        key = f"{weights.seed} {architecture.shapes()}"
        if key not in _drawn:
            _drawn[key] = draw(weights, architecture)
        copies = {name: tensor.clone() for name, tensor in _drawn[key].tensors.items()}
        return LoadedWeights(copies, _drawn[key].source)

    monkeypatch.setattr(RandomWeights, "load", load)


@pytest.fixture
def small_judge() -> Judge:
    """A judge of random blocks, each of four channels at half the size of the one before."""
    generator = torch.Generator().manual_seed(0)
    layers = [nn.Conv2d(channels, 4, 3, 2, 1) for channels in (3, 4, 4, 4)]
    for layer in layers:
        layer.weight.data = torch.randn(layer.weight.shape, generator=generator)
        layer.bias.data.zero_()
    return Judge(nn.Identity(), layers, {"s2": 0, "s4": 1, "s8": 2, "s16": 3})


@pytest.fixture
def assets() -> Path:
    if not ASSETS.is_dir():
        pytest.skip(f"{ASSETS} is not there (shared test pictures and weights)")
    return ASSETS


def write_photos(folder: Path, count: int, side: int = 48) -> Path:
    """Smooth random pictures, JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for index in range(count):
        coarse = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((side + index, side), Image.Resampling.BICUBIC)
        picture.save(folder / f"{index:02d}.jpg")
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_photos(tmp_path / "photos", 8)


def write_coco(root: Path, split: str, names: Sequence[str], first: int = 0) -> None:
    """``root/split`` with pictures and ``root/annotations/instances_split.json``.

    Picture n has one instance, of the category cat or dog by turns, of area 100 (n + 1).
    """
    folder = write_photos(root / "new", len(names))
    (root / split).mkdir(parents=True)
    for picture, name in zip(sorted(folder.iterdir()), names, strict=True):
        picture.rename(root / split / name)
    folder.rmdir()
    numbers = range(first, first + len(names))
    dataset = {
        "images": [{"id": n, "file_name": name} for n, name in zip(numbers, names, strict=True)],
        "annotations": [
            {"id": 7 * n, "image_id": n, "category_id": 17 + n % 2, "area": 100.0 * (n + 1)}
            for n in numbers
        ],
        "categories": [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}],
    }
    annotations = root / "annotations"
    annotations.mkdir(exist_ok=True)
    (annotations / f"instances_{split}.json").write_text(json.dumps(dataset))


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """A COCO 2017 of 12 training and 4 validation pictures, by `write_coco`."""
    root = tmp_path / "coco"
    write_coco(root, "train2017", [f"{n:012d}.jpg" for n in range(12)])
    write_coco(root, "val2017", [f"{n:012d}.jpg" for n in range(100, 104)], first=100)
    return root


@functools.cache
def _composition(config_name: str, overrides: tuple[str, ...]) -> DictConfig:
    if config_name == "train":
        return stylenet.compose(*overrides)
    return hydra_compose(config_name, list(overrides))


@pytest.fixture
def composed() -> Iterator[Callable[..., DictConfig]]:
    """`stylenet.compose`; a Hydra is there, too, as in an application.

    ``config_name="evaluate"`` composes the configuration of ``evaluate.py``. What was composed is
    kept, since that takes 0.2 s, and each gets a copy.
    """

    def one(*overrides: str, config_name: str = "train") -> DictConfig:
        return copy.deepcopy(_composition(config_name, overrides))

    register()
    with initialize_config_dir(str(conf_folder()), version_base="1.3"):
        yield one


def beside(file: str) -> ModuleType:
    """A module in a file of the tests that is no test itself, read once."""
    name = f"tests_{Path(file).stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]


@pytest.fixture
def wandb_file() -> ModuleType:
    """The reader of offline W&B runs: ``records(path)``, ``history(path)``, ``config(path)``."""
    return beside("loggers/wandb_file.py")


@pytest.fixture
def wandb_history(wandb_file: ModuleType) -> Callable[[Path], list[dict[str, Any]]]:
    """``wandb_history(folder)``: what the only offline W&B run below a folder logged."""

    def read(folder: Path) -> list[dict[str, Any]]:
        wandb.teardown()  # W&B's service writes on for a moment after a run is finished
        history: list[dict[str, Any]] = wandb_file.history(folder)
        return history

    return read


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """``script("train.py", *arguments) -> exit status``: the real file, in this process.

    A path from the repository's root, or an absolute one.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")
    # Hydra would compose all once more at first, to learn whether conf/ sets hydra.mode: it does
    # not. The processes that tests start do without this.
    monkeypatch.setattr(Hydra, "get_mode", lambda *_, **__: None)
    levels = {name: logging.getLogger(name).level for name in ("", "pytorch_lightning")}

    def run(file: str, *arguments: str) -> int:
        GlobalHydra.instance().clear()
        monkeypatch.setattr(sys, "argv", [file, *arguments])
        try:
            runpy.run_path(str(ROOT / file), run_name="__main__")
        except SystemExit as end:
            if not isinstance(end.code, str):
                return end.code or 0
            print(end.code, file=sys.stderr)  # as Python does
            return 1
        return 0

    yield run
    GlobalHydra.instance().clear()
    HydraConfig.instance().cfg = None
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def trained(script: Callable[..., int], _made: Path, tmp_path: Path) -> Callable[..., Path]:
    """``trained(run, *overrides)``: the directory of a run that train.py really left.

    Made once, and copied for whoever wants the same; paths in it are those of this test.
    """

    def train(run: Path, *overrides: str) -> Path:
        own = "\n".join(overrides).replace(str(tmp_path), "")
        kept = _made / hashlib.sha256(f"{run.name}\n{own}".encode()).hexdigest()
        if not kept.exists():
            assert script("train.py", *overrides, f"run.dir={run}") == 0
            shutil.copytree(run, kept / "run")
            (kept / "place").write_text(str(tmp_path))
            return run
        shutil.copytree(kept / "run", run)
        before = (kept / "place").read_text()
        for file in (*run.glob("*.yaml"), *run.glob("*.json")):
            file.write_text(file.read_text().replace(before, str(tmp_path)))
        return run

    return train


@pytest.fixture
def losses() -> Callable[[Path], dict[tuple[int, str], float]]:
    """``losses(run)``: what its ``losses.csv`` says, (step, name) -> value."""

    def logged(run: Path) -> dict[tuple[int, str], float]:
        with (run / "losses.csv").open() as file:
            return {(int(r["step"]), r["name"]): float(r["value"]) for r in csv.DictReader(file)}

    return logged


@pytest.fixture
def whole_and_parted(
    script: Callable[..., int], tmp_path: Path
) -> Callable[..., tuple[Path, Path]]:
    """``whole_and_parted(overrides, 3, 5, 8)``: a run of 8 steps, and one that stops at 3 and 5.

    The second is resumed by ``trainer.max_steps`` and ``more`` alone.
    """

    def train(overrides: list[str], *steps: int, more: Sequence[str] = ()) -> tuple[Path, Path]:
        whole, parted = tmp_path / "whole", tmp_path / "parted"
        for run, end in ((whole, steps[-1]), (parted, steps[0])):
            of_run = [f"trainer.max_steps={end}", f"run.dir={run}"]
            assert script("train.py", *overrides, *of_run) == 0
        for end in steps[1:]:
            assert script("train.py", f"resume={parted}", f"trainer.max_steps={end}", *more) == 0
        return whole, parted

    return train


@pytest.fixture
def own_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with ``mine.py`` and the folder ``mine`` of docs/extending.md."""
    page = (ROOT / "docs" / "extending.md").read_text()
    for name, text in re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', page, re.DOTALL):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    return tmp_path


@pytest.fixture
def tiny(photos: Path) -> list[str]:
    """Overrides that make a training run small enough for a test."""
    return [
        "data=folder",
        f"data.root={photos}",
        "data.val_count=2",
        "data.size=48",
        "data.val_size=48",
        "data.batch_size=2",
        "data.num_workers=0",
        "style_size.px=32",
        "net.width=0.125",
        "trainer.accelerator=cpu",
        "trainer.log_every_n_steps=1",
        f"style={photos / '07.jpg'}",
    ]


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """``clip("a.mp4", frames, times, ...)``: see ``clips.py``."""
    write = beside("clips.py").write_clip
    return lambda name, *more, **options: write(tmp_path / name, *more, **options)


@pytest.fixture
def scene() -> Callable[..., list[NDArray[np.uint8]]]:
    """``scene(count, height, width)``: see ``clips.py``."""
    moving: Callable[..., list[NDArray[np.uint8]]] = beside("clips.py").moving_scene
    return moving


@pytest.fixture
def file_server() -> Iterator[ThreadingHTTPServer]:
    """See ``file_server.py``."""
    with beside("file_server.py").FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


NORM = {"_target_": "stylenet.nets.InstanceNorm", "_partial_": True}
SEVERAL = {"_target_": "stylenet.nets.ConditionalInstanceNorm", "_partial_": True, "styles": 2}
PREDICTED = {"_target_": "stylenet.nets.PredictedInstanceNorm", "_partial_": True}
LAYERS = ["pixels", "relu1_2"]
STATISTICS = 2 * (3 + 32)


def transformer(norm: dict[str, Any]) -> dict[str, Any]:
    return {
        "_target_": "stylenet.nets.TransformerNet",
        "width": 0.125,
        "blocks": 1,
        "norm": norm,
        "padding": {
            "_target_": "stylenet.nets.Padding",
            "margin": 0,
            "mode": "reflect",
            "residual": 1,
        },
        "upsample": {"_target_": "stylenet.nets.NearestUpsample", "_partial_": True},
    }


def lively(net: nn.Module, seed: int) -> nn.Module:
    """Weights at which each net paints otherwise than the next."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(0.3 * noise if parameter.ndim < 2 else 0.1 * noise)
    return net


def save_net(folder: Path, architecture: dict[str, Any], seed: int, **facts: Any) -> Path:
    torch.manual_seed(seed)
    net = lively(build_architecture(architecture), seed)
    folder.mkdir(parents=True)
    return save_model(folder, net, {"architecture": architecture, **facts}).parent


@pytest.fixture
def run_of_two(tmp_path: Path) -> Path:
    """A run directory of a net of the styles ``first`` and ``second``."""
    styles = [{"name": "first"}, {"name": "second"}]
    return save_net(tmp_path / "runs" / "two", transformer(SEVERAL), 2, styles=styles)


@pytest.fixture
def run_of_one(tmp_path: Path) -> Path:
    """A run directory of a net of one style."""
    return save_net(tmp_path / "runs" / "one", transformer(NORM), 1, style={"name": "mine"})


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of nets that ship, with ``any`` and ``wave``."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    architecture = {
        "_target_": "stylenet.nets.AnyStyleNet",
        "net": transformer(PREDICTED),
        "statistics": STATISTICS,
        "hidden": 8,
    }
    about = {"layers": LAYERS, "loss_network": any_style._network().weights_source}
    ship(folder, "any", save_net(tmp_path / "any", architecture, 3, any_style=about))
    ship(folder, "wave", save_net(tmp_path / "wave", transformer(NORM), 4, style={"name": "wave"}))
    monkeypatch.setattr(zoo, "folder", lambda: folder)
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))
    return folder


def ship(folder: Path, name: str, run: Path) -> None:
    for kind in ("safetensors", "json"):
        (folder / f"{name}.{kind}").write_bytes((run / f"model.{kind}").read_bytes())
