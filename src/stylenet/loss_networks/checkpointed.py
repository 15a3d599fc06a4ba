"""Less memory for large pictures: the loss network's features are computed twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from stylenet.loss_networks.network import LossNetwork


class CheckpointedNetwork(nn.Module):
    """A `LossNetwork` that keeps between its poolings only what the loss reads.

    What lies between is computed again in the backward pass, one stretch at a time (Chen et al.
    2016, arXiv:1604.06174): values and gradients are those of the plain network, at about 1.3
    times its time. Without gradient it is the plain network.
    """

    def __init__(self, network: LossNetwork) -> None:
        super().__init__()
        self.network = network

    @property
    def weights_source(self) -> str:
        """Where the network's weights came from."""
        return self.network.weights_source

    @property
    def is_caffe(self) -> bool:
        """Whether these are the Caffe weights."""
        return self.network.is_caffe

    @property
    def name(self) -> str:
        """The architecture's name."""
        return self.network.name

    def resolve(self, layer: str) -> str:
        """The layer's own name, as `LossNetwork.resolve`."""
        return self.network.resolve(layer)

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Features of ``image`` (N,3,H,W) at ``layers``, as `LossNetwork.forward`."""
        asked = {name: self.network.resolve(name) for name in layers}
        if not image.requires_grad or not asked:
            return self.network(image, asked)  # type: ignore[no-any-return]
        names = self.network.layer_names
        depth = max(names.index(name) for name in asked.values()) + 1
        wanted = frozenset(asked.values())
        # the plain network's own words for images that it cannot take
        self.network.check(image, depth)
        features: dict[str, Tensor] = {}
        value = self.network.normalise(image)
        for stretch in self._stretches(names[:depth]):
            value, found = checkpoint(self._run, value, stretch, wanted, use_reentrant=False)
            features |= found
        return {name: features[known] for name, known in asked.items()}

    def _stretches(self, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
        """Runs of layers, each from a pooling to before the next one."""
        stretch: list[str] = []
        for name in names:
            layer = self.network.layers[name]
            if stretch and not isinstance(layer, nn.Conv2d | nn.ReLU):
                yield tuple(stretch)
                stretch = []
            stretch.append(name)
        yield tuple(stretch)

    def _run(self, value: Tensor, stretch: tuple[str, ...], wanted: frozenset[str]) -> Any:
        found: dict[str, Tensor] = {}
        previous = ""
        for name in stretch:
            layer = self.network.layers[name]
            if isinstance(layer, nn.ReLU):
                # as in `LossNetwork.forward`; never on what came in, which another stretch keeps
                value = functional.relu(value, inplace=bool(previous) and previous not in wanted)
            else:
                value = layer(value)
            if name in wanted:
                found[name] = value
            previous = name
        return value, found
