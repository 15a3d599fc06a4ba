"""Programs that take turns: each in a process of its own, only one computing at a time.

Times on a shared machine drift by tens of per cent within minutes. Contenders that take turns see
the same drift, so that their ratios hold; processes of their own keep one's memory allocator,
compiled code and caches away from the others.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from stylenet.files import write_csv


class Turns:
    """A contender's side: call `begin` before each turn's work and `end` after it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._start = 0.0

    def begin(self) -> None:
        """Wait for one's turn; when there is none to come, end this process."""
        try:
            self._pipe.recv()
        except EOFError:
            sys.exit()
        self._start = time.perf_counter()

    def end(self, more: Any = None, idle: float = 0.0) -> None:
        """Hand in the seconds since `begin` less ``idle`` ones, and ``more`` that was found out."""
        self._pipe.send((time.perf_counter() - self._start - idle, more))


Contender = tuple[Callable[..., None], dict[str, Any]]
"""A function at the top of a module, called with `Turns` and these keyword arguments."""


def race(contenders: Mapping[str, Contender], rounds: int) -> dict[str, list[tuple[float, Any]]]:
    """Give each contender ``rounds`` turns, in another order each round: what they handed in.

    Where they work is a folder of their own, which is gone afterwards.
    """
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Connection] = {}
    processes = []
    place = tempfile.TemporaryDirectory()
    try:
        for name, (function, arguments) in contenders.items():
            pipes[name], theirs = context.Pipe()
            process = context.Process(target=_run, args=(theirs, place.name, function, arguments))
            process.start()
            theirs.close()
            processes.append(process)
        found: dict[str, list[tuple[float, Any]]] = {name: [] for name in contenders}
        order = list(contenders)
        chance = random.Random(0)  # noqa: S311, no secret
        for _ in range(rounds):
            chance.shuffle(order)
            for name in order:
                pipes[name].send("go")
                found[name].append(pipes[name].recv())
        return found
    finally:
        for pipe in pipes.values():
            pipe.close()
        for process in processes:
            process.join(5)
            process.terminate()
            process.join()
        place.cleanup()


def _run(
    pipe: Connection, folder: str, function: Callable[..., None], arguments: dict[str, Any]
) -> None:
    os.chdir(folder)
    function(Turns(pipe), **arguments)


def median(turns: list[tuple[float, Any]], warm_up: int = 1) -> float:
    """Median seconds of the turns after the first ``warm_up``, if there are more."""
    return statistics.median(seconds for seconds, _ in turns[warm_up:] or turns)


def report(rows: list[dict[str, str]], out: Path) -> None:
    """Print ``rows`` as a table, and write them to ``out`` as CSV."""
    print(table(list(rows[0]), [list(row.values()) for row in rows]))
    out.parent.mkdir(exist_ok=True)
    write_csv(out, rows)


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)
