"""Are edges kept better at equal style loss? ``python experiments/laplacian/edges.py <folder>``.

Without the Laplacian loss a sweep of style weights gives a curve: the style loss that was reached
against the SSIM of edge maps with the content's. Each picture with the Laplacian loss is compared
with that curve at its own style loss (interpolated between the logarithms of style losses). The
folder keeps the runs; a run that is finished is not made again. ``results.csv``, ``curves.png`` and
``edges.jpg`` are written beside this file, or into the folder with ``--dry``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from runs import HERE, PAIRS, edge_ssim, four_digits, painted

from stylenet.files import write_csv
from stylenet.images import contact_sheet, read_image, write_image

STYLE_WEIGHTS = (1, 3, 10, 30, 100)
WITH = (30,)  # of these, those tried with the Laplacian loss, too
ON = ["loss/laplacian=on"]
LAPLACIAN = {
    "pool 4, 300": [*ON, "loss.laplacian_weight=300"],
    "pools 4 and 16, 100": [*ON, "loss.laplacian_weight=100", "loss.laplacian_pools=[4,16]"],
    "pool 1, 1e3": [*ON, "loss.laplacian_weight=1e3", "loss.laplacian_pools=[1]"],
}
KINDS = ("sobel", "blurred", "canny")
Row = dict[str, str | float]


def measured(folder: Path, pair: tuple[str, str], px: int, steps: int) -> list[Row]:
    """All runs of one pair: the curve, then the pictures with the Laplacian loss."""
    content, style = pair
    common = ["task=gatys", f"content={content}", f"style={style}", f"content_size.px={px}"]
    common += [f"trainer.max_steps={steps}", "callbacks.stopping.steps=1000"]
    # Values outside [0,1] carry style, and are cut off in the end: under Gram sums with the usual
    # 1e3 the result's style loss was 2.7 times that of the picture as optimised, and grew with the
    # style weight.
    common += ["loss.range_weight=1e5"]
    jobs = {("none", w): [f"loss.style_weight={w}"] for w in STYLE_WEIGHTS}
    jobs |= {
        (name, w): [*own, f"loss.style_weight={w}"] for name, own in LAPLACIAN.items() for w in WITH
    }
    rows: list[Row] = []
    for (name, weight), own in jobs.items():
        run = folder / f"{content}_{style}" / f"{name}_{weight}".replace(" ", "_").replace(",", "")
        losses = painted(run, [*common, *own])["losses"]
        ssim = edge_ssim(run / "result.png", run / "content.png")
        about: Row = {"content": content, "style": style, "laplacian": name}
        about |= {"style_weight": weight, "style_loss": losses["style"] / weight}
        rows.append(about | {"content_loss": losses["content"]} | ssim | {"run": str(run)})
    curve = sorted((r for r in rows if r["laplacian"] == "none"), key=lambda r: r["style_loss"])
    reached = np.log([row["style_loss"] for row in curve])
    for row in rows:
        for kind in KINDS:
            at = np.log(row["style_loss"])
            inside = row["laplacian"] != "none" and reached[0] <= at <= reached[-1]
            plain = float(np.interp(at, reached, [r[kind] for r in curve])) if inside else None
            row[f"{kind}_without"] = "" if plain is None else plain
    return rows


def drawn(rows: list[Row]) -> Figure:
    """The curve of each pair, and the pictures with the Laplacian loss as dots."""
    pairs = list(dict.fromkeys((row["content"], row["style"]) for row in rows))
    figure = Figure(figsize=(9, 2.8 * len(pairs)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(pairs), len(KINDS), squeeze=False)
    for line, pair in zip(axes, pairs, strict=True):
        own = [row for row in rows if (row["content"], row["style"]) == pair]
        for axis, kind in zip(line, KINDS, strict=True):
            for name in dict.fromkeys(row["laplacian"] for row in own):
                points = sorted((r["style_loss"], r[kind]) for r in own if r["laplacian"] == name)
                shape = "k.-" if name == "none" else "o"
                axis.semilogx(*zip(*points, strict=True), shape, label=name, markersize=5)
            axis.set_title(f"{pair[0]}, {kind}", fontsize=9)
            axis.set_xlabel("style loss")
    axes[0][0].set_ylabel("SSIM of edge maps")
    axes[0][-1].legend(fontsize=6)
    return figure


def main() -> None:
    """Paint what is missing, measure, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--px", type=int, default=256)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--pairs", nargs="+", default=[",".join(pair) for pair in PAIRS])
    parser.add_argument("--dry", action="store_true", help="keep table and sheets out of git")
    arguments = parser.parse_args()
    folder = arguments.folder.absolute()
    out = folder if arguments.dry else HERE
    rows: list[Row] = []
    for pair in arguments.pairs:
        content, style = pair.split(",")
        rows += measured(folder, (content, style), arguments.px, arguments.steps)
    shown = ["none", *LAPLACIAN]
    grid = [
        [
            read_image(Path(str(row["run"])) / "result.png")
            for name in shown
            for row in rows
            if (row["content"], row["laplacian"], row["style_weight"]) == (content, name, WITH[0])
        ]
        for content in dict.fromkeys(row["content"] for row in rows)
    ]
    sheet = contact_sheet(grid, column_titles=shown, cell=arguments.px * 7 // 8, title_px=12)
    print(write_image(out / "edges.jpg", sheet))
    drawn(rows).savefig(out / "curves.png", dpi=90)
    kept = [{k: v for k, v in row.items() if k != "run"} for row in rows]
    write_csv(out / "results.csv", four_digits(kept))


if __name__ == "__main__":
    main()
