"""Whether a style loss knows a painting by a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.loss_networks import LossNetwork
from stylenet.losses import StyleDistance


@torch.inference_mode()
def style_distances(
    network: LossNetwork,
    pictures: Sequence[Tensor],
    layers: Sequence[str],
    distance: StyleDistance,
) -> dict[str, Tensor]:
    """Style distances between all ``pictures``, (3,H,W) in [0,1]: layer -> (K,K)."""
    described: dict[str, list[Mapping[str, Tensor]]] = {layer: [] for layer in layers}
    for picture in pictures:
        for layer, features in network(picture[None], layers).items():
            described[layer].append(distance.describe(features))
    found = {}
    for layer, each in described.items():
        together = {key: torch.cat([one[key] for one in each]) for key in each[0]}
        found[layer] = torch.stack([distance(together, one) for one in each])
    return found


def balanced_sum(distances: Mapping[str, Tensor]) -> Tensor:
    """Sum of the layers' distances (K,K), each divided by its mean over pairs of two images.

    So each layer has the same say, whatever the scale of its features. A layer that tells no two
    images apart has none.
    """
    total = torch.zeros(())
    for one in distances.values():
        mean = one.sum() / (len(one) * (len(one) - 1))
        total = total + one / mean.clamp_min(torch.finfo(one.dtype).tiny)
    return total


def triplet_accuracy(distances: Tensor, kinds: Sequence[object]) -> float:
    """Fraction of triplets in which an image is nearer to one of its kind than to one of another.

    All triplets (an image, another of its kind, one of another kind) count alike; a tie counts
    one half.

    Args:
        distances: (K,K), from the image of the row to that of the column.
        kinds: what each of the K images belongs to.

    Raises:
        StylenetError: there is no triplet.
    """
    right, count = 0.0, 0
    for index, kind in enumerate(kinds):
        same = torch.tensor([k == kind and i != index for i, k in enumerate(kinds)])
        other = torch.tensor([k != kind for k in kinds])
        near, far = distances[index, same][:, None], distances[index, other][None]
        right += float((near < far).sum() + (near == far).sum() / 2)
        count += near.numel() * far.numel()
    if not count:
        raise StylenetError(
            f"Got pictures of the kinds {list(kinds)}, which make no triplet.",
            "Give at least two pictures of one kind and one of another.",
        )
    return right / count
