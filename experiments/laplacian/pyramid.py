"""Pyramid transfer beside ordinary transfer: ``python experiments/laplacian/pyramid.py <folder>``.

For each pair ``task=pyramid``, and ``task=gatys`` with the steps of one of its two transfers.
``pyramid.csv`` and ``pyramid.jpg`` are written beside this file, or into the folder with ``--dry``.
Style losses are against the painting, unweighted: the default ones, 0 for the painting itself and
about 2 for a photograph.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from runs import HERE, PAIRS, edge_ssim, four_digits, painted
from torch import Tensor

from stylenet import compose
from stylenet.files import write_csv
from stylenet.images import contact_sheet, read_image, write_image
from stylenet.losses import PerceptualLoss
from stylenet.run.building import instantiate
from stylenet.runners.building import build_loss, build_network


def style_loss(style: Tensor) -> PerceptualLoss:
    """The loss that tells how far a picture is from ``style`` (3,H,W)."""
    config = compose("loss_network=compact_vgg", "loss=texture", "loss.style_weight=1")
    return build_loss(config, instantiate, build_network(config, instantiate), style=style[None])


def main() -> None:
    """Paint what is missing, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--px", type=int, default=192)
    parser.add_argument("--steps", type=int, default=60, help="of each transfer")
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--pairs", nargs="+", default=[",".join(pair) for pair in PAIRS])
    parser.add_argument("--dry", action="store_true", help="keep table and sheets out of git")
    arguments = parser.parse_args()
    out = arguments.folder.absolute() if arguments.dry else HERE
    rows, sheets = [], []
    pyramid = f"{arguments.levels}_levels"
    both = [f"trainer.max_steps={2 * arguments.steps}", f"pyramid.steps={arguments.steps}"]
    for pair in arguments.pairs:
        content, style = pair.split(",")
        folder = arguments.folder.absolute() / f"{content}_{style}"
        common = [f"content={content}", f"style={style}", f"content_size.px={arguments.px}"]
        common += ["callbacks.stopping.steps=1000"]
        jobs = {pyramid: ["task=pyramid", *both, f"pyramid.levels={arguments.levels}"]}
        jobs["ordinary"] = ["task=gatys", f"trainer.max_steps={arguments.steps}"]
        for name, own in jobs.items():
            painted(folder / name, [*own, *common])
        names = ["content", "style", *(f"level_{n + 1}" for n in range(arguments.levels))]
        row = [read_image(folder / pyramid / f"{name}.png") for name in names]
        judge = style_loss(row[1])
        for name, file in ((pyramid, "intermediate"), (pyramid, "result"), ("ordinary", "result")):
            path = folder / name / f"{file}.png"
            row.append(read_image(path))
            found = judge(row[-1][None], row[-1][None]).terms["style"].item()
            about = {"content": content, "style": style, "run": name, "picture": file}
            ssim = edge_ssim(path, folder / name / "content.png")
            rows.append({**about, "style_loss": found, **ssim})
        sheets.append(row)
    titles = ["content", "style", *(f"level {n + 1}" for n in range(arguments.levels))]
    titles += ["from the levels", "in its style", "ordinary"]
    sheet = contact_sheet(sheets, column_titles=titles, cell=200, title_px=12)
    print(write_image(out / "pyramid.jpg", sheet))
    write_csv(out / "pyramid.csv", four_digits(rows))


if __name__ == "__main__":
    main()
