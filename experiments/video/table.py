"""``table.py``: README's table from results.csv, means over the paintings."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import fmean

HERE = Path(__file__).parent
NAMES = {
    "original": "original (floor)",
    "frame_by_frame": "frame by frame",
    "blend_0.5": "blend 0.5",
    "blend_0.7": "**blend 0.7, the default**",
    "blend_0.9": "blend 0.9",
}


def table(rows: list[dict[str, str]]) -> str:
    """In Markdown."""

    def mean(clip: str, variant: str, figure: str) -> float:
        own = [r for r in rows if (r["clip"], r["variant"]) == (clip, variant)]
        return fmean(float(row[figure] or "nan") for row in own)

    lines = [
        "| clip | | warp_1 | of frame by frame | warp_10 | farneback | style | content |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for clip in dict.fromkeys(row["clip"] for row in rows):
        for variant, name in NAMES.items():
            cells = [clip, name]
            figures = {
                key: mean(clip, variant, key)
                for key in ("warp_1", "warp_10", "warp_1_farneback", "style", "content")
            }
            before = {key: mean(clip, "frame_by_frame", key) for key in figures}
            blended = variant.startswith("blend")
            more = 100 * (figures["style"] / before["style"] - 1)
            cells += [f"{figures['warp_1']:.4f}"]
            cells += [f"{figures['warp_1'] / before['warp_1']:.2f}" if blended else ""]
            cells += [
                "-" if math.isnan(figures[k]) else f"{figures[k]:.4f}" for k in list(figures)[1:3]
            ]
            if variant == "original":
                cells += ["", ""]
            else:
                cells += [f"{figures['style']:.3f}" + (f" ({more:+.0f} %)" if blended else "")]
                cells += [f"{figures['content']:.3f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Print it."""
    with (HERE / "results.csv").open(newline="") as file:
        print(table(list(csv.DictReader(file))))


if __name__ == "__main__":
    main()
