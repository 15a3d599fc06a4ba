"""Painting by tiles: ``python benchmarks/tiles.py``.

A generated picture of ``--px`` pixels a side is painted in one piece and by tiles: how far the two
are apart, at the tiles' borders and elsewhere, and what memory each takes. Then one of
``--megapixels`` is painted by the command ``stylenet stylize``, which chooses tiles by itself: its
peak memory (resident, of the whole process) and its seconds. Each is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from side_by_side import report

from stylenet.apply.tiles import TILE

ROOT = Path(__file__).parents[1]
GIB = 2**30
# peak memory of this process, and what was painted
PAINT = """
import resource, sys
import numpy, torch
from stylenet.apply import Stylizer, load_model
from stylenet.images import read_image
picture = read_image(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
painted = Stylizer(load_model(sys.argv[3]), tile=int(sys.argv[4]) or None)(picture)
numpy.save(sys.argv[2], painted.numpy())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print('{"peak": %d, "more": %d}' % (1024 * peak, 1024 * (peak - before)))
"""
# a picture, in a process of its own, whose memory is not that of the command
MAKE = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import tiles
tiles.picture(pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[3]))
"""
# a command and its peak memory
PEAK = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def picture(file: Path, height: int, width: int) -> None:
    """Write noise at six sizes, smooth to fine, as a JPEG."""
    random = np.random.default_rng(0)
    total = Image.new("RGB", (width, height), (128, 128, 128))
    for cells in (3, 9, 27, 81, 243, 729):
        values = random.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        noise = Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)
        total = Image.blend(total, noise, 0.4)
    total.save(file, quality=95)


def ran(arguments: Sequence[str]) -> str:
    """What a process of Python said."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with status {done.returncode}: {done.stderr}")
    return done.stdout


def compared(px: int, tile: int, model: str, folder: Path) -> dict[str, str]:
    """One piece beside tiles: distances in levels of 255, memory in GiB."""
    picture(folder / "in.jpg", px, px)
    found = {}
    for name, side in (("whole", 0), ("tiles", tile)):
        out = ran(["-c", PAINT, f"{folder}/in.jpg", f"{folder}/{name}.npy", model, str(side)])
        found[name] = json.loads(out)
    whole, tiles = (np.load(folder / f"{name}.npy") for name in ("whole", "tiles"))
    apart = 255 * np.abs(whole - tiles)
    at = np.zeros((px, px), bool)
    for border in range(tile, px, tile):
        at[border - 1 : border + 1] = at[:, border - 1 : border + 1] = True
    return {
        "picture": f"{px} x {px}",
        "tile_px": str(tile),
        "mean_levels": f"{apart.mean():.5f}",
        "largest_levels": f"{apart.max():.4f}",
        "mean_at_borders": f"{apart[:, at].mean():.5f}",
        "gib_whole": f"{found['whole']['peak'] / GIB:.2f}",
        "gib_tiles": f"{found['tiles']['peak'] / GIB:.2f}",
        "seconds": "",
    }


def painted(megapixels: float, model: str, folder: Path) -> dict[str, str]:
    """The command's peak memory and seconds for a large picture."""
    side = math.isqrt(round(megapixels * 1e6))
    ran(["-c", MAKE, str(ROOT / "benchmarks"), str(folder / "large.jpg"), str(side)])
    start = time.perf_counter()
    command = ["-m", "stylenet", "stylize", f"{folder}/large.jpg", "--model", model]
    peak = 1024 * int(ran(["-c", PEAK, *command, "-o", f"{folder}/large.png"]).split()[-1])
    with Image.open(folder / "large.png") as image:
        if image.size != (side, side):
            raise RuntimeError(f"Got {image.size}, expected {side} x {side}.")
    return {
        "picture": f"{side} x {side}",
        "tile_px": str(TILE),
        **dict.fromkeys(("mean_levels", "largest_levels", "mean_at_borders", "gib_whole"), ""),
        "gib_tiles": f"{peak / GIB:.2f}",
        "seconds": f"{time.perf_counter() - start:.0f}",
    }


def main() -> None:
    """Paint, compare, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--px", type=int, default=2048)
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--megapixels", type=float, default=100.0, help="0: none")
    parser.add_argument("--model", default="udnie")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/tiles.csv")
    given = parser.parse_args()
    Image.MAX_IMAGE_PIXELS = None
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = [compared(given.px, given.tile, given.model, folder)]
        if given.megapixels:
            rows.append(painted(given.megapixels, given.model, folder))
    report(rows, given.out)


if __name__ == "__main__":
    main()
