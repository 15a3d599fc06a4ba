"""Do automatic clusters keep sky and water apart, and does each go with the painting's?

``apart.py <assets> <choose|report> [every]``: photographs x paintings of one part of ``boxes.csv``
(boxes in percent of the sides, drawn by hand), all pairs or each ``every``-th, at a longer side of
288 px, seed 0. Of a pair it asks which region most of the sky's boxes has, and most of the water's,
in both pictures. Prints the shares and writes ``apart_<part>.csv`` beside this file. Pictures are
looked for in ``assets`` and its folders ``contents`` and ``styles``.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from stylenet import compose
from stylenet.regions import Clusters, Floats, Picture
from stylenet.regions.clustering import Labels
from stylenet.run.building import instantiate
from stylenet.runners.building import build_network

HERE = Path(__file__).parent
SIDE = 288
SETTINGS = {
    "before 3e2fdfd": Clusters(4, ["relu3_2", "relu4_2"], 2, height_weight=0),
    "3e2fdfd": Clusters(4, ["relu4_2", "relu5_1"], 2, height_weight=0),
    "now": Clusters(4, ["relu3_2", "relu4_2", "relu5_1"]),
}
Box = tuple[float, float, float, float]


class Look:
    """Features of pictures, each computed once."""

    def __init__(self) -> None:
        self.network = build_network(compose("loss_network=compact_vgg"), instantiate)
        self.seen: dict[tuple[bytes, str], Floats] = {}

    def __call__(self, picture: Picture, layers: Sequence[str]) -> list[Floats]:
        """Features (C,h,w) at ``layers``."""
        key = picture.tobytes()
        if any((key, layer) not in self.seen for layer in layers):
            image = torch.from_numpy(picture).permute(2, 0, 1)[None]
            with torch.no_grad():
                found = self.network(image, layers)
            self.seen |= {(key, layer): found[layer][0].numpy() for layer in layers}
        return [self.seen[key, layer] for layer in layers]


@cache
def picture_of(assets: Path, name: str) -> Picture:
    """A picture, its longer side `SIDE`."""
    places = [assets / folder / f"{name}.jpg" for folder in ("", "contents", "styles")]
    image = Image.open(next(place for place in places if place.is_file())).convert("RGB")
    scale = SIDE / max(image.size)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.LANCZOS)
    return np.asarray(small, np.float32) / 255


def majority(labels: Labels, boxes: Sequence[Box]) -> int:
    """The label that most of the boxes has."""
    height, width = labels.shape
    inside = [
        labels[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)]
        for x0, y0, x1, y1 in boxes
    ]
    return int(np.bincount(np.concatenate([one.ravel() for one in inside])).argmax())


def main() -> None:
    """Print the table and write what became of each pair."""
    assets, part = Path(sys.argv[1]), sys.argv[2]
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    drawn: dict[str, dict[str, dict[str, list[Box]]]] = {"photo": {}, "painting": {}}
    with (HERE / "boxes.csv").open() as file:
        for row in csv.DictReader(file):
            if row["part"] == part:
                own = drawn[row["kind"]].setdefault(row["picture"], {"sky": [], "water": []})
                sides = [float(row[side]) / 100 for side in ("left", "top", "right", "bottom")]
                own[row["what"]].append(tuple(sides))
    look = Look()
    pairs = [(photo, painting) for photo in drawn["photo"] for painting in drawn["painting"]]
    rows: dict[str, list[tuple[bool, bool, bool]]] = {name: [] for name in SETTINGS}
    with (HERE / f"apart_{part}.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ("setting", "photo", "painting", "photo_apart", "painting_apart", "matched")
        )
        for photo, painting in pairs[::every]:
            pictures = picture_of(assets, photo), picture_of(assets, painting)
            boxes = drawn["photo"][photo], drawn["painting"][painting]
            for name, clusters in SETTINGS.items():
                found = clusters(*pictures, look)
                (sky, water), (sky_too, water_too) = (
                    (majority(regions.labels, own["sky"]), majority(regions.labels, own["water"]))
                    for regions, own in zip((found.content, found.style), boxes, strict=True)
                )
                matched = (sky, water) == (sky_too, water_too) and sky != water
                rows[name].append((sky != water, sky_too != water_too, matched))
                writer.writerow((name, photo, painting, *map(int, rows[name][-1])))
            file.flush()
    for name, own in rows.items():
        both = np.array(own)
        merged = int((both[:, 1] & ~both[:, 0]).sum())
        apart = ", ".join(f"{fraction:.2f}" for fraction in both.mean(0))
        print(
            f"{part}, {len(both)} pairs, {name}: apart in photograph, in painting, matched: {apart}"
        )
        print(f"  one region in the photograph where the painting has two: {merged}")


if __name__ == "__main__":
    main()
