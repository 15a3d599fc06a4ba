"""Paint photographs with trained nets: ``python experiments/paint.py OUT``, those that ship.

``OUT/<content>_<style>.png``, as ``experiments/image_quality/measure.py`` reads them; the seconds
that each net took, medians, are printed. A net of several styles paints in each of them.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

import torch

from stylenet.apply import Request, Stylizer, shipped_painters
from stylenet.images import ShorterSide, picture_files, read_image, write_image

SHARED = Path(__file__).parents[1].parent / "shared" / "assets"


def main() -> None:
    """Paint all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--models",
        nargs="+",
        default=shipped_painters(),
        help="run directories, model files or nets that ship",
    )
    parser.add_argument("--styles", type=Path, help="of a net for any style: a folder of images")
    parser.add_argument("--contents", type=Path, default=SHARED / "contents")
    parser.add_argument("--px", type=int, default=384, help="shorter side of the photographs")
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    size = ShorterSide(options.px)
    photos = {f.stem: size(read_image(f)) for f in picture_files(options.contents, "contents")}
    styles = [None] if options.styles is None else picture_files(options.styles, "styles")
    for model in options.models:
        seconds = []
        for style in styles:
            stylizer = Stylizer.load(model, "cpu", style=style)
            own = stylizer.model.styles
            alone = Path(model).name if style is None else style.stem
            for painted_in in own if len(own) > 1 else [alone]:
                weights = {painted_in: 1.0} if len(own) > 1 else None
                request = Request(weights, strength=options.strength)
                for name, photo in photos.items():
                    write_image(options.out / f"{name}_{painted_in}.png", stylizer(photo, request))
                    seconds.append(stylizer.seconds)
        print(f"{model}: {len(seconds)} images, {1000 * statistics.median(seconds):.0f} ms each")


if __name__ == "__main__":
    main()
