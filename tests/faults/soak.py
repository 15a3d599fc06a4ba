"""Long and narrow: 2 000 steps, 200 open files, a clock that is set back."""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from kills import Kills, compare
from lives import command, live
from outcomes import SkippedError, expect, expect_end
from products import Products
from typing_extensions import override

STEPS = 2000
EVERY = 20
MEMORY = 8 * 2**20  # more at the end than at the middle
FILES = 200
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#define DAY 86400
static int back(void) { return access(getenv("SET_BACK"), F_OK) == 0; }
int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, now);
    if (clock == CLOCK_REALTIME && back()) now->tv_sec -= DAY;
    return status;
}
time_t time(time_t *there) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (there) *there = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
"""


class Samples(pl.Callback):
    """Notes memory in bytes and the number of open files every `EVERY` steps."""

    def __init__(self, file: str) -> None:
        self.file = Path(file)

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.global_step % EVERY == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            memory = pages * resource.getpagesize()
            with self.file.open("a") as file:
                file.write(f"{memory} {len(os.listdir('/proc/self/fd'))}\n")  # noqa: PTH208


class Long:
    """Cases that have no chance in them: by their number."""

    def __init__(self, kills: Kills, products: Products) -> None:
        self.kills = kills
        self.products = products

    def soak(self, task: str) -> Callable[[random.Random, Path], Iterator[str]]:
        """`STEPS` steps of a task."""

        def case(_: random.Random, scratch: Path) -> Iterator[str]:
            yield f"{task}, {STEPS} steps"
            samples = scratch / "samples"
            words = [w for w in self.kills.trainings[task].words(scratch) if "probe" not in w]
            more = [
                f"trainer.max_steps={STEPS}",
                "callbacks.checkpoints.last_every=100",
                "trainer.val_check_interval=100",
                "compile=false",
                f"+callbacks.samples={{_target_: soak.Samples, file: '{samples}'}}",
                *(["callbacks.stopping=null"] if task == "gatys" else []),
            ]
            expect_end(live(command(*words, *more), scratch, seconds=3000), 0)
            rows = [tuple(map(int, line.split())) for line in samples.read_text().splitlines()]
            expect(len(rows) == STEPS // EVERY, f"{len(rows)} samples")
            quarter = len(rows) // 4
            middle, last = rows[quarter : 2 * quarter], rows[-quarter:]
            grown = statistics.median(m for m, _ in last) - statistics.median(m for m, _ in middle)
            expect(grown < MEMORY, f"{grown / 2**20:.1f} MiB more")
            files = max(f for _, f in last) - max(f for _, f in middle)
            expect(files <= 0, f"{files} open files more")

        return case

    def few_files(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        """At most `FILES` open at once."""
        way = chance.choice(["train", "cache", "stylize", "evaluate"])
        yield f"{way}, {FILES} open files at most"
        if way == "train":
            words = self.kills.trainings["feedforward"].words(scratch)
            work = command(*words, f"data.root={self.products.many}", "data.num_workers=2")
        elif way == "evaluate":
            bench = self.kills.bench
            words = [f"model={bench.model}", f"content={self.products.many}", "metrics=none"]
            work = command("evaluate", *words, f"out={scratch / 'out'}")
        else:
            work = self.products.works[way].do(scratch)

        def narrow() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
            work()

        expect_end(live(narrow, scratch, seconds=120), 0)

    def clock(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        """Set back by a day while a run trains; or between its end and its continuation."""
        during = chance.random() < 0.5
        yield "set back by a day " + ("during a run" if during else "before it is resumed")
        library, mark = _clock(self.kills.bench.folder), scratch / "back"
        training = self.kills.trainings["feedforward"]
        whole, _ = self.kills.uninterrupted("feedforward")
        words = training.words(scratch)
        probe = next(word for word in words if "callbacks.probe" in word)
        words.remove(probe)
        if during:
            words.append(f"+callbacks.probe={{_target_: soak.SetBack, mark: '{mark}', step: 8}}")
        else:
            words.append("trainer.max_steps=8")
        _run(words, scratch, library, mark)
        if not during:
            mark.touch()
            more = ["trainer.max_steps=16", "trainer.val_check_interval=10"]
            _run([*training.again(scratch), *more], scratch, library, mark)
            for run in (whole / "run", scratch / "run"):  # validated at its ends, too
                _keep_training_losses(run / "losses.csv")
        compare(whole / "run", scratch / "run", training.results)


class SetBack(pl.Callback):
    """Sets the clock back after ``step``."""

    def __init__(self, mark: str, step: int) -> None:
        self.mark = Path(mark)
        self.step = step

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        if trainer.global_step == self.step:
            self.mark.touch()


def _keep_training_losses(table: Path) -> None:
    lines = table.read_text().splitlines()
    kept = [lines[0], *(line for line in lines if ",train/loss/" in line)]
    table.write_text("\n".join(kept) + "\n")


def _run(words: list[str], folder: Path, library: Path, mark: Path) -> None:
    here = Path(__file__).parent
    own = {"LD_PRELOAD": str(library), "SET_BACK": str(mark)}
    path = os.pathsep.join([str(here), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "stylenet", *words],
        env={**os.environ, **own, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    expect(done.returncode == 0 and "Traceback" not in said, f"ended with {done.returncode}", said)


def _clock(folder: Path) -> Path:
    library = folder / "clock.so"
    if not library.is_file():
        source = folder / "clock.c"
        source.write_text(CLOCK)
        build = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        try:
            subprocess.run(build, check=True, capture_output=True)
        except (FileNotFoundError, subprocess.CalledProcessError) as error:
            raise SkippedError(f"no clock of its own can be built: {error}") from error
    return library
