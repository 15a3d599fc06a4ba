"""Pyramid transfer beside ordinary transfer: ``python experiments/laplacian/pyramid.py <folder>``.

For each pair ``task=pyramid`` with two, three and four levels, and ``task=gatys`` with the steps of
one of its two transfers. ``pyramid.csv``, ``pyramid.jpg`` (three levels) and ``levels.jpg`` (the
results of all) are written beside this file, or into the folder with ``--dry``. Style losses are
against the painting, unweighted, with the layer weights that ``task=gatys`` has by default.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from runs import HERE, PAIRS, edge_ssim, painted
from torch import Tensor

from stylenet.images import contact_sheet, read_image, write_image
from stylenet.losses import PerceptualLoss, StyleTerm
from stylenet.losses.network import compact_vgg
from stylenet.losses.weights import Bundled

LAYERS = ("relu1_2", "relu2_2", "relu3_2", "relu4_2")
LAYER_WEIGHTS = (0.15, 1, 1, 1)
LEVELS = (3, 2, 4)


def style_loss(style: Tensor) -> PerceptualLoss:
    """The loss that tells how far a picture is from ``style`` (3,H,W)."""
    network = compact_vgg(Bundled())
    term = StyleTerm(network, style[None], LAYERS, LAYER_WEIGHTS, 1.0)
    return PerceptualLoss({"style": term}, network)


def main() -> None:
    """Paint what is missing, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--px", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100, help="of each transfer")
    parser.add_argument("--dry", action="store_true", help="keep table and sheets out of git")
    arguments = parser.parse_args()
    out = arguments.folder.absolute() if arguments.dry else HERE
    rows, sheets, results = [], [], []
    for content, style in PAIRS:
        folder = arguments.folder.absolute() / f"{content}_{style}"
        common = [f"content={content}", f"style={style}", f"content_size.px={arguments.px}"]
        common += ["callbacks.stopping.steps=1000"]
        both = [f"trainer.max_steps={2 * arguments.steps}", f"pyramid.steps={arguments.steps}"]
        jobs = {
            f"{n} levels": ["task=pyramid", *common, *both, f"pyramid.levels={n}"] for n in LEVELS
        }
        jobs["ordinary"] = ["task=gatys", *common, f"trainer.max_steps={arguments.steps}"]
        pictures = {}
        for name, overrides in jobs.items():
            run = folder / name.replace(" ", "_")
            painted(run, overrides)
            judge = style_loss(read_image(run / "style.png"))
            for file in ("intermediate.png", "result.png"):
                if not (run / file).is_file():
                    continue
                picture = pictures[name, file] = read_image(run / file)
                found = judge(picture[None], picture[None]).terms["style"].item()
                about = {"content": content, "style": style, "run": name, "picture": file}
                ssim = edge_ssim(run / file, run / "content.png")
                rows.append({**about, "style_loss": found, **ssim})
        run = folder / "3_levels"
        names = ("content", "style", *(f"level_{n}" for n in (1, 2, 3)))
        sheets.append(
            [
                *(read_image(run / f"{name}.png") for name in names),
                pictures["3 levels", "intermediate.png"],
                pictures["3 levels", "result.png"],
                pictures["ordinary", "result.png"],
            ]
        )
        results.append([pictures[f"{n} levels", "result.png"] for n in LEVELS])
    titles = ["content", "style", "level 1", "level 2", "level 3"]
    titles += ["from the levels", "in its style", "ordinary"]
    sheet = contact_sheet(sheets, column_titles=titles, cell=190, title_px=12)
    print(write_image(out / "pyramid.jpg", sheet))
    titles = [f"{n} levels" for n in LEVELS]
    sheet = contact_sheet(results, column_titles=titles, cell=arguments.px, title_px=12)
    print(write_image(out / "levels.jpg", sheet))
    with (out / "pyramid.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )


if __name__ == "__main__":
    main()
