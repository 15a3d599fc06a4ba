"""Odd files and settings, through the functions that ``train.py`` and ``evaluate.py`` call."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from more_inputs import write_clip, write_old_checkpoint
from mutations import FORMATS, mutated_bytes, mutated_json, odd_values
from omegaconf import DictConfig, OmegaConf
from PIL import Image
from safetensors.torch import save_file

import stylenet
from stylenet.apply import Stylizer, load_model, save_model
from stylenet.apply.model_file import build_architecture
from stylenet.callbacks.curves import read_curves
from stylenet.loss_networks.architectures import COMPACT_VGG
from stylenet.loss_networks.weights import RandomWeights, WeightsFile
from stylenet.regions.files import read_region_map
from stylenet.run import evaluate, launch, train
from stylenet.run.building import instantiate
from stylenet.run.resuming import resumed
from stylenet.run.training import step_of

ARCHITECTURE = {
    "_target_": "stylenet.nets.TransformerNet",
    "width": 0.0625,
    "blocks": 1,
    "norm": {"_target_": "stylenet.nets.InstanceNorm", "_partial_": True},
    "padding": {
        "_target_": "stylenet.nets.Padding",
        "margin": 0,
        "mode": "reflect",
        "residual": 1,
    },
    "upsample": {"_target_": "stylenet.nets.NearestUpsample", "_partial_": True},
}
# what starts processes, listens on the network or asks for hours is no case of this campaign
WHOLE = 0.1  # of the damaged files that are read, those that a whole training is given
LEFT_OUT = ("hydra", "run.", "trainer.devices", "trainer.num_nodes", "trainer.strategy", "logger")


class Bench:
    """Small inputs that are sound, in a folder of their own, and the cases made of them."""

    def __init__(self, folder: Path, whole: float = WHOLE) -> None:
        self.folder = folder
        self.whole = whole
        self.photos = folder / "photos"
        self.photos.mkdir()
        chance = np.random.default_rng(0)
        for number in range(6):
            coarse = Image.fromarray(chance.integers(0, 256, (6, 6, 3), dtype=np.uint8))
            coarse.resize((40 + number, 40)).save(self.photos / f"{number}.jpg")
        self.photo = self.photos / "0.jpg"
        self.model = folder / "model"
        self.model.mkdir()
        torch.manual_seed(0)
        save_model(self.model, build_architecture(ARCHITECTURE), {"architecture": ARCHITECTURE})
        shutil.copy(self.photo, self.model / "style.png")
        self.stylizer = Stylizer(load_model(self.model))
        self._coco_config: Any = None
        self.kinds: dict[str, Callable[[random.Random, Path], Iterator[str]]] = {
            "picture": self._picture,
            "map": self._map,
            "model": self._model,
            "weights": self._weights,
            "train": self._train,
            "evaluate": self._evaluate,
            "checkpoint": self._checkpoint,
            "coco": self._coco,
        }

    def clip(self) -> Path:
        """A short clip."""
        file = self.folder / "clip.mp4"
        return file if file.is_file() else write_clip(file)

    def old_checkpoint(self) -> Path:
        """A checkpoint that ``stylenet import`` reads."""
        file = self.folder / "old.pth"
        return file if file.is_file() else write_old_checkpoint(file)

    def _picture(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        name, mode = chance.choice(FORMATS)
        file = scratch / f"odd.{name}"
        with Image.open(self.photo) as photo:
            photo.convert(mode).save(file)
        yield f"{name} of {mode}, {_mutate(file, chance)}"
        self.stylizer(file)

    def _map(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        file = scratch / "map.png"
        flat = Image.new("RGB", (20, 20), "red")
        flat.paste("blue", (0, 0, 9, 20))
        flat.convert(chance.choice(["RGB", "P", "L", "RGBA", "1"])).save(file)
        yield _mutate(file, chance)
        read_region_map(file)

    def _model(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        model = scratch / "model"
        shutil.copytree(self.model, model)
        file = model / chance.choice(["model.safetensors", "model.json"])
        yield f"{file.name}: {_mutate(file, chance)}"
        Stylizer(load_model(model))(self.photo)

    def _weights(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        file = scratch / chance.choice(["weights.safetensors", "weights.pth"])
        tensors = RandomWeights().load(COMPACT_VGG).tensors
        save_file(tensors, file) if file.suffix == ".safetensors" else torch.save(tensors, file)
        yield f"{file.name}: {_mutate(file, chance)}"
        WeightsFile(str(file)).load(COMPACT_VGG)

    def _train(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        tasks = ["feedforward", "gatys", "multistyle", "texture", "pyramid", "distill"]
        task = chance.choice(tasks)
        common = self.small(scratch, task)
        keys = _keys(stylenet.compose(*common))
        odd = f"{chance.choice(keys)}={chance.choice(odd_values())}"
        yield f"task={task} {odd}"
        _launched(train, "train", [*common, odd])

    def _evaluate(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        common = [f"model={self.model}", f"content={self.photo}", f"out={scratch / 'out'}"]
        keys = _keys(stylenet.compose(*common, name="evaluate"))
        odd = f"{chance.choice(keys)}={chance.choice(odd_values())}"
        yield odd
        _launched(evaluate, "evaluate", [*common, f"paths.cache={scratch}", odd])

    def _checkpoint(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        run = self.folder / "run"
        if not run.exists():
            _launched(train, "train", [*self.small(self.folder, "feedforward"), f"run.dir={run}"])
        copy = scratch / "run"
        shutil.copytree(run, copy)
        files = ["checkpoints/last.ckpt", "config.yaml", "run.json", "losses.csv"]
        file = copy / chance.choice(files)
        whole = chance.random() < self.whole
        how = "resumed" if whole else "read"
        yield f"{file.name}: {_mutate(file, chance)}, {how}"
        if whole:
            _launched(train, "train", [f"resume={copy}", "trainer.max_steps=2"])
            return
        resumed(copy, ["trainer.max_steps=2"])
        step_of(copy / "checkpoints" / "last.ckpt")
        read_curves(copy / "losses.csv")

    def _coco(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        root = scratch / "coco"
        shutil.copytree(self.photos, root / "train2017")
        names = sorted(file.name for file in self.photos.iterdir())
        dataset = {
            "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 1, "area": 9.0, "bbox": [0, 0, 3, 3]}
                for n in range(len(names))
            ],
            "categories": [{"id": 1, "name": "cat"}],
        }
        file = root / "annotations" / "instances_train2017.json"
        file.parent.mkdir()
        file.write_text(json.dumps(dataset))
        whole = chance.random() < self.whole
        yield _mutate(file, chance) + (", a step" if whole else ", read")
        more = ["data.categories=[cat]", "data.min_area=1", "data.val_count=0"]
        if whole:
            common = self.small(scratch, "feedforward", f"data.root={root}", *more, data="coco")
            _launched(train, "train", common)
            return
        if self._coco_config is None:
            self._coco_config = stylenet.compose("data=coco", *more, "data.size=32").data
        data = instantiate(OmegaConf.merge(self._coco_config, {"root": str(root)}))
        data.prepare_data()
        data.setup("fit")
        data.train_pictures().load(0)

    def small(self, folder: Path, task: str, *more: str, data: str = "folder") -> list[str]:
        common = [
            "trainer.accelerator=cpu",
            "trainer.max_steps=1",
            "logger=none",
            *([] if task == "distill" else [f"style={self.photo}", "style_size.px=32"]),
            f"paths.runs={folder / 'runs'}",
            f"paths.cache={folder / 'cache'}",
        ]
        if task in ("gatys", "texture", "pyramid"):
            content = [] if task == "texture" else [f"content={self.photo}", "content_size.px=32"]
            steps = ["trainer.max_steps=2", "pyramid.steps=1"] if task == "pyramid" else []
            return [f"task={task}", "data=iterations", *content, *common, *steps, *more]
        sizes = ["data.size=32", "data.batch_size=2", "data.num_workers=0"]
        root = [] if more else [f"data.root={self.photos}", "data.val_count=1"]
        random_teacher = "loss_network/weights@teacher.weights=random"
        narrow = "student.net.widths=[[4,4],[4,4],[4,4],[6,6],[8]]"
        width = [random_teacher, narrow] if task == "distill" else ["net.width=0.0625"]
        return [f"task={task}", f"data={data}", *root, *sizes, *width, *common, *more]


def _launched(task: Callable[[DictConfig], object], name: str, arguments: Sequence[str]) -> None:
    """As train.py and evaluate.py are started."""
    GlobalHydra.instance().clear()
    before = sys.argv
    sys.argv = [f"{name}.py", *arguments]
    try:
        launch(task, name)
    finally:
        sys.argv = before
        GlobalHydra.instance().clear()
        HydraConfig.instance().cfg = None


def _keys(config: DictConfig) -> list[str]:
    """Every value in ``config``, by its dotted key, and every part of a group that is a mapping."""

    def below(node: Any, prefix: str) -> Iterator[str]:
        for key, value in node.items():
            if isinstance(value, dict) and value:
                if prefix:  # groups are chosen by a word
                    yield f"{prefix}{key}"
                yield from below(value, f"{prefix}{key}.")
            elif not str(key).startswith("_"):
                yield f"{prefix}{key}"

    plain = OmegaConf.to_container(config)
    return [key for key in below(plain, "") if not key.startswith(LEFT_OUT)]


def _mutate(file: Path, chance: random.Random) -> str:
    """Change ``file`` in place; say how."""
    if file.suffix == ".json" and chance.random() < 0.7:
        changed, how = mutated_json(json.loads(file.read_text()), chance)
        file.write_text(changed)
        return how
    content, how = mutated_bytes(file.read_bytes(), chance)
    file.write_bytes(content)
    return how
