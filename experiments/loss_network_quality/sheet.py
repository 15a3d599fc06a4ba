"""Optimised pictures under several loss networks, side by side: ``... sheet.py --networks ...``.

Each picture is a run of ``task=gatys``; the folder ``--out`` keeps the runs, and a run that is
finished is not made again. Writes ``sheet.jpg`` and ``pictures.csv`` beside this file. The losses
are the default ones, which mean the same under any network; what the judge says of a picture
(EfficientNet-Lite0, which none of them is) compares them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

from contenders import HELP, SHARED, Contender, contender
from torch import Tensor

from stylenet.files import write_csv
from stylenet.images import contact_sheet, read_image, write_image
from stylenet.run.training import train

HERE = Path(__file__).parent
CONTENTS = ("chicago", "tubingen", "lion")
STYLES = ("udnie", "starry_night", "wave", "the_scream")
TASK = ("task=gatys", "callbacks=none", "logger=none", "loss.content_weight=1", "style_scale=1")
TASK += ("comparison=judged",)
JUDGED = {"judge_content": "val/metric/judge/content", "judge_style": "val/metric/judge/style"}
Row = dict[str, str]


def paint(one: Contender, content: str, style: str, options: argparse.Namespace) -> Row:
    """Make one run, unless it is there; what it came to."""
    folder = Path(options.out, one.name, f"{content}_{style}").absolute()
    picture = (
        *TASK,
        f"content={content}",
        f"style={style}",
        f"content_size.px={options.px}",
        f"trainer.max_steps={options.steps}",
        f"loss.style_weight={options.style_weight}",
        f"paths.contents={options.contents.absolute()}",
        f"paths.styles={options.styles.absolute()}",
        f"run.dir={folder}",
    )
    if not (folder / "result.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)  # a run that was killed
        started = time.perf_counter()
        train(one.config(*picture))
        seconds = time.perf_counter() - started
        (folder / "seconds.txt").write_text(f"{seconds:.1f}\n")
    losses = json.loads((folder / "result.json").read_text())["losses"]
    figures = json.loads((folder / "metrics.json").read_text())
    return {
        "network": one.name,
        "content": content,
        "style": style,
        "content_lost": f"{losses['content']:.4g}",
        "style_left": f"{losses['style'] / options.style_weight:.4g}",
        **{column: f"{figures[figure]:.4g}" for column, figure in JUDGED.items()},
        "seconds": (folder / "seconds.txt").read_text().strip(),
    }


def main() -> None:
    """Make all pictures, or those of the contents and styles named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", type=contender, required=True, help=HELP)
    parser.add_argument("--out", default="loss_network_pictures", help="keeps the runs")
    parser.add_argument("--contents", type=Path, default=SHARED / "contents")
    parser.add_argument("--styles", type=Path, default=SHARED / "styles")
    parser.add_argument("--only-contents", nargs="+", default=CONTENTS)
    parser.add_argument("--only-styles", nargs="+", default=STYLES)
    parser.add_argument("--px", type=int, default=192, help="longer side")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--style-weight", type=float, default=30.0, help="content has 1")
    parser.add_argument("--sheet", type=Path, default=HERE / "sheet.jpg")
    options = parser.parse_args()
    rows: list[Row] = []
    grid: list[list[Tensor | None]] = []
    titles = []
    for content in options.only_contents:
        for style in options.only_styles:
            titles.append(f"{content}, {style}")
            grid.append([])
            for one in options.networks:
                rows.append(paint(one, content, style, options))
                print("  ".join(rows[-1].values()), flush=True)
                result = Path(options.out, one.name, f"{content}_{style}", "result.png")
                grid[-1].append(read_image(result))
    names = [one.name for one in options.networks]
    sheet = contact_sheet(grid, column_titles=names, row_titles=titles, cell=90, title_px=10)
    write_image(options.sheet, sheet)
    write_csv(options.sheet.with_name("pictures.csv"), rows)


if __name__ == "__main__":
    main()
