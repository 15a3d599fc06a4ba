"""How long does a net of each width paint? ``python experiments/width/painted.py``.

Nets of random weights, whose time is that of trained ones, paint five photographs at a longer side
of 512 px by turns: on a machine that does something else as well, their ratios hold where their
times do not. ``painted.csv`` is written beside this file: medians over the rounds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

import torch

from stylenet import compose
from stylenet.apply.contents import find_content
from stylenet.files import write_csv
from stylenet.images import LongerSide, read_image
from stylenet.run.building import instantiate

HERE = Path(__file__).parent
PICTURES = ("chelsea", "astronaut", "coffee", "rocket", "motorcycle_left")
WIDTHS = (1, 0.5, 0.25)


@torch.inference_mode()
def main() -> None:
    """Paint by turns."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--px", type=int, default=512, help="longer side")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, default=HERE / "painted.csv")
    asked = parser.parse_args()
    nets = {width: instantiate(compose(f"net.width={width}").net).eval() for width in WIDTHS}
    rows = []
    for picture in PICTURES:
        image = LongerSide(asked.px)(read_image(find_content(picture, None)))[None]
        seconds: dict[float, list[float]] = {width: [] for width in WIDTHS}
        for turn in range(asked.rounds + 1):
            for width, net in nets.items():
                begin = time.perf_counter()
                net(image)
                if turn:  # the first sets kernels up
                    seconds[width].append(time.perf_counter() - begin)
        for width, found in seconds.items():
            about = {"picture": picture, "px": asked.px, "width": width}
            rows.append(about | {"milliseconds": f"{1000 * median(found):.1f}"})
    write_csv(asked.results, rows)


if __name__ == "__main__":
    main()
