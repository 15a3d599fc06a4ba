"""The loss networks that ``judge.py`` and ``sheet.py`` are told to compare."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig

from stylenet import compose
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.architectures import EVERY
from stylenet.loss_networks.weight_files import WeightsError
from stylenet.loss_networks.weights import WeightsFile
from stylenet.losses.features import PIXELS
from stylenet.run.building import instantiate
from stylenet.runners.building import build_network

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "assets"
TEACHER = SHARED / "weights" / "squeezenet1_0.safetensors"
CAFFE = "caffe:"
HELP = (
    "name=<file of weights>, of the architecture that it fits; name=caffe:<file>, VGG-16's "
    "original weights; or random_vgg, random_compact"
)
RANDOM = {
    "random_vgg": ("loss_network=vgg16", "loss_network/weights=random"),
    "random_compact": ("loss_network=compact_vgg", "loss_network/weights=random"),
}


class Contender(NamedTuple):
    """A loss network as the project's configuration knows it."""

    name: str
    overrides: tuple[str, ...]

    def config(self, *more: str) -> DictConfig:
        """``train.py``'s configuration with it."""
        return compose(*self.overrides, *more)

    def build(self) -> tuple[LossNetwork, list[str]]:
        """The network, and the style layers of its configuration that are its own: no pixels."""
        config = self.config()
        layers = [name for name in config.loss_network.style_layers if name != PIXELS]
        return build_network(config, instantiate), layers


def contender(text: str) -> Contender:
    """Read one word of the command line."""
    name, _, path = text.partition("=")
    if not path:
        if name not in RANDOM:
            raise ArgumentTypeError(f"got {text!r}, expected {HELP}")
        return Contender(name, RANDOM[name])
    file = Path(path.removeprefix(CAFFE)).absolute()
    if path.startswith(CAFFE):
        return Contender(name, ("loss_network=vgg16_caffe", f"loss_network.weights.path='{file}'"))
    refusals = []
    for architecture in EVERY:
        try:
            WeightsFile(str(file)).load(architecture)
        except WeightsError as error:
            refusals.append(f"{architecture.name}: {error}")
            continue
        choice = (f"loss_network={architecture.name}", "loss_network/weights=file")
        return Contender(name, (*choice, f"loss_network.weights.path='{file}'"))
    raise ArgumentTypeError(f"{file} fits no architecture. " + " ".join(refusals))
