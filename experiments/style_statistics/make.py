"""Statistics of the six paintings, which ship for where the paintings cannot be obtained.

    python experiments/style_statistics/make.py

Paintings are looked for in $STYLENET_STYLES, in the cache, at their source: never among the
swatches. Writes ``src/stylenet/styles/statistics/<loss network>/*.safetensors``, taken as
``train.py style=<name>`` takes them, by default and with ``experiment=normalised``, and
``results.csv`` beside this file: style losses with these statistics for a target, with the painting
and with its swatch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor

from stylenet import compose
from stylenet.config import Settings
from stylenet.files import write_csv
from stylenet.images import ShorterSide, read_image, sample_photographs
from stylenet.loss_networks import LossNetwork
from stylenet.losses import PerceptualLoss
from stylenet.run.building import instantiate
from stylenet.runners.building import (
    build_loss,
    build_network,
    locate_styles,
    read_sized_style,
)
from stylenet.runners.statistics import Asked, conditions
from stylenet.styles import FoundStyle, PaintingStatistics, find_swatch, statistics_file

HERE = Path(__file__).parent
STYLES = ("udnie", "wave", "the_scream", "starry_night", "shipwreck", "night_cafe")


def settings(*overrides: str) -> Settings:
    """A configuration with its weights at 1."""
    config = compose("style_scale=1", *overrides)
    for key in ("content_weight", "style_weight", "tv_weight"):
        config.loss[key] = 1.0
    return config


def painting(config: Settings, style: str) -> FoundStyle:
    """The painting's file; a swatch of it is refused, and so is another scan."""
    (found,) = locate_styles(config, [style], print)
    if found.stand_in is not None:
        sys.exit(f"{style}: the painting itself is needed.")
    if found.entry is None or found.sha256 != found.entry.sha256:
        sys.exit(f"{style}: {found.path} is not the picture that the catalogue knows.")
    return found


def make(config: Settings, network: LossNetwork, asked: Asked, style: str) -> PaintingStatistics:
    """Write a style's statistics into the package; as they are read from there."""
    found = painting(config, style)
    words = conditions(config, instantiate, network, asked, found.sha256)
    image = read_sized_style(config, instantiate, found)
    file = statistics_file(style, network.name)
    PaintingStatistics(words, asked.statistics(network, image)).write(file)
    return PaintingStatistics.read(file)


def style_losses(loss: PerceptualLoss, images: list[Tensor]) -> list[float]:
    """The style term of each of ``images``."""
    with torch.no_grad():
        return [float(loss(image, image).terms["style"]) for image in images]


def measured(
    config: Settings, network: LossNetwork, asked: Asked, style: str, known: PaintingStatistics
) -> dict[str, str]:
    """Style losses of the painting, its swatch and a photograph, for each of three targets."""
    swatch = read_sized_style(config, instantiate, find_swatch(style, ""))
    original = read_sized_style(config, instantiate, painting(config, style))
    photograph = ShorterSide(256)(read_image(sample_photographs()["chelsea"]))[None]
    images = {"painting": original, "swatch": swatch, "photograph": photograph}
    size = statistics_file(style, network.name).stat().st_size
    row = {"loss_network": network.name, "style": style, "bytes": str(size)}
    for target, given, statistics in (
        ("painting", original, None),
        ("statistics", swatch, [asked.named(known)]),
        ("swatch", swatch, None),
    ):
        loss = build_loss(config, instantiate, network, style=given, style_statistics=statistics)
        values = style_losses(loss, list(images.values()))
        row |= {f"{n}_to_{target}": f"{v:.5g}" for n, v in zip(images, values, strict=True)}
    return row


def main() -> None:
    """Make all of them."""
    rows = []
    for config in (settings(), settings("experiment=normalised")):
        network, asked = build_network(config, instantiate), Asked.by(config, instantiate)
        assert asked is not None
        for style in STYLES:
            known = make(config, network, asked, style)
            rows.append(measured(config, network, asked, style, known))
            print(rows[-1], flush=True)
    write_csv(HERE / "results.csv", rows)


if __name__ == "__main__":
    main()
