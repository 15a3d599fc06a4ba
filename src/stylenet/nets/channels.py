"""Which channels of a trained transformer net can go, and its weights without them.

A channel group is what is pruned together: the channels between two convolutions, or those that
the residual connections tie (the trunk). The score is made for instance norm: what a channel adds
to the next convolution is normalised again in every image, so that only what deviates from its
mean matters, and the mean goes into a bias.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.nets.blocks import ResidualBlock
from stylenet.nets.johnson import TransformerNet
from stylenet.nets.norms import InstanceNorm

TRUNK = "encoder.2"
DRAWS = 4  # random directions of the painting's change, an image
Channels = Mapping[str, Tensor]
"""Numbers of the channels that stay, rising, by group."""


@dataclass(frozen=True)
class Group:
    """Channels that are pruned together.

    Attributes:
        convolutions: names of those that make them.
        norms: of those after these.
        readers: of the convolutions that read them.
    """

    convolutions: tuple[str, ...]
    norms: tuple[str, ...]
    readers: tuple[str, ...]


def groups_of(net: TransformerNet) -> dict[str, Group]:
    """The groups of ``net`` by the name of what makes their channels.

    Raises:
        StylenetError: norms other than instance norm, or blocks of another kind.
    """
    blocks = [f"residuals.{number}" for number in range(len(net.residuals))]
    norms = [m for m in net.modules() if isinstance(m, (InstanceNorm, nn.InstanceNorm2d))]
    plain = all(type(block) is ResidualBlock for block in net.residuals)
    if not plain or len(norms) != 5 + 2 * len(blocks):
        raise StylenetError(
            "Got a net with norms other than instance norm, or other than plain residual blocks.",
            "Prune one of net=johnson, net=johnson_half or net=resnet_pruned with norm=instance.",
        )
    single = {"encoder.0": "encoder.1.0", "encoder.1": "encoder.2.0"}
    single |= {"decoder.0": "decoder.1.0", "decoder.1": "decoder.2"}
    groups = {k: Group((f"{k}.0",), (f"{k}.1",), (reader,)) for k, reader in single.items()}
    bodies = [f"{block}.body" for block in blocks]
    for block, body in zip(blocks, bodies, strict=True):
        groups[block] = Group((f"{body}.0",), (f"{body}.1",), (f"{body}.3",))
    groups[TRUNK] = Group(
        (f"{TRUNK}.0", *(f"{body}.3" for body in bodies)),
        (f"{TRUNK}.1", *(f"{body}.4" for body in bodies)),
        (*(f"{body}.0" for body in bodies), "decoder.0.0"),
    )
    return groups


def channel_counts(net: TransformerNet) -> dict[str, int]:
    """How many channels each group has.

    Raises:
        StylenetError: see `groups_of`.
    """
    groups = groups_of(net).items()
    return {k: len(net.get_parameter(f"{group.norms[0]}.weight")) for k, group in groups}


@dataclass(frozen=True)
class Scores:
    """What `score` finds.

    Attributes:
        matters: group -> how much each channel matters, (C,), 0 or more.
        means: reader -> the mean of each channel that it reads, (C,).
    """

    matters: Mapping[str, Tensor]
    means: Mapping[str, Tensor]


def score(net: TransformerNet, images: Sequence[Tensor]) -> Scores:
    """How much each channel matters to what is painted of ``images``.

    To first order, the mean square of what changes in the painting where the channel is replaced by
    its mean over the image: gradients times deviations (Molchanov et al. 2019, arXiv:1906.10771,
    there without the mean), added over its readers; in `DRAWS` random directions of the painting.
    With 0, the net paints the same without the channel (but at borders that are padded by zeros).

    Args:
        net: with instance norm, in evaluation mode, on the CPU.
        images: (1,3,H,W) in [0,1] each.

    Raises:
        StylenetError: see `groups_of`.
    """
    groups = groups_of(net)
    readers = [reader for group in groups.values() for reader in group.readers]
    read: dict[str, Tensor] = {}
    hooks = [
        net.get_submodule(name).register_forward_pre_hook(
            lambda _, given, name=name: read.__setitem__(name, given[0])
        )
        for name in readers
    ]
    generator = torch.Generator().manual_seed(0)
    matters = {name: torch.zeros(()) for name in groups}
    means = {name: torch.zeros(()) for name in readers}
    try:
        with torch.enable_grad():
            for image in images:
                # the net's own parameters may ask for no gradients
                painted = net(image.clone().requires_grad_())
                for name in readers:
                    means[name] = means[name] + read[name].detach().mean((0, 2, 3)) / len(images)
                for _ in range(DRAWS):
                    direction = torch.randn(painted.shape, generator=generator)
                    asked = [read[name] for name in readers]
                    found = torch.autograd.grad(painted, asked, direction, retain_graph=True)
                    gradients = dict(zip(readers, found, strict=True))
                    for group, own in groups.items():
                        for reader in own.readers:
                            change = _deviation(read[reader]) * gradients[reader]
                            matters[group] = matters[group] + change.sum((2, 3)).square().sum(0)
    finally:
        for hook in hooks:
            hook.remove()
    return Scores(matters, means)


def _deviation(features: Tensor) -> Tensor:
    features = features.detach()
    mean = features.mean((2, 3), keepdim=True)
    # what rounding leaves of a channel that is the same everywhere
    same = features.amax((2, 3), keepdim=True) == features.amin((2, 3), keepdim=True)
    return (features - mean).masked_fill(same, 0)


def multiply_adds(encoder: Sequence[int], blocks: Sequence[int], decoder: Sequence[int]) -> float:
    """Multiplications of a `PrunedNet` for a pixel, its layers taken as the paper has them."""
    (c1, c2, c3), (d1, d2) = encoder, decoder
    ends = 81 * 3 * (c1 + d2)
    strided = 9 * (c1 * c2 / 4 + c2 * c3 / 16)
    doubled = 9 * (c3 * d1 / 4 + d1 * d2)
    return ends + strided + doubled + sum(2 * 9 * c3 * inner / 16 for inner in blocks)


def sizes_of(counts: Mapping[str, int]) -> tuple[list[int], list[int], list[int]]:
    """Channels of encoder, blocks and decoder, of numbers by group."""
    blocks = sum(name.startswith("residuals") for name in counts)
    return (
        [counts[f"encoder.{n}"] for n in range(3)],
        [counts[f"residuals.{n}"] for n in range(blocks)],
        [counts[f"decoder.{n}"] for n in range(2)],
    )


def kept_channels(
    matters: Mapping[str, Tensor], keep: float, multiple: int = 4
) -> dict[str, Tensor]:
    """Which channels stay where the fraction ``keep`` of the multiplications shall be left.

    What matters least for the multiplications that it saves goes first, ``multiple`` channels of a
    group at a time, of which each group keeps one lot at least.

    Args:
        matters: see `Scores`.
        keep: above 0 and below 1.
        multiple: processors compute channels by 4, 8 or 16.

    Raises:
        StylenetError: another fraction.
    """
    if not 0 < keep < 1:
        raise StylenetError(f"Got keep={keep}, expected between 0 and 1.", "Use 0.5, for instance.")
    orders = {name: own.argsort(descending=True) for name, own in matters.items()}
    counts = {name: len(own) for name, own in matters.items()}
    goal = keep * multiply_adds(*sizes_of(counts))
    while (now := multiply_adds(*sizes_of(counts))) > goal:
        best, least = None, math.inf
        for name, count in counts.items():
            fewer = (-(-count // multiple) - 1) * multiple
            if fewer < multiple:
                continue
            lost = float(matters[name][orders[name][fewer:count]].sum())
            saved = now - multiply_adds(*sizes_of({**counts, name: fewer}))
            if lost / saved < least:
                best, least = (name, fewer), lost / saved
        if best is None:
            break
        counts[best[0]] = best[1]
    return {name: orders[name][: counts[name]].sort().values for name in counts}


def pruned_state(
    net: TransformerNet, kept: Channels, means: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The state of a `PrunedNet` with the channels ``kept`` of ``net``.

    Args:
        net: the whole one.
        kept: see `kept_channels`.
        means: see `Scores`; the others' go into the bias of what read them.
    """
    state = {key: value.detach().clone() for key, value in net.state_dict().items()}
    groups = groups_of(net)
    for name, group in groups.items():
        for reader in group.readers:
            gone = means[reader].clone()
            gone[kept[name]] = 0
            axes = (1, 2, 3) if _out_axis(net, reader) == 0 else (0, 2, 3)
            view = (-1, 1, 1) if axes[0] == 1 else (-1, 1, 1, 1)
            added = (state[f"{reader}.weight"] * gone.reshape(view)).sum(axes)
            state[f"{reader}.bias"] = state[f"{reader}.bias"] + added
    for name, group in groups.items():
        chosen = kept[name]
        for convolution in group.convolutions:
            key, axis = f"{convolution}.weight", _out_axis(net, convolution)
            state[key] = state[key].index_select(axis, chosen)
            state[f"{convolution}.bias"] = state[f"{convolution}.bias"][chosen]
        for norm in group.norms:
            for key in (f"{norm}.weight", f"{norm}.bias"):
                state[key] = state[key][chosen]
        for reader in group.readers:
            key, axis = f"{reader}.weight", 1 - _out_axis(net, reader)
            state[key] = state[key].index_select(axis, chosen)
    return state


def _out_axis(net: TransformerNet, convolution: str) -> int:
    """Of its weight, that of what it makes: transposed convolutions have them swapped."""
    return int(isinstance(net.get_submodule(convolution), nn.ConvTranspose2d))
