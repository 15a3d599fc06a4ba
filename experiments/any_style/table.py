"""The table of the study: ``python table.py results.csv OURS PEER``, medians over paintings."""

from __future__ import annotations

import argparse
import csv
import statistics
from pathlib import Path

STAGES = ("s2", "s4", "s8", "s16", "content")


def main() -> None:
    """Print both rows, and for how many paintings the first is nearer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("contenders", nargs=2)
    options = parser.parse_args()
    rows = list(csv.DictReader(options.results.read_text().splitlines()))
    ours, peer = (
        {r["style"]: r for r in rows if r["contender"] == name} for name in options.contenders
    )
    styles = sorted(ours.keys() & peer.keys())
    for name, of in zip(options.contenders, (ours, peer), strict=True):
        medians = [statistics.median(float(of[s][f"lite0_{k}"]) for s in styles) for k in STAGES]
        print(f"| {name} |", " | ".join(f"{m:.2f}" for m in medians), "|")
    nearer = [
        sum(float(ours[s][f"lite0_{k}"]) < float(peer[s][f"lite0_{k}"]) for s in styles)
        for k in STAGES
    ]
    print(f"| nearer, of {len(styles)} |", " | ".join(map(str, nearer)), "|")


if __name__ == "__main__":
    main()
