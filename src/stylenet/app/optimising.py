"""One picture optimised in a process of its own, by ``stylenet train task=gatys``."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stylenet.commands import hydra_value
from stylenet.errors import StylenetError

PATIENCE = 0.3  # seconds between two looks
EVERY = 5  # steps between pictures


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes:
        step: iterations done.
        picture: the file of the newest picture; None before the first.
        finished: whether this is the last one.
    """

    step: int
    picture: Path | None
    finished: bool


class Optimisation:
    """A run of ``task=gatys`` that can be watched and stopped.

    Args:
        folder: the run directory, which is not there yet.
        content: the photograph's file.
        style: the painting's file.
        px: of the longer side of both.
        steps: iterations.
        minutes: after which it is stopped.
    """

    def __init__(
        self, folder: Path, content: Path, style: Path, px: int, steps: int, minutes: float
    ) -> None:
        self.folder = folder
        self._until = time.monotonic() + 60 * minutes
        settings = {
            "task": "gatys",
            "content": hydra_value(str(content)),
            "style": hydra_value(str(style)),
            "content_size.px": px,
            "trainer.max_steps": steps,
            "callbacks.snapshots.every": EVERY,
            "logger": "none",
            "run.dir": hydra_value(str(folder)),
        }
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

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def watch(self) -> Iterator[Progress]:
        """What it has come to, again and again, until it ends.

        Raises:
            StylenetError: it failed; with the last line that it said.
        """
        seen = -1
        while self.running:
            now = self._newest(finished=False)
            if now.picture is not None and now.step > seen:
                seen = now.step
                yield now
            if time.monotonic() > self._until:
                self.stop()
            time.sleep(PATIENCE)
        result = self.folder / "result.png"
        if not result.is_file():
            lines = self._said.read_text(errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "nothing")
            raise StylenetError(
                f"The optimisation ended without a picture; it said: {last}.", "Start it again."
            )
        last_step = self._newest(finished=True).step
        yield Progress(last_step, result, finished=True)

    def stop(self) -> None:
        """Ask it to end; what it has come to is kept."""
        if self.running:
            self._process.terminate()  # SIGINT would be ignored where nohup started the page
            self._until = time.monotonic() + 3600  # asked once is enough

    def kill(self) -> None:
        """End it at once."""
        if self.running:
            self._process.kill()
        self._process.wait()

    def _newest(self, finished: bool) -> Progress:
        files = sorted((self.folder / "snapshots").glob("step_*.png"))
        if not files:
            return Progress(0, None, finished)
        found = re.search(r"\d+", files[-1].stem)
        return Progress(int(found[0]) if found else 0, files[-1], finished)
