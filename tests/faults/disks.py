"""Disks that are full or cannot be written, at any write: what was whole stays whole."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from kills import Kills, compare
from lives import command, live, steps_in
from outcomes import SkippedError, expect, expect_end
from products import Products
from typing_extensions import override

PAGE = os.sysconf("SC_PAGE_SIZE")


class Disks:
    """Cases on a small file system in memory."""

    def __init__(self, kills: Kills, products: Products) -> None:
        self.kills = kills
        self.products = products

    def full(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        """A training for which there are too few bytes, or too few files."""
        name = chance.choice(["feedforward", "gatys", "distill"])
        training = self.kills.trainings[name]
        whole, _ = self.kills.uninterrupted(name)
        (run,) = training.runs(whole)
        limit, few = self._few(chance, run)
        yield f"{name}, {few}"
        with disk(scratch / "disk", limit) as place:
            words = [*training.words(scratch), f"run.dir={place / 'run'}"]
            end = live(command(*words), scratch)
            expect_end(end, 0, 2)
            _remount(place, "size=1g,nr_inodes=0")
            if end.status == 2:
                # as the words say
                again = ["train", f"resume={place / 'run'}"] if "resume=" in end.said else words
                end = live(command(*again), scratch)
                expect_end(end, 0)
            compare(run, place / "run", training.results)

    def full_product(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        """Painting and other work, likewise."""
        name = chance.choice(list(self.products.works))
        whole, _ = self.products.whole(name)
        sizes = sum(-(-len(content) // PAGE) for content in whole.values())
        limit = f"size={chance.randint(1, sizes + 4) * PAGE}"
        if chance.random() < 0.4:
            limit = f"nr_inodes={chance.randint(2, len(whole) + 6)},size=1g"
        yield f"{name}, {limit}"
        work = self.products.works[name]
        with disk(scratch / "disk", limit) as place:
            end = live(work.do(place), scratch)
            expect_end(end, 0, 1, 2)
            self.products.check(name, place, finished=end.status == 0)
            if end.status == 0:  # there was room enough: some works refuse to be done twice
                return
            _remount(place, "size=1g,nr_inodes=0")
            expect_end(live(work.do(place), scratch), 0)
            self.products.check(name, place, finished=True)

    def read_only(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        """A run directory that cannot be written, from the start or from some step on."""
        name = chance.choice(["feedforward", "gatys", "distill"])
        training = self.kills.trainings[name]
        whole, _ = self.kills.uninterrupted(name)
        step = chance.choice([0, chance.randint(1, 15)])
        yield f"{name}, read-only " + (f"from step {step} on" if step else "from the start")
        with disk(scratch / "disk", "size=1g") as place:
            words = [*training.words(scratch), f"run.dir={place / 'run'}"]
            if step == 0:
                lock(place)
            else:
                words.append(
                    "+callbacks.lock={_target_: disks.ReadOnlyFrom, "
                    f"place: '{place}', step: {step}}}"
                )
            end = live(command(*words), scratch)
            expect_end(end, 2)
            subprocess.run(["umount", "-l", str(place)], check=True)
            there = (place / "run/checkpoints/last.ckpt").is_file()
            expect(there or steps_in(scratch / "steps") <= 5, "no checkpoint")
            resume = ["train", f"resume={place / 'run'}"]
            again = resume if there else words[: len(words) - (step > 0)]
            expect_end(live(command(*again), scratch), 0)
            compare(whole / "run", place / "run", training.results)

    @staticmethod
    def _few(chance: random.Random, run: Path) -> tuple[str, str]:
        files = [file for file in run.rglob("*") if file.is_file()]
        pages = sum(-(-file.stat().st_size // PAGE) for file in files)
        if chance.random() < 0.4:
            count = chance.randint(2, len(files) + 6)
            return f"nr_inodes={count},size=1g", f"{count} files at most"
        size = chance.randint(1, pages + 8) * PAGE
        return f"size={size}", f"{size} of {pages * PAGE} bytes"


class ReadOnlyFrom(pl.Callback):
    """Makes the file system at ``place`` read-only after ``step``, once."""

    def __init__(self, place: str, step: int) -> None:
        self.place = Path(place)
        self.step = step

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        mark = self.place.with_name("was locked")
        if trainer.global_step == self.step and not mark.exists():
            mark.touch()
            lock(self.place)


@contextmanager
def disk(place: Path, options: str) -> Iterator[Path]:
    """A file system in memory at ``place``.

    Raises:
        SkippedError: this process may not make one.
    """
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "stylenet-test", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SkippedError(f"no disk can be made: {error}") from error
    if done.returncode:
        raise SkippedError(f"no disk can be made (root is needed): {done.stderr.strip()}")
    try:
        yield place
    finally:
        while os.path.ismount(place):
            subprocess.run(["umount", "-l", str(place)], check=True)


def lock(place: Path) -> None:
    """Make what is at ``place`` read-only, also where a file there is open: mounted once more."""
    subprocess.run(["mount", "--bind", str(place), str(place)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)


def _remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)
