"""Where a loss network's weights come from: one object for each place."""

from __future__ import annotations

import hashlib
import logging
import math
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Protocol

import safetensors.torch
import torch
from torch import Tensor, nn

from stylenet.files import expanded, fetch_published, sha256_of
from stylenet.loss_networks.architectures import Architecture
from stylenet.loss_networks.classifiers import ConvolutionalClassifier
from stylenet.loss_networks.layers import ImageNetInput
from stylenet.loss_networks.weight_files import (
    ALTERNATIVES,
    WeightsError,
    match,
    published_hash,
    read_tensors,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedWeights:
    """Weights of one architecture, and what must be known to use and to record them.

    Attributes:
        tensors: ``<layer>.<parameter>`` such as ``conv1_1.weight`` -> float32 values.
        source: where they came from, for the record of a run.
        input: from RGB in [0,1] to the input these weights were trained with.
        classifier: from the last layer's features to logits, where there is one for any size.
    """

    tensors: dict[str, Tensor]
    source: str
    input: nn.Module = field(default_factory=ImageNetInput)
    classifier: ConvolutionalClassifier | None = None


class Weights(Protocol):
    """A place that weights come from."""

    def load(self, architecture: Architecture) -> LoadedWeights:
        """Weights of ``architecture``; raises `WeightsError`."""
        ...


class Pretrained:
    """torchvision's ImageNet weights: a local file, torch's cache, or a download.

    What lies in the cache or is downloaded must have the hash that torchvision writes into its
    file's name, whatever a mirror calls the file.

    Args:
        path: a local copy of torchvision's file; None looks in torch's cache
            (``$TORCH_HOME/hub/checkpoints``) and then downloads into it.
        url: another address of the same file (a mirror).
        timeout: seconds that a server may keep silent.
    """

    def __init__(
        self, path: str | None = None, url: str | None = None, timeout: float = 10.0
    ) -> None:
        self.path, self.url, self.timeout = path, url, timeout

    def load(self, architecture: Architecture) -> LoadedWeights:
        """Weights from the first place that has them."""
        if self.path is not None:
            return WeightsFile(self.path).load(architecture)
        url = self.url or architecture.url
        if url is None:
            raise WeightsError(
                f"torchvision publishes no weights for {architecture.name}.",
                "Use loss_network/weights=bundled or loss_network/weights=file.",
            )
        name = url.rsplit("/", 1)[-1]
        cached = Path(torch.hub.get_dir()) / "checkpoints" / name
        expected = published_hash(architecture.url or "") or published_hash(url)
        if not cached.exists():
            self._download(url, cached, architecture, expected)
        elif expected is not None:
            _verify(cached, expected, architecture)
        found = read_tensors(cached)
        return LoadedWeights(
            match(found, architecture, str(cached)),
            self.url or f"torchvision IMAGENET1K_V1 ({name})",
            classifier=ConvolutionalClassifier.of(found),
        )

    def _download(
        self, url: str, target: Path, architecture: Architecture, expected: str | None
    ) -> None:
        _log.info("Downloading %s to %s", url, target)
        try:
            fetch_published(url, target, expected, self.timeout)
        except OSError as error:
            raise WeightsError(
                f"The weights of {architecture.name}, {target.name}, could not be obtained. "
                f"Looked in {target} (no such file) and at {url} ({error}).",
                f"Fetch {url} on another machine and {ALTERNATIVES}.",
            ) from error


class WeightsFile:
    """A local file: ``.safetensors``, or ``.pth`` that holds tensors and nothing else.

    Keys are torchvision's (``features.0.weight``; a
    classifier's are left out unless it is a 1x1 convolution) or the layers' names
    (``conv1_1.weight``); values of any float type become float32. The network is taken to expect
    torchvision's normalised RGB.
    """

    def __init__(self, path: str | None = None) -> None:
        self.path = path

    def load(self, architecture: Architecture) -> LoadedWeights:
        """The file's weights, checked against ``architecture``."""
        if self.path is None:
            raise WeightsError(
                f"No file of weights was named for {architecture.name}.",
                "Set loss_network.weights.path=<file>.",
            )
        path = expanded(self.path)
        found = read_tensors(path)
        tensors = match(found, architecture, str(path))
        digest = sha256_of(path)
        if any(digest.startswith(published_hash(url) or "?") for url in architecture.caffe_urls):
            raise WeightsError(
                f"{path} holds Caffe weights, which expect another input than torchvision's.",
                f"Use loss_network/weights=caffe loss_network.weights.path={path}.",
            )
        classifier = ConvolutionalClassifier.of(found)
        return LoadedWeights(tensors, f"file {path} sha256:{digest}", classifier=classifier)


class Bundled:
    """The weights that come inside the package, ``<architecture's name>.safetensors``.

    Filters may be whole numbers of 8 bits, each with a float32 ``<layer>.scale`` (filters,).
    """

    def load(self, architecture: Architecture) -> LoadedWeights:
        """The package's weights of ``architecture``."""
        name = f"{architecture.name}.safetensors"
        file = resources.files("stylenet.loss_networks").joinpath(name)
        if not file.is_file():
            raise WeightsError(
                f"No weights of {architecture.name} come with stylenet.",
                "Use loss_network/weights=pretrained, or loss_network=compact_vgg.",
            )
        content = file.read_bytes()
        tensors = match(_of_8_bits(safetensors.torch.load(content)), architecture, name)
        digest = hashlib.sha256(content).hexdigest()
        source = f"bundled {name} sha256:{digest}"
        return LoadedWeights(tensors, source, architecture.bundled_input())


class RandomWeights:
    """He-normal weights and zero biases: for measuring speed, tests, and random-feature studies.

    Source: He et al. 2015 (arXiv:1502.01852), equation 10. torch's global generator is left alone.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def load(self, architecture: Architecture) -> LoadedWeights:
        """The same weights whenever the seed is the same."""
        generator = torch.Generator().manual_seed(self.seed)
        tensors: dict[str, Tensor] = {}
        for layer, shapes in architecture.shapes().items():
            for key, shape in shapes.items():
                value = torch.zeros(shape)
                if len(shape) > 1:
                    fan_in = math.prod(shape[1:])
                    value.normal_(0, math.sqrt(2 / fan_in), generator=generator)
                tensors[f"{layer}.{key}"] = value
        return LoadedWeights(tensors, f"random(seed={self.seed})")


def _of_8_bits(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Filters of whole numbers times their ``<layer>.scale``; what has none as it is."""
    found = dict(tensors)
    for key in (key for key in tensors if key.endswith(".scale")):
        weight = key.removesuffix("scale") + "weight"
        found[weight] = found[weight].float() * found.pop(key).view(-1, 1, 1, 1)
    return found


def _verify(file: Path, expected: str, architecture: Architecture) -> None:
    """Refuse a file in torch's cache whose digest does not start with ``expected``."""
    try:
        digest = sha256_of(file)
    except OSError as error:
        raise WeightsError(
            f"The file of weights {file} cannot be opened: {error.strerror}.",
            f"Check the path, {ALTERNATIVES}.",
        ) from error
    if not digest.startswith(expected):
        raise WeightsError(
            f"{file} does not hold the published weights of {architecture.name}: its SHA-256 "
            f"starts with {digest[: len(expected)]}, expected {expected}.",
            "It may be a download that was cut off, or another network's: delete it and fetch it "
            "again. Weights of your own go with loss_network.weights.path=<file>.",
        )
