"""Tables from what was measured.

``python compare.py metrics <metrics.csv> <net> ...``: each style of each net against the net
``single_<style>`` of this style alone, from what ``evaluate.py`` measured; written to
``results.csv``. ``python compare.py squares <folder> <run> ...``: the same from the last validation
of the runs in a folder, where the runs ``single_<style>`` lie too; written to ``squares.csv``.
``python compare.py added <run> <joint run> ...``: after how many steps and seconds
the style loss of a style that a run of ``task=add_style`` learns comes within 10 % of what it is in
a run that trained all styles together; written to ``added.csv``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median

from stylenet.files import write_csv

HERE = Path(__file__).parent
WITHIN = 1.1
FIGURES = ("style", "content", "tv", "ssim", "milliseconds")


def means(file: Path) -> dict[str, dict[str, float]]:
    """Each model's figures, averaged over the pictures; milliseconds are medians."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with file.open(newline="") as stream:
        for row in csv.DictReader(stream):
            for key in (*FIGURES, "style_bytes"):
                found[row["model"]][key].append(float(row[key]))
    return {
        model: {k: median(v) if k == "milliseconds" else fmean(v) for k, v in figures.items()}
        for model, figures in found.items()
    }


def against_single(
    figures: Mapping[str, Mapping[str, float]], nets: Sequence[str]
) -> list[dict[str, str]]:
    """A row a style and net; ``ratio`` is the style loss over that of the net of one style."""
    styles = [name.removeprefix("single_") for name in figures if name.startswith("single_")]
    rows = []
    for style in styles:
        alone = figures[f"single_{style}"]
        for net in ("single", *nets):
            own = figures.get(f"{net}_{style}")
            if own is None:
                continue
            rows.append(
                {
                    "painting": style,
                    "net": net,
                    "style": f"{own['style']:.3f}",
                    "ratio": f"{own['style'] / alone['style']:.2f}",
                    **{key: f"{own[key]:.4g}" for key in FIGURES[1:]},
                    "style_bytes": f"{own['style_bytes']:.0f}",
                }
            )
    return rows


def validated(run: Path, style: str) -> dict[int, float]:
    """Step -> style loss of ``style`` on the validation pictures."""
    with (run / "losses.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    name = f"val/loss/{style}/style"
    return {int(row["step"]): float(row["value"]) for row in rows if row["name"] == name}


def on_squares(folder: Path, nets: Sequence[str]) -> list[dict[str, str]]:
    """A row a style and net, as their last validations have them."""
    rows = []
    for single in sorted(folder.glob("single_*")):
        style = single.name.removeprefix("single_")
        alone = _last(single, "val/loss/style")
        for net, run, prefix in (
            ("single", single, "val/loss"),
            *((net, folder / net, f"val/loss/{style}") for net in nets),
        ):
            own = _last(run, f"{prefix}/style")
            content = _last(run, f"{prefix}/content")
            figures = {"style": f"{own:.3f}", "ratio": f"{own / alone:.2f}"}
            rows.append({"painting": style, "net": net, **figures, "content": f"{content:.3f}"})
    return rows


def _last(run: Path, name: str) -> float:
    with (run / "losses.csv").open(newline="") as stream:
        return [float(row["value"]) for row in csv.DictReader(stream) if row["name"] == name][-1]


def added(run: Path, joint: Path) -> dict[str, str]:
    """When the style that ``run`` learns comes near to what ``joint`` reached."""
    model, record = (json.loads((run / name).read_text()) for name in ("model.json", "run.json"))
    style = model["styles"][-1]["name"]
    reached, goal = validated(run, style), validated(joint, style)
    last = goal[max(goal)]
    near = [step for step, loss in sorted(reached.items()) if loss <= WITHIN * last]
    seconds = record["wall_seconds"] / model["training"]["steps"]
    return {
        "run": run.name,
        "style": style,
        "joint_style_loss": f"{last:.3f}",
        "lowest": f"{min(reached.values()):.3f}",
        "steps_to_within_10_percent": str(near[0]) if near else f"not in {max(reached)}",
        "seconds": f"{near[0] * seconds:.0f}" if near else "",
    }


def write(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """Print and write a table."""
    for row in rows:
        print("  ".join(row.values()))
    write_csv(file, rows)


def main() -> None:
    """Make a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    commands = parser.add_subparsers(dest="command", required=True)
    metrics = commands.add_parser("metrics")
    metrics.add_argument("file", type=Path)
    metrics.add_argument("nets", nargs="+")
    squares = commands.add_parser("squares")
    squares.add_argument("folder", type=Path)
    squares.add_argument("nets", nargs="+")
    pairs = commands.add_parser("added")
    pairs.add_argument("runs", type=Path, nargs="+", help="a run, its joint run, another run, ...")
    arguments = parser.parse_args()
    if arguments.command == "metrics":
        rows = against_single(means(arguments.file), arguments.nets)
        write(arguments.out / "results.csv", rows)
    elif arguments.command == "squares":
        write(arguments.out / "squares.csv", on_squares(arguments.folder, arguments.nets))
    else:
        runs = arguments.runs
        rows = [added(*pair) for pair in zip(runs[::2], runs[1::2], strict=True)]
        write(arguments.out / "added.csv", rows)


if __name__ == "__main__":
    main()
