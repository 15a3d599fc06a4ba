"""The kinds of cases, and the table of how they ended in docs/reliability.md."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from outcomes import ENDS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- the table -->", "<!-- the table's end -->"


@dataclass(frozen=True)
class Kind:
    """A kind of case.

    Attributes:
        what: is odd about it.
        seconds: of this process's time that one may take.
        reads: whether it is one file that is read, in `campaign.MEMORY`.
        most: cases in a campaign, where they take long or are counted.
    """

    what: str
    seconds: float = 60.0
    reads: bool = False
    most: int | None = None


KINDS = {
    "picture": Kind(
        "ten formats; bytes cut, overwritten, doubled, zeroed; painted", 10, reads=True
    ),
    "map": Kind("a region map, likewise", 10, reads=True),
    "model": Kind("`model.safetensors` and `model.json`; loaded and used", 10, reads=True),
    "weights": Kind("a loss network's `.safetensors` or `.pth`", 10, reads=True),
    "coco": Kind("`instances.json`, read; every tenth: a step of training"),
    "checkpoint": Kind("a file of a run's directory, read; every tenth: resumed"),
    "train": Kind("one of 20 odd values for any key of six tasks"),
    "evaluate": Kind("likewise"),
    "killed feedforward": Kind("SIGKILL, SIGTERM or SIGHUP at random moments, up to thrice"),
    "killed gatys": Kind("likewise"),
    "killed distill": Kind("likewise"),
    "killed sweep": Kind("likewise; gone on with by `skip_finished=true`"),
    "killed cache": Kind("likewise; begun again, as those that follow"),
    "killed download": Kind("a file of 8 MB from a server that can resume"),
    "killed stylize": Kind("a folder of 40 photographs"),
    "killed video": Kind("a clip"),
    "killed export": Kind("to ONNX"),
    "killed import": Kind("a checkpoint of another repository"),
    "full disk": Kind("trainings on a disk with too few bytes or files; gone on with"),
    "full disk, products": Kind("caches, downloads, paintings, exports, likewise"),
    "read-only": Kind("run directories that cannot be written, from a random step on"),
    "server": Kind("one to four of 21 odd answers, before or without an honest one"),
    "crowd": Kind("8 processes at one cache, run directory, sweep, folder of paintings", most=10),
    "few files": Kind("200 open files at most: training, caching, painting, measuring", most=6),
    "clock": Kind("set back by a day during a run, or before it is resumed", most=4),
    "soak feedforward": Kind("2 000 steps: memory and open files are flat", most=1),
    "soak gatys": Kind("likewise", most=1),
    "hostile": Kind("bombs, depths, pickles, targets, pipes, devices, links; by name", most=61),
    "command": Kind("odd values for options of nine subcommands"),
    "clip": Kind("a damaged clip, painted"),
    "import": Kind("a damaged checkpoint of another repository"),
    "page": Kind("30 odd requests to the page", most=10),
}


def renew(files: Sequence[Path]) -> None:
    """Put the table of the outcomes in ``files`` into the page.

    Rows of kinds that none of them has stay as they are.
    """
    csv.field_size_limit(2**30)
    ends: Counter[tuple[str, str]] = Counter()
    kills: Counter[str] = Counter()
    for name in files:
        with name.open(newline="") as file:
            for row in csv.DictReader(file):
                ends[row["kind"], row["end"]] += 1
                kills[row["kind"]] += len(re.findall(r"\d s\b", row["tried"]))
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    stay = {line.split(" | ")[0].removeprefix("| "): line for line in old.splitlines()}
    lines = [f"| kind | tried | {' | '.join(ENDS)} | what is odd |", "|---" * (len(ENDS) + 3) + "|"]
    for name, kind in KINDS.items():
        if name in stay and not any(ends[name, end] for end in ENDS):
            lines.append(f"{stay[name].rpartition(' | ')[0]} | {kind.what} |")
            continue
        counts = [ends[name, end] for end in ENDS]
        tried = str(sum(counts))
        if name.startswith("killed"):
            tried += f" ({kills[name]})"
        lines.append(f"| {name} | {tried} | {' | '.join(map(str, counts))} | {kind.what} |")
    PAGE.write_text(f"{before}{BEGIN}\n{chr(10).join(lines)}\n{END}{after}")
