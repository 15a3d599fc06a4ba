"""Paint photographs with the nets of one style that ship: ``python paint.py OUT``.

``OUT/<content>_<style>.png``, as ``experiments/image_quality/measure.py`` reads them; the seconds
that each net took, medians, are printed.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import torch

from stylenet.apply import Stylizer, shipped_models
from stylenet.apply.zoo import ANY
from stylenet.images import ShorterSide, picture_files, read_image, write_image

SHARED = Path(__file__).parents[2].parent / "shared" / "assets"


def main() -> None:
    """Paint all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--models", nargs="+", default=[m for m in shipped_models() if m != ANY])
    parser.add_argument("--contents", type=Path, default=SHARED / "contents")
    parser.add_argument("--px", type=int, default=384, help="shorter side of the photographs")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    size = ShorterSide(options.px)
    photos = {f.stem: size(read_image(f)) for f in picture_files(options.contents, "contents")}
    for model in options.models:
        stylizer, seconds = Stylizer.load(model, "cpu"), []
        for name, photo in photos.items():
            write_image(options.out / f"{name}_{Path(model).name}.png", stylizer(photo))
            seconds.append(stylizer.seconds)
        print(f"{model}: {1000 * statistics.median(seconds):.0f} ms")


if __name__ == "__main__":
    main()
