"""How long a sketch waits for its reference: ``python benchmarks/retrieval.py``.

Generated pictures (a coloured shape on a coloured ground, JPEG) are indexed once; then a drawing is
looked for several times, each as ``train.py task=sketch`` does it: the folder is listed, every file
checked against the index, the descriptors read, distances sorted. Pictures and index lie in a
folder of their own, kept with ``--folder`` and used again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion
from side_by_side import report
from skimage.draw import polygon

from stylenet.regions import BorderContrast, Describer, Library, LineArt, Shape, both_ways, ranked

SIDE = 40


def outline(random: np.random.Generator, side: int) -> np.ndarray:
    """A closed wavy curve (200,2), which lies in a square of ``side``."""
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    waves = sum(
        random.normal(0, 0.25 / n) * np.sin(n * angles + random.uniform(0, 6)) for n in range(1, 7)
    )
    radius = side * random.uniform(0.2, 0.4) * np.exp(waves - np.max(waves))
    stretch = random.uniform(0.6, 1.0, 2)
    points = np.stack([np.sin(angles), np.cos(angles)], 1) * radius[:, None] * stretch
    return side / 2 + points


def generate(folder: Path, count: int) -> None:
    """Write the pictures that are not there yet: number n is the same on every machine."""
    for number in range(count):
        file = folder / f"{number // 1000:02d}" / f"{number:05d}.jpg"
        if file.exists():
            continue
        random = np.random.default_rng(number)
        file.parent.mkdir(parents=True, exist_ok=True)
        coarse = random.integers(0, 60, (4, 4, 3)) + random.integers(0, 190, 3)
        small = Image.fromarray(coarse.astype(np.uint8))
        picture = np.array(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        rows, columns = polygon(*outline(random, SIDE).T, shape=(SIDE, SIDE))
        picture[rows, columns] = random.integers(0, 256, 3)
        Image.fromarray(picture).save(file, quality=85)


def drawing_of(number: int, side: int = 480) -> np.ndarray:
    """The outline of picture ``number`` as a drawing, (side,side,3) in [0,1]."""
    random = np.random.default_rng(number)
    random.integers(0, 60, (4, 4, 3))
    random.integers(0, 190, 3)
    rows, columns = polygon(*outline(random, SIDE).T * side / SIDE, shape=(side, side))
    inside = np.zeros((side, side), dtype=bool)
    inside[rows, columns] = True
    line = inside & ~binary_erosion(inside, iterations=4)
    return np.repeat(1 - line[..., None].astype(np.float32), 3, -1)


def main() -> None:
    """Generate, index, ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="keep pictures and index here")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results/retrieval.csv")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        generate(folder / "pictures", chosen.pictures)
        rows = measure(folder, chosen.pictures, chosen.queries)
    report(rows, chosen.out)


def measure(folder: Path, pictures: int, queries: int) -> list[dict[str, str]]:
    """Seconds to index and to answer, and how often the picture drawn is found."""
    describe = Describer(BorderContrast(), Shape())
    library = Library(folder / "pictures", folder / "cache", describe)
    indexing = Clock()
    made = library.shapes().made
    indexing.stop()
    reading, answers, places = [], [], []
    for number in np.random.default_rng(1).permutation(pictures)[:queries]:
        reading.append(Clock())
        drawing = LineArt()(drawing_of(int(number)))
        query = both_ways(describe.shape, drawing.silhouette, drawing.ink)
        reading[-1].stop()
        answers.append(Clock())
        hits = ranked(Library(library.folder, folder / "cache", describe), query, pictures)
        answers[-1].stop()
        names = [hit.file.stem for hit in hits]
        places.append(names.index(f"{number:05d}") + 1 if f"{number:05d}" in names else pictures)
    return [
        {
            "pictures": str(pictures),
            "indexed_now": str(made),
            "seconds_to_index": f"{indexing.wall:.1f}",
            "queries": str(queries),
            "seconds_to_answer": f"{median(a.wall for a in answers):.2f}",
            "cpu_seconds_to_answer": f"{median(a.cpu for a in answers):.2f}",
            "most_cpu_seconds": f"{max(a.cpu for a in answers):.2f}",
            "cpu_seconds_to_read_the_drawing": f"{median(r.cpu for r in reading):.2f}",
            "found_first": str(sum(place == 1 for place in places)),
            "found_among_6": str(sum(place <= 6 for place in places)),
            "median_place": f"{median(places):g}",
        }
    ]


class Clock:
    """Seconds by the clock and of this process's own work, which other work does not lengthen."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()
        self.wall = self.cpu = 0.0

    def stop(self) -> None:
        """Take both."""
        now = time.perf_counter(), time.process_time()
        self.wall, self.cpu = (one - other for one, other in zip(now, self._began, strict=True))


if __name__ == "__main__":
    main()
