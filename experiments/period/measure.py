"""Do style statistics tell a painting's period?

    python experiments/period/measure.py <folder of paintings with SOURCES.csv>

A linear classifier (ridge regression towards one column a class) on the Gram matrices that a style
loss compares names the century in which the painter died, of painters that it has not seen: five
folds over painters. Figures are balanced: each century counts alike, so that chance is one over
their number. Compared with mean and covariance of the three colours. ``results.csv`` is written
beside this file.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from stylenet.files import write_csv
from stylenet.images import ShorterSide, read_image
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled

HERE = Path(__file__).parent
LAYERS = ("relu1_2", "relu2_2", "relu3_2", "relu4_2")
FOLDS, STRENGTH = 5, 1.0
Matrix = NDArray[np.float64]


@torch.inference_mode()
def described(files: list[Path], px: int) -> tuple[Matrix, Matrix]:
    """Rows of Gram statistics and of colours, an image each."""
    network = compact_vgg(Bundled())
    grams, colours = [], []
    for file in files:
        image = ShorterSide(px)(read_image(file))
        cells = image.flatten(1)
        colours.append(torch.cat([cells.mean(1), _upper(torch.cov(cells))]))
        layers = network(image[None], list(LAYERS)).values()
        each = [_upper(f[0].flatten(1) @ f[0].flatten(1).T / f[0][0].numel()) for f in layers]
        # of each layer the direction alone, so that all have the same say
        grams.append(torch.cat([one / one.norm() for one in each]))
    return _numbers(grams), _numbers(colours)


def _upper(matrix: torch.Tensor) -> torch.Tensor:
    row, column = torch.triu_indices(*matrix.shape)
    return matrix[row, column]


def _numbers(rows: list[torch.Tensor]) -> Matrix:
    return torch.stack(rows).double().numpy()


def named(seen: Matrix, kinds: Matrix, unseen: Matrix) -> NDArray[np.intp]:
    """The class of each of ``unseen``, by ridge regression on ``seen`` with ``kinds`` (one-hot).

    Classes weigh alike; columns are standardised; solved in the dual.
    """
    mean, std = seen.mean(0), seen.std(0) + 1e-9
    a, b = (seen - mean) / std, (unseen - mean) / std
    a, b = a / np.sqrt(a.shape[1]), b / np.sqrt(a.shape[1])
    weights = np.sqrt(1 / kinds.sum(0)[kinds.argmax(1)])
    weights *= np.sqrt(len(weights)) / np.linalg.norm(weights)
    middle = (weights[:, None] ** 2 * kinds).sum(0) / (weights**2).sum()
    a, target = a * weights[:, None], (kinds - middle) * weights[:, None]
    solved = np.linalg.solve(a @ a.T + STRENGTH * np.eye(len(a)), target)
    return (b @ a.T @ solved + middle).argmax(1)


def balanced(said: NDArray[np.intp], true: NDArray[np.intp]) -> float:
    """The mean over the classes that are there of what was named right."""
    return float(np.mean([(said[true == kind] == kind).mean() for kind in np.unique(true)]))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--px", type=int, default=192, help="shorter side")
    parser.add_argument("--limit", type=int, help="paintings, at most")
    parser.add_argument("--results", type=Path, default=HERE / "results.csv")
    asked = parser.parse_args()
    with (asked.paintings / "SOURCES.csv").open(newline="") as file:
        listed = [row for row in csv.DictReader(file) if row["died"].isdecimal()][: asked.limit]
    century = [(int(row["died"]) - 1) // 100 for row in listed]
    enough = [kind for kind in sorted(set(century)) if century.count(kind) >= 2 * FOLDS]
    kept = [index for index, kind in enumerate(century) if kind in enough]
    true = np.array([enough.index(century[index]) for index in kept])
    painters = [listed[index]["artist"] for index in kept]
    order = list(np.random.default_rng(0).permutation(sorted(set(painters))))
    fold = np.array([order.index(painter) % FOLDS for painter in painters])
    features = described([asked.paintings / listed[index]["file"] for index in kept], asked.px)
    kinds = np.eye(len(enough))[true]
    rows = []
    for number in range(FOLDS):
        out = fold == number
        right = [
            balanced(named(rows_of[~out], kinds[~out], rows_of[out]), true[out])
            for rows_of in features
        ]
        about = {"fold": number, "paintings": int(out.sum())}
        chance = 1 / len(np.unique(true[out]))
        figures = dict(zip(("grams", "colours", "chance"), (*right, chance), strict=True))
        rows.append(about | {name: f"{value:.4f}" for name, value in figures.items()})
    write_csv(asked.results, rows)


if __name__ == "__main__":
    main()
