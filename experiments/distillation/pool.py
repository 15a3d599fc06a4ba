"""Pictures on which a student has to agree with its teacher too: ``python pool.py DATA OUT``.

Stylised pictures are what a loss network is asked about in use, and what it was never shown. Each
photograph of ``DATA/photos`` is painted in one pass by a net drawn at random: one that ships, or
``any`` in a painting drawn from ``DATA/paintings`` (``any_style/prepare.py`` makes ``DATA``). Files
are PNG, since JPEG would smooth away the grain that the student has to learn to see.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

from stylenet.apply import Stylizer, shipped_painters
from stylenet.apply.zoo import ANY
from stylenet.images import ShorterSide, picture_files, read_image, write_image


def main() -> None:
    """Paint all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--models",
        nargs="+",
        default=shipped_painters(),
        help="nets of one style: run directories, model files or nets that ship",
    )
    parser.add_argument("--share", type=float, default=0.5, help="of the pictures painted by any")
    parser.add_argument("--px", type=int, default=224, help="shorter side of the photographs")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    size = ShorterSide(options.px)
    paintings = picture_files(options.data / "paintings", "paintings")
    nets = {name: Stylizer.load(name, "cpu") for name in options.models}
    for photo in picture_files(options.data / "photos", "photos"):
        if draw.random() < options.share:
            painting = draw.choice(paintings)
            net, name = Stylizer.load(ANY, "cpu", style=painting), painting.stem
        else:
            name = draw.choice(list(nets))
            net, name = nets[name], Path(name).name
        file = options.out / f"{photo.stem}_{name}.png"
        if not file.exists():
            write_image(file, net(size(read_image(photo))))


if __name__ == "__main__":
    main()
