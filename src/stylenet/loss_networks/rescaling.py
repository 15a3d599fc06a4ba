"""Channels of a network rescaled so that each has the same mean activation over photographs."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.loss_networks.student import DEAD, Student


@torch.no_grad()
def mean_activations(student: Student, batches: Iterable[Tensor]) -> dict[str, Tensor]:
    """Mean of every channel after each ReLU, over all cells of the pictures: ``relu1_1`` -> (C,).

    Args:
        student: as it is; on the device of the images.
        batches: images (N,3,H,W) in [0,1], all of one size.
    """
    layers = [n for n, m in student.layers.items() if isinstance(m, nn.ReLU)]
    sums: dict[str, Tensor] = {}
    count = 0
    for image in batches:
        for name, value in student(image, layers).items():
            added = value.double().mean((2, 3)).sum(0)
            sums[name] = sums[name] + added if name in sums else added
        count += len(image)
    return {name: total / count for name, total in sums.items()}


def rescale(
    layers: Mapping[str, nn.Module], tensors: Mapping[str, Tensor], means: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The same network with each channel after a ReLU divided by its mean.

    Exact: ReLU and pooling commute with a positive factor a channel, which the next convolution's
    columns take back. Gatys et al. 2016 (CVPR), section 3, did so with VGG.

    Args:
        layers: convolutions, each with its ReLU behind it, and poolings, in order.
        tensors: ``<convolution>.weight`` (O,I,kH,kW) and ``.bias`` (O,).
        means: name of each ReLU -> mean activations (O,), 0 or more.

    Returns:
        The rescaled tensors, and for each ReLU the factor that its channels got, 1 where one is
        dead.

    Raises:
        StylenetError: a layer through which factors do not pass.
    """
    rescaled: dict[str, Tensor] = {}
    factors: dict[str, Tensor] = {}
    before: Tensor | None = None
    names = list(layers)
    for name, follower in zip(names, [*names[1:], ""], strict=True):
        layer = layers[name]
        if isinstance(layer, nn.Conv2d) and follower in means:
            mean = means[follower].double()
            factor = torch.where(mean > DEAD * mean.mean(), 1 / mean.clamp(min=1e-30), 1)
            weight, bias = (tensors[f"{name}.{key}"].double() for key in ("weight", "bias"))
            if before is not None:
                weight = weight / before[:, None, None]
            rescaled[f"{name}.weight"] = (weight * factor[:, None, None, None]).float()
            rescaled[f"{name}.bias"] = (bias * factor).float()
            before = factors[follower] = factor
        elif not isinstance(layer, nn.ReLU | nn.AvgPool2d | nn.MaxPool2d):
            raise StylenetError(
                f"Channels cannot be rescaled through {name}, a {type(layer).__name__}.",
                "Leave the rescaling out for this architecture.",
            )
    return rescaled, factors


def to_half(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``tensors`` as float16.

    Raises:
        StylenetError: a value is too large for it.
    """
    half = {name: value.half() for name, value in tensors.items()}
    for name, value in half.items():
        if not torch.isfinite(value).all():
            raise StylenetError(
                f"{name} does not fit float16: values up to {float(tensors[name].abs().max()):.3g} "
                f"of at most {torch.finfo(torch.float16).max:.5g}.",
                "Train longer or with more weight decay.",
            )
    return half


@torch.no_grad()
def deviation(student: Student, other: Mapping[str, Tensor], images: Tensor) -> float:
    """How far features with ``other`` tensors are from the student's, at the worst layer.

    The root mean square of the difference over that of the features, on images (N,3,H,W).
    """
    layers = [n for n, m in student.layers.items() if isinstance(m, nn.ReLU)]
    mine = student(images, layers)
    twin = copy.deepcopy(student)
    twin.layers.load_state_dict({name: value.float() for name, value in other.items()})
    theirs = twin(images, layers)
    return max(float((theirs[n] - mine[n]).norm() / mine[n].norm()) for n in layers)
