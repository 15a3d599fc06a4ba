"""Runs of ``stylenet train`` in processes of their own, which can be watched and stopped."""

from __future__ import annotations

import contextlib
import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stylenet.commands import hydra_value
from stylenet.errors import StylenetError

PATIENCE = 0.3  # seconds between two looks
GIVES_WAY = 10  # nicer than the page by so much
EVERY = 5  # steps between images of an optimisation
VALIDATED = 20  # steps between grids of a training
TERM = re.compile(r"train/loss/(\w+)")  # without those of single layers


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        step: iterations done, as far as is known.
        picture: the file of the newest image; None before the first.
        losses: step, term and value of all that were logged.
        stopping: whether it was asked to end.
        finished: whether this is the last one.
    """

    step: int
    picture: Path | None
    losses: tuple[tuple[int, str, float], ...]
    stopping: bool
    finished: bool


class ChildRun:
    """A run that can be watched and stopped.

    Args:
        folder: the run directory, which is not there yet.
        settings: of ``stylenet train``, by their keys.
        pictures: pattern of the images that it writes, with the step in their names.
        result: the file below ``folder`` that it is all about, which a run that is stopped is
            given the time to write; None where that is the newest image, and nothing is waited for.
        minutes: after which it is stopped.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, object],
        pictures: str,
        result: str | None,
        minutes: float,
    ) -> None:
        self.folder = folder
        self._result = None if result is None else folder / result
        self._pictures = pictures
        self._until = time.monotonic() + 60 * minutes
        self._asked = False
        settings = {**settings, "logger": "none", "run.dir": hydra_value(str(folder))}
        words = [f"{key}={value}" for key, value in settings.items()]
        self._said = folder.with_name(f"{folder.name}.txt")
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                [sys.executable, "-m", "stylenet", "train", *words],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the page
            )
        if hasattr(os, "setpriority"):  # the page goes on answering; not on Windows
            own = os.getpriority(os.PRIO_PROCESS, 0)
            with contextlib.suppress(ProcessLookupError):  # it may have ended
                os.setpriority(os.PRIO_PROCESS, self._process.pid, own + GIVES_WAY)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def watch(self) -> Iterator[Progress]:
        """What it has come to, again and again, until it ends.

        Raises:
            StylenetError: it was stopped too early to have a result, or failed; with the last
                line that it said.
        """
        seen = Progress(0, None, (), stopping=False, finished=False)
        while self.running:
            now = self._newest(finished=False)
            if now != seen:
                seen = now
                yield now
            if time.monotonic() > self._until:
                self.stop()
            time.sleep(PATIENCE)
        last = self._newest(finished=True)
        if not self._has_result(last):
            if self._asked:
                raise StylenetError("It was stopped before it had begun.", "Start it again.")
            lines = self._said.read_text(errors="replace").split("\n")
            words = next((line for line in reversed(lines) if line.strip()), "nothing")
            raise StylenetError(f"It ended without a result and said: {words}.", "Start it again.")
        yield last

    def _has_result(self, last: Progress) -> bool:
        if self._result is not None:
            return self._result.is_file()
        # the image of step 0 is what it began with
        return last.step > 0 and (self._asked or self._process.returncode == 0)

    def stop(self) -> None:
        """Ask it to end; what it has come to is kept."""
        if not self.running or self._asked:  # asked twice it would leave what it has come to
            return
        self._asked = True
        if self._result is None:
            # its own end would come after charts that nobody sees: 104 seconds on a busy machine
            self._process.kill()
        else:
            self._process.terminate()  # SIGINT would be ignored where nohup started the page

    def kill(self) -> None:
        """End it at once."""
        if self.running:
            self._process.kill()
        self._process.wait()

    def _newest(self, finished: bool) -> Progress:
        files = sorted(self.folder.glob(self._pictures))
        found = re.search(r"\d+", files[-1].stem) if files else None
        losses = tuple(self._losses())
        step = int(found[0]) if found else 0
        if losses and not (finished and self._result is None):  # that step's image was not written
            step = max(step, losses[-1][0])
        return Progress(step, files[-1] if files else None, losses, self._asked, finished)

    def _losses(self) -> Iterator[tuple[int, str, float]]:
        """Of whole lines: the last one may be half written."""
        table = self.folder / "losses.csv"
        if not table.is_file():
            return
        lines = table.read_text(errors="replace").splitlines(keepends=True)
        for row in csv.DictReader(line for line in lines if line.endswith("\n")):
            if term := TERM.fullmatch(row["name"]):
                yield int(row["step"]), term[1], float(row["value"])


def optimisation(
    folder: Path, content: Path, style: Path, px: int, steps: int, minutes: float
) -> ChildRun:
    """One image optimised by ``task=gatys``.

    Args:
        folder: see `ChildRun`.
        content: the photograph's file.
        style: the painting's file.
        px: of the longer side of both.
        steps: iterations.
        minutes: after which it is stopped.
    """
    settings = {
        "task": "gatys",
        "content": hydra_value(str(content)),
        "style": hydra_value(str(style)),
        "content_size.px": px,
        "trainer.max_steps": steps,
        "trainer.log_every_n_steps": EVERY,
        "callbacks.snapshots.every": EVERY,
    }
    return ChildRun(folder, settings, "snapshots/step_*.png", None, minutes)


def training(folder: Path, style: Path, minutes: float, limit: float) -> ChildRun:
    """A net trained for one painting, from a warm start.

    Args:
        folder: see `ChildRun`.
        style: the painting's file.
        minutes: that the steps take, by the time of the first few; what surrounds them is extra.
        limit: minutes after which it is stopped, come what may.
    """
    settings = {
        "task": "feedforward",
        "style": hydra_value(str(style)),
        "init": "base",
        "trainer.budget_minutes": f"{minutes:g}",
        "trainer.val_check_interval": VALIDATED,
        "trainer.log_every_n_steps": EVERY,
    }
    return ChildRun(folder, settings, "pictures/step_*.png", "model.safetensors", limit)
