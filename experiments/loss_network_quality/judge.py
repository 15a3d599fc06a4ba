"""Figures for loss networks: ``python experiments/loss_network_quality/judge.py --networks ...``.

Prints the figures and writes them into ``results.csv`` beside this file, where they replace those
of networks of the same names. What is measured: README.md.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from contenders import HELP, SHARED, TEACHER, Contender, contender
from explained import Pair, explained_share, feature_moments
from recognition import balanced_sum, style_distances, triplet_accuracy
from torch import Tensor

from stylenet.files import write_csv
from stylenet.images import ShorterSide, picture_files, read_image
from stylenet.loss_networks import LossNetwork
from stylenet.loss_networks.geometry import align, align_whole_cells
from stylenet.losses import GramDistance

HERE = Path(__file__).parent
# a VGG's layer -> the teacher's
PAIRS = {"relu2_2": "relu1", "relu3_2": "fire4", "relu4_2": "fire8", "relu5_1": "fire9"}
GOALS = {
    ("explained", "relu2_2 -> relu1"): "0.90",
    ("explained", "relu3_2 -> fire4"): "0.75",
    ("explained", "relu4_2 -> fire8"): "0.60",
    ("triplets_256px", "balanced sum"): "0.95",
}
ALIGNMENTS = {"explained": align_whole_cells, "explained_interpolated": align}
EXPLAINED = (*ALIGNMENTS, "fitted to")
PAINTING = ShorterSide(512)
CROPS = (256, 128)
Row = dict[str, str]


def photographs(folder: Path, every: int = 1) -> Iterator[Tensor]:
    """Every n-th picture of a folder, whole, (1,3,H,W), in the order of its name."""
    for file in sorted(picture_files(folder, "photos"))[::every]:
        yield read_image(file)[None]


def crops(folder: Path, side: int) -> tuple[list[Tensor], list[str]]:
    """The paintings cut into squares that share no pixel, as many as fit, and whose each is."""
    pieces, names = [], []
    for file in sorted(picture_files(folder, "styles")):
        painting = PAINTING(read_image(file))
        for top in _starts(painting.shape[1], side):
            for left in _starts(painting.shape[2], side):
                pieces.append(painting[:, top : top + side, left : left + side])
                names.append(file.stem)
    return pieces, names


def _starts(length: int, side: int) -> list[int]:
    """Where squares begin that fill ``length`` evenly."""
    count = length // side
    return [round((length - count * side) * (n + 0.5) / count) + n * side for n in range(count)]


def explained(
    network: LossNetwork, teacher: LossNetwork, photos: Path, every: int
) -> Iterator[Row]:
    """Shares of the teacher's variance; a network of the teacher's kind explains layer by layer."""
    layers = {
        own if own in network.layer_names else target: target for own, target in PAIRS.items()
    }
    pairs = [Pair(*both, how) for both in layers.items() for how in ALIGNMENTS.values()]
    fitting = feature_moments(network, teacher, pairs, photographs(photos / "train", every))
    held_out = feature_moments(network, teacher, pairs, photographs(photos / "val"))
    measures = list(ALIGNMENTS) * len(layers)
    for pair, measure, *moments in zip(pairs, measures, fitting, held_out, strict=True):
        yield _row(measure, f"{pair.own} -> {pair.target}", explained_share(*moments))


def recognised(network: LossNetwork, layers: Sequence[str], styles: Path) -> Iterator[Row]:
    """Shares of triplets, in total and by each layer alone."""
    for side in CROPS:
        pieces, names = crops(styles, side)
        distances = style_distances(network, pieces, layers, GramDistance())
        measure = f"triplets_{side}px"
        yield _row(measure, "balanced sum", triplet_accuracy(balanced_sum(distances), names))
        plain = sum(distances.values())
        yield _row(measure, "plain sum", triplet_accuracy(plain, names))
        for layer, values in distances.items():
            yield _row(measure, layer, triplet_accuracy(values, names))


def _row(measure: str, layer: str, share: float) -> Row:
    return {"measure": measure, "layer": layer, "share": f"{share:.4f}"}


def main() -> None:
    """Judge the networks named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", type=contender, required=True, help=HELP)
    parser.add_argument("--teacher", default=f"teacher={TEACHER}", type=contender, help=HELP)
    parser.add_argument("--photos", type=Path, default=SHARED / "photos", help="has train/, val/")
    parser.add_argument("--styles", type=Path, default=SHARED / "styles")
    parser.add_argument("--every", type=int, default=4, help="n-th photograph to fit to")
    parser.add_argument("--paintings-only", action="store_true", help="nothing is explained anew")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv")
    options = parser.parse_args()
    chosen: list[Contender] = options.networks
    kept = EXPLAINED if options.paintings_only else ()
    rows = _others(options.results, {one.name for one in chosen}, kept)
    teacher = None if options.paintings_only else options.teacher.build()[0]
    for one in chosen:
        network, layers = one.build()
        found = [*recognised(network, layers, options.styles)]
        if teacher is not None:
            found = [*explained(network, teacher, options.photos, options.every), *found]
            fitted = f"every {options.every}. training photograph"
            rows.append({"network": one.name, "measure": "fitted to", "layer": fitted})
        for row in found:
            goal = GOALS.get((row["measure"], row["layer"]), "")
            rows.append({"network": one.name, **row, "goal": goal})
            print("  ".join(rows[-1].values()), flush=True)
        rows.append({"network": one.name, "measure": "weights", "layer": _origin(network)})
    write_csv(options.results, rows)


def _others(file: Path, names: Collection[str], kept: Collection[str] = ()) -> list[Row]:
    """What is in the table already: of other networks all, of ``names`` the measures ``kept``."""
    if not file.is_file():
        return []
    with file.open(newline="") as lines:
        rows = csv.DictReader(lines)
        return [row for row in rows if row["network"] not in names or row["measure"] in kept]


def _origin(network: LossNetwork) -> str:
    """Where the weights came from, without the folder."""
    return " ".join(word.rsplit("/", 1)[-1] for word in network.weights_source.split())


if __name__ == "__main__":
    main()
