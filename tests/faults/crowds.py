"""Eight processes at once at one cache, one download, one run directory, one folder of results."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kills import Kills, compare
from lives import End, command, live_together
from outcomes import expect, expect_end
from products import Products

CROWD = 8


class Crowds:
    """Cases of eight processes."""

    def __init__(self, kills: Kills, products: Products) -> None:
        self.kills = kills
        self.products = products
        self.ways = [self._cache, self._run, self._runs, self._painted, self._sweep]

    def case(self, chance: random.Random, scratch: Path) -> Iterator[str]:
        """One of the ways, by chance."""
        way = chance.choice(self.ways)
        yield way.__name__.strip("_")
        way(scratch)

    def _cache(self, scratch: Path) -> None:
        for end in self._together(self.products.works["cache"].do(scratch), scratch):
            expect_end(end, 0)
        self.products.check("cache", scratch, finished=True)

    def _painted(self, scratch: Path) -> None:
        for end in self._together(self.products.works["stylize"].do(scratch), scratch):
            expect_end(end, 0)
        self.products.check("stylize", scratch, finished=True)

    def _run(self, scratch: Path) -> None:
        """One trains, the others are refused."""
        training = self.kills.trainings["feedforward"]
        whole, _ = self.kills.uninterrupted("feedforward")
        words = [word for word in training.words(scratch) if "callbacks.probe" not in word]
        ends = self._together(command(*words), scratch)
        for end in ends:
            expect_end(end, 0, 2)
        trained = [end.status for end in ends].count(0)
        expect(trained == 1, f"{trained} of {CROWD} have trained in it")
        compare(whole / "run", scratch / "run", training.results)

    def _runs(self, scratch: Path) -> None:
        """Named by themselves, begun in the same second: each has a folder of its own."""
        words = self.kills.trainings["feedforward"].words(scratch)
        words = [w for w in words if not w.startswith(("run.dir", "+callbacks.probe"))]
        for end in self._together(command(*words), scratch):
            expect_end(end, 0, 2)
            own = "in use" in end.said or "holds a run already" in end.said
            expect(end.status == 0 or own, "refused", end.said)

    def _sweep(self, scratch: Path) -> None:
        """The same sweep, gone on with by all at once: its table is whole afterwards."""
        training = self.kills.trainings["sweep"]
        words = [w for w in training.again(scratch) if "callbacks.probe" not in w]
        ends = self._together(command(*words), scratch)
        for end in ends:
            expect_end(end, 0, 2)
        expect(0 in [end.status for end in ends], "none came to the end")
        with (scratch / "sweep" / "table.csv").open() as file:
            rows = list(csv.DictReader(file))
        expect({row["state"] for row in rows} == {"finished"}, f"{rows}")

    @staticmethod
    def _together(work: Callable[[], object], scratch: Path) -> Sequence[End]:
        return live_together([work] * CROWD, scratch, seconds=240)
