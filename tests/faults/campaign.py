"""Looks for what breaks: odd input, kills, full disks, bad servers, crowds; seeded.

    python tests/faults/campaign.py --minutes 60 --seed 1 --out found.csv
    python tests/faults/campaign.py --table found.csv     # renews the table of docs/reliability.md

Each case ends in a result, in an error in words or, which is a fault, in a traceback, in nothing
within the time that it has, or in a promise not kept. A case depends on the seed, its kind and its
number only: ``--kinds train --first 17 --count 1`` repeats one, with its traceback.
"""

from __future__ import annotations

import os

if __name__ == "__main__":  # before torch: processes are forked from this one
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import contextlib
import csv
import io
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from crowds import Crowds
from disks import Disks
from hostile import Hostile
from hostile_code import archives, pickles, targets
from inputs import WHOLE, Bench
from kills import Kills
from odd_words import odd_checkpoint, odd_clip, odd_command, odd_requests
from outcomes import GOOD, BrokenPromiseError, Hang, Outcome, SkippedError
from products import Products
from servers import server
from soak import Long
from table import KINDS, renew

from stylenet.errors import StylenetError

LONGEST = 10_000  # characters of what a case said that are kept
MEMORY = 2 * 2**30  # beyond what the process has before the first case
Case = Callable[[random.Random, Path, int], Iterator[str]]


class Campaign:
    """All kinds of cases, in a folder of their own."""

    def __init__(self, folder: Path, whole: float = WHOLE) -> None:
        self.folder = folder
        bench = Bench(folder, whole)
        kills, products = Kills(bench), Products(bench)
        disks, crowds, long = Disks(kills, products), Crowds(kills, products), Long(kills, products)
        by_chance: dict[str, Callable[[random.Random, Path], Iterator[str]]] = {
            **bench.kinds,
            **{f"killed {name}": kills.case(name) for name in kills.trainings},
            **{f"killed {name}": products.killed(name) for name in products.works},
            "full disk": disks.full,
            "full disk, products": disks.full_product,
            "read-only": disks.read_only,
            "server": server,
            "crowd": crowds.case,
            "few files": long.few_files,
            "clock": long.clock,
            "soak feedforward": long.soak("feedforward"),
            "soak gatys": long.soak("gatys"),
            "command": odd_command(bench),
            "clip": odd_clip(bench),
            "import": odd_checkpoint(bench),
            "page": odd_requests,
        }
        self.kinds: dict[str, Case] = {name: _unnumbered(make) for name, make in by_chance.items()}
        self.hostile = hostile = Hostile(kills)
        hostile.add(pickles(hostile) | targets(hostile), 2)
        hostile.add(archives(), 0)
        self.kinds["hostile"] = hostile.case

    def case(self, kind: str, seed: int, number: int) -> Outcome:
        """Try one case, in the time that its kind has."""
        chance = random.Random(f"{seed} {kind} {number}")
        scratch = self.folder / "scratch"
        scratch.mkdir()
        began, tried = time.monotonic(), "its input"
        steps = self.kinds[kind](chance, scratch, number)
        try:
            narrow = _narrow() if KINDS[kind].reads else contextlib.nullcontext()
            with _limited(KINDS[kind].seconds), narrow:
                tried = next(steps)  # an error here is one of the campaign's own
                end, said = _ended(lambda: next(steps, None))
        except Hang:
            end, said = "hang", traceback.format_exc()
        except SkippedError as error:
            end, said = "skipped", str(error)
        except BrokenPromiseError as error:  # by what a case is compared with
            end, said = "broken", str(error)
        finally:
            shutil.rmtree(scratch)
        return Outcome(kind, number, tried, end, said, round(time.monotonic() - began, 2))


def _unnumbered(case: Callable[[random.Random, Path], Iterator[str]]) -> Case:
    return lambda chance, scratch, _: case(chance, scratch)


def _ended(work: Callable[[], object]) -> tuple[str, str]:
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            work()
    except StylenetError as error:
        return "words", str(error)
    except SystemExit as error:
        words = said.getvalue()
        worded = error.code == 2 and "Error: " in words and "Traceback" not in words
        return ("words" if worded else "traceback"), words or str(error.code)
    except BrokenPromiseError as error:
        return "broken", str(error)
    except SkippedError as error:
        return "skipped", str(error)
    except Exception:
        return "traceback", traceback.format_exc()
    return "result", ""


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    def over(_number: int, _frame: FrameType | None) -> None:
        raise Hang

    # of this process's own time, lest a busy machine be taken for a hang; and far more of the clock
    timers = {
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
        signal.SIGALRM: (signal.ITIMER_REAL, 3600),
    }
    before = {number: signal.signal(number, over) for number in timers}
    for timer, span in timers.values():
        signal.setitimer(timer, span)
    try:
        yield
    finally:
        for number, (timer, _) in timers.items():
            signal.setitimer(timer, 0)
            signal.signal(number, before[number])


def campaign(
    folder: Path,
    seed: int,
    kinds: Sequence[str] = (),
    first: int = 0,
    count: int | None = None,
    whole: float = WHOLE,
) -> Iterator[Outcome]:
    """Cases of each of ``kinds`` (of all, if there are none) by turns: ``count`` or endless."""
    cases = Campaign(folder, whole)
    number = first
    while count is None or number < first + count:
        for kind in kinds or cases.kinds:
            most = len(cases.hostile.cases) if kind == "hostile" else KINDS[kind].most
            if most is None or number < most:
                yield cases.case(kind, seed, number)
        number += 1


@contextlib.contextmanager
def _narrow() -> Iterator[None]:
    """No more than `MEMORY` beyond the address space that this process has by now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def main() -> None:
    """Run a campaign; print its faults and a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--kinds", nargs="*", default=[], help=", ".join(KINDS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, help="cases of each kind")
    parser.add_argument(
        "--whole", type=float, default=WHOLE, help="of coco, checkpoint: those that are trained"
    )
    parser.add_argument("--out", type=Path, help="a CSV file of all outcomes")
    parser.add_argument("--table", nargs="*", type=Path, help="such files: renew the table of them")
    options = parser.parse_args()
    if options.table:
        renew(options.table)
        return
    # the campaign's servers are threads; what is forked uses none of them
    warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
    out = options.out.absolute() if options.out else Path(os.devnull)
    ends: Counter[tuple[str, str]] = Counter()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        out.open("w") as file,
        contextlib.ExitStack() as at,
    ):
        base = Path(folder)
        here = base / "one" / "two"  # ../.. is a folder of the campaign's own
        here.mkdir(parents=True)
        at.enter_context(contextlib.chdir(here))
        rows = csv.writer(file)
        rows.writerow(Outcome.__dataclass_fields__)
        cases = (options.kinds, options.first, options.count, options.whole)
        for one in campaign(base, options.seed, *cases):
            rows.writerow(vars(replace(one, said=one.said[-LONGEST:])).values())
            file.flush()
            ends[one.kind, one.end] += 1
            if one.end not in GOOD:
                print(f"{one.kind} {one.number}: {one.end}: {one.tried}\n{one.said}", flush=True)
            if time.monotonic() - began > 60 * options.minutes:
                break
    for (kind, end), times in sorted(ends.items()):
        print(f"{kind:20} {end:10} {times}")
    if any(end not in GOOD for _, end in ends):
        sys.exit(1)


if __name__ == "__main__":
    main()
