"""A net for any style, given styles: it becomes a plain net that paints in them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stylenet.apply.model_file import Model, ModelFileError, build_architecture
from stylenet.errors import StylenetError
from stylenet.images import ShorterSide
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.padding import ReplicatingConv2d
from stylenet.loss_networks.weights import Bundled
from stylenet.losses import StyleReader
from stylenet.nets import AnyStyleNet

STYLE_PX = 256  # shorter side of style images, as in training
ABOUT = "any_style"  # in model.json


@dataclass(frozen=True, kw_only=True)
class StyledModel(Model):
    """A plain net made of one for any style.

    Attributes:
        base: the net for any style.
        predicted: by it for the style or the mixture, (1,K).
        image: of its style, (1,3,H,W) in [0,1]; None for a mixture.
    """

    base: Model
    predicted: Tensor
    image: Tensor | None

    def weakened(self, image: Tensor, strength: float) -> Model:
        """The net with so much of the style, from 0 to 1; the rest is the style of ``image``.

        As Ghiasi et al. 2017 (section 4.4) do it: scales and shifts are interpolated towards those
        that would be predicted for the photograph (3,H,W) itself.
        """
        own = predict(self.base, [image[None]])
        net = _folded(self.base, torch.lerp(own, self.predicted, strength))
        return Model(net, self.path, self.description, self.packages)


def no_style_named(net: str | None) -> StylenetError:
    """What to say on the command line of a net that takes any style, and was given none."""
    return StylenetError(
        f"The net {net} paints in any style, and none was named.",
        "Use --style <name or painting>.",
    )


def takes_styles(model: Model) -> bool:
    """Whether ``model`` paints in any style, and so in none until it is told one."""
    return isinstance(model.net, AnyStyleNet)


def in_styles(
    model: Model, styles: Mapping[str, Tensor], weights: Mapping[str, float] | None = None
) -> StyledModel:
    """The net for any style ``model`` as a plain net for ``styles``, as fast as others of its size.

    Args:
        model: as `load_model` gives it.
        styles: images (1,3,H,W) in [0,1] by name, at least one; several are mixed.
        weights: of the mixture; its sum counts as 1. Equal ones if None.

    Raises:
        StylenetError: no style, weights of others, or none above 0; a net of another kind.
        ModelFileError: the net reads another loss network than the one that ships.
    """
    if not takes_styles(model):
        raise StylenetError(
            f"Got a style for the net of {model.path}, which has its own.",
            "Leave it out, or use a net for any style (task=any_style).",
        )
    shares = dict.fromkeys(styles, 1.0) if weights is None else dict(weights)
    total = sum(shares.values())
    if not styles or set(shares) - set(styles) or min(shares.values()) < 0 or total <= 0:
        raise StylenetError(
            f"Got style weights {shares} for the styles {', '.join(styles) or 'none'}; expected "
            "numbers of 0 or more, one of them above 0.",
            "Give each style its weight, such as {udnie: 0.6, wave: 0.4}.",
        )
    rows = predict(model, [styles[name] for name in shares])
    mixture = torch.tensor([list(shares.values())]) / total
    predicted = mixture @ rows
    description: dict[str, Any] = {**model.description, "architecture": plain_architecture(model)}
    description["style"] = {"name": "+".join(shares)}
    return StyledModel(
        net=_folded(model, predicted),
        path=model.path,
        description=description,
        packages=model.packages,
        base=model,
        predicted=predicted,
        image=styles[next(iter(shares))] if len(shares) == 1 else None,
    )


@torch.no_grad()
def predict(model: Model, images: Sequence[Tensor]) -> Tensor:
    """What the net for any style predicts for style images (1,3,H,W) in [0,1], a row each.

    Raises:
        ModelFileError: it reads another loss network than the one that ships.
    """
    assert isinstance(model.net, AnyStyleNet)
    read, size = _reader(model), ShorterSide(STYLE_PX)
    rows = [read(size(image[0])[None]) for image in images]
    return model.net.predict(torch.cat(rows).to(model.net.mean.device))


def _reader(model: Model) -> StyleReader:
    about = model.description.get(ABOUT, {})
    network = _network()
    if about.get("loss_network") != network.weights_source:
        raise ModelFileError(
            f"The net of {model.path} reads styles by the loss network "
            f"{about.get('loss_network')}, expected the one that ships, {network.weights_source}.",
            "Use the version of stylenet that wrote it: see its 'versions'.",
        )
    return StyleReader(network, about["layers"])


@functools.cache
def _network() -> LossNetwork:
    return compact_vgg(Bundled(), convolution=ReplicatingConv2d)


def plain_architecture(model: Model) -> dict[str, Any]:
    """The architecture of the plain net that `in_styles` makes of a net for any style."""
    inner = dict(model.description["architecture"]["net"])
    norm = dict(inner["norm"])
    return {**inner, "norm": {**norm, "_target_": "stylenet.nets.InstanceNorm"}}


def _folded(model: Model, predicted: Tensor) -> nn.Module:
    assert isinstance(model.net, AnyStyleNet)
    net: nn.Module = build_architecture(plain_architecture(model), model.packages)
    net.load_state_dict(model.net.folded_state(predicted))
    return net.eval().requires_grad_(False)
