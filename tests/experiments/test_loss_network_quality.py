"""The judge of loss networks: what it cuts, whom it knows, and the weights of its pictures."""

from __future__ import annotations

import csv
import importlib
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file

from stylenet.images import ShorterSide, read_image, write_image
from stylenet.loss_networks.architectures import COMPACT_VGG, SQUEEZENET1_0, VGG16, Architecture
from stylenet.loss_networks.weights import RandomWeights

STUDY = Path(__file__).parents[2] / "experiments" / "loss_network_quality"


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    monkeypatch.syspath_prepend(str(STUDY))
    yield importlib.import_module
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(STUDY)):
            del sys.modules[name]


def write_photos(folder: Path, count: int, side: int = 64) -> Path:
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    for index in range(count):
        coarse = torch.rand(1, 3, 12, 12, generator=generator)
        picture = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")
        write_image(folder / f"{index:02d}.png", picture)
    return folder


def weights_file(folder: Path, architecture: Architecture, seed: int = 0) -> Path:
    file = folder / f"{architecture.name}_{seed}.safetensors"
    save_file(RandomWeights(seed).load(architecture).tensors, file)
    return file


def test_a_file_tells_its_architecture(study, tmp_path):
    contender = study("contenders").contender
    for architecture in (COMPACT_VGG, SQUEEZENET1_0):
        one = contender(f"mine={weights_file(tmp_path, architecture)}")
        network, style_layers = one.build()
        assert (one.name, network.name) == ("mine", architecture.name)
        assert network.weights_source.startswith("file ")
        assert set(style_layers) <= set(network.layer_names)
    network, _ = contender("random_vgg").build()
    assert network.name == VGG16.name
    network, _ = contender(f"vgg=caffe:{weights_file(tmp_path, VGG16)}").build()
    assert network.weights_source.startswith("Caffe, file ")
    with pytest.raises(ArgumentTypeError, match=r"'vgg', expected name=<file"):
        contender("vgg")
    with pytest.raises(ArgumentTypeError, match="fits no architecture"):
        contender(f"mine={tmp_path / 'nothing.safetensors'}")


def test_crops_share_no_pixel(study, tmp_path, monkeypatch):
    judge = study("judge")
    monkeypatch.setattr(judge, "PAINTING", ShorterSide(72))
    folder = write_photos(tmp_path / "styles", 2, side=72)
    pieces, names = judge.crops(folder, 32)
    assert names == ["00"] * 4 + ["01"] * 4
    assert {piece.shape for piece in pieces} == {(3, 32, 32)}
    painting = read_image(folder / "00.png")
    # 72 = 2 + 32 + 4 + 32 + 2: what is over is spread evenly
    assert torch.equal(pieces[0], painting[:, 2:34, 2:34])
    assert torch.equal(pieces[3], painting[:, 38:70, 38:70])


def test_the_judges_table(study, tmp_path, monkeypatch):
    judge = study("judge")
    monkeypatch.setattr(judge, "PAINTING", ShorterSide(64))
    monkeypatch.setattr(judge, "CROPS", (32,))
    photos = write_photos(tmp_path / "photos" / "train", 5, side=96).parent
    write_photos(photos / "val", 2, side=96)
    teacher = weights_file(tmp_path, SQUEEZENET1_0)
    student = weights_file(tmp_path, COMPACT_VGG)
    arguments = ["--networks", f"itself={teacher}", f"student={student}"]
    arguments += ["--teacher", f"teacher={teacher}", "--every", "2"]
    arguments += ["--photos", str(photos), "--styles", str(write_photos(tmp_path / "styles", 2))]
    arguments += ["--results", str(tmp_path / "results.csv")]
    before = [f"{name},explained,a -> b,0.1," for name in ("other", "student")]
    header = "network,measure,layer,share,goal"
    (tmp_path / "results.csv").write_text("\n".join([header, *before, ""]))
    monkeypatch.setattr(sys, "argv", ["judge.py", *arguments])
    judge.main()
    with (tmp_path / "results.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    found = {(row["network"], row["measure"], row["layer"]): row for row in rows}
    assert found["other", "explained", "a -> b"]["share"] == "0.1"  # judged before
    assert ("student", "explained", "a -> b") not in found  # judged anew
    assert float(found["itself", "explained", "relu1 -> relu1"]["share"]) > 0.999
    own = found["student", "explained", "relu2_2 -> relu1"]
    assert own["goal"] == "0.90"
    assert float(own["share"]) < 0.999
    for network in ("itself", "student"):
        assert 0 <= float(found[network, "triplets_32px", "balanced sum"]["share"]) <= 1
    again = [word for word in arguments if word != "--teacher" and not word.startswith("teacher=")]
    monkeypatch.setattr(sys, "argv", ["judge.py", *again, "--paintings-only"])
    judge.main()  # what was explained stays, and is not worked out again
    with (tmp_path / "results.csv").open() as lines:
        renewed = {
            (row["network"], row["measure"], row["layer"]): row for row in csv.DictReader(lines)
        }
    assert renewed == found
