"""Paint photographs in styles with a net for any: ``python paint.py MODEL OUT``.

``OUT/<content>_<style>.png``, as ``experiments/image_quality/measure.py`` reads them; the seconds
that the net took, medians, are printed.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import torch

from stylenet.apply import Request, Stylizer
from stylenet.images import ShorterSide, picture_files, read_image, write_image

SHARED = Path(__file__).parents[2].parent / "shared" / "assets"


def main() -> None:
    """Paint all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a run directory, a model file or a net that ships")
    parser.add_argument("out", type=Path)
    parser.add_argument("--styles", type=Path, default=SHARED / "styles")
    parser.add_argument("--contents", type=Path, default=SHARED / "contents")
    parser.add_argument("--px", type=int, default=384, help="shorter side of the photographs")
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    size, request = ShorterSide(options.px), Request(strength=options.strength)
    photos = {f.stem: size(read_image(f)) for f in picture_files(options.contents, "contents")}
    seconds = []
    for style in picture_files(options.styles, "styles"):
        stylizer = Stylizer.load(options.model, "cpu", style=style)
        for name, photo in photos.items():
            write_image(options.out / f"{name}_{style.stem}.png", stylizer(photo, request))
            seconds.append(stylizer.seconds)
    print(f"{len(seconds)} images, {1000 * statistics.median(seconds):.0f} ms")


if __name__ == "__main__":
    main()
