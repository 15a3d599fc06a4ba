"""What an image is painted from: content, styles, regions, start."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from stylenet.apply.contents import find_content
from stylenet.config import Settings
from stylenet.files import expanded
from stylenet.images import read_image
from stylenet.loss_networks import LossNetwork
from stylenet.losses.features import read_features
from stylenet.regions import Guidance, RegionSource, Seen
from stylenet.runners.base import Instantiate, Say
from stylenet.tasks.start import Start

GREY = 0.5


@dataclass(frozen=True)
class Inputs:
    """What an image is painted from.

    Attributes:
        content: the content image at its size; None where there is none.
        styles: paths or names of style images, at least one.
        regions: finds where which style goes; None where each goes everywhere.
        start: what the optimisation starts from.
    """

    content: Seen | None
    styles: tuple[str, ...]
    regions: RegionSource | None
    start: Start


def find_guidance(
    inputs: Inputs,
    files: Sequence[Path],
    paintings: Sequence[Tensor],
    network: LossNetwork,
    say: Say,
) -> Guidance | None:
    """What the source of regions finds, its words said; None where there is no source."""
    if inputs.regions is None:
        return None
    seen = [Seen(*one) for one in zip(inputs.styles, files, paintings, strict=True)]
    guidance = inputs.regions(inputs.content, seen, functools.partial(read_features, network))
    for words in guidance.words:
        say(f"regions: {words}")
    return guidance


def read_content(config: Settings, instantiate: Instantiate) -> Seen | None:
    """The content image at its size; None where there is none.

    Raises:
        StylenetError: it is not there.
    """
    if config.content is None:
        return None
    folder = config.paths.contents
    file = find_content(str(config.content), expanded(folder) if folder else None)
    return Seen(str(config.content), file, instantiate(config.content_size)(read_image(file))[None])


def grey(config: Settings, instantiate: Instantiate, guidance: Guidance | None) -> Tensor:
    """What stands for a content image, (1,3,H,W): mid grey, of the shape of the regions' map."""
    height, width = (1, 1) if guidance is None else guidance.content.size
    size = instantiate(config.content_size)
    return size(torch.full((1, 3, height, width), GREY))  # type: ignore[no-any-return]
