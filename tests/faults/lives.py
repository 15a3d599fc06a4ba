"""Lives of the program in processes of their own, forked from this one: imports take no time.

A life can be ended from outside at a chosen moment, and limited in memory, files and time.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from hydra.core.global_hydra import GlobalHydra
from typing_extensions import override

from stylenet.cli import main
from stylenet.errors import StylenetError

SECONDS = 240.0  # far more than any life needs, on a machine that is busy with other work


@dataclass(frozen=True)
class Moment:
    """When a life is ended, and how: ``after`` seconds since its start, or since its ``step``."""

    signal: signal.Signals
    after: float
    step: int = 0


@dataclass(frozen=True)
class End:
    """How a life ended.

    Attributes:
        status: of the process; negative: the signal that ended it.
        said: all that it printed.
        seconds: how long it took.
        grown: bytes of memory that it came to need beyond what it began with.
        hung: whether it had to be killed after its time.
    """

    status: int
    said: str
    seconds: float
    grown: int
    hung: bool

    @property
    def words(self) -> bool:
        """Whether it ended in an error in words, as a user should see it."""
        return self.status == 2 and "Error" in self.said and "Traceback" not in self.said


class Steps(pl.Callback):
    """Notes each step in ``file`` as soon as it is done."""

    def __init__(self, file: str) -> None:
        self.file = Path(file)

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        with self.file.open("a") as file:
            file.write(f"{trainer.global_step}\n")


def steps_in(file: Path) -> int:
    """The last step noted by `Steps`; 0 where there is none."""
    lines = file.read_text().split() if file.is_file() else []
    return int(lines[-1]) if lines else 0


def command(*words: object) -> Callable[[], None]:
    """The command ``stylenet`` with ``words``."""

    def work() -> None:
        GlobalHydra.instance().clear()
        sys.argv = ["stylenet", *map(str, words)]
        main()

    return work


def live(
    work: Callable[[], object],
    folder: Path,
    moment: Moment | None = None,
    seconds: float = SECONDS,
) -> End:
    """``work`` in a process of its own, ended at ``moment``; what it prints goes to ``folder``."""
    one = begin(work, folder)
    began = time.monotonic()
    started = None
    while not one.over():
        now = time.monotonic()
        if started is None and (moment is None or steps_in(folder / "steps") >= moment.step):
            started = now
        if moment is not None and started is not None and now - started >= moment.after:
            one.send(moment.signal)
            moment = None
        if now - began > seconds:
            one.give_up()
        time.sleep(0.003)
    return one.end()


def live_together(
    works: Sequence[Callable[[], object]], folder: Path, seconds: float = SECONDS
) -> list[End]:
    """``works`` at the same time, each in a process of its own."""
    lives = []
    for number, work in enumerate(works):
        own = folder / f"life{number}"
        own.mkdir()
        lives.append(begin(work, own))
    began = time.monotonic()
    while [one for one in lives if not one.over()]:
        if time.monotonic() - began > seconds:
            for one in lives:
                one.give_up()
        time.sleep(0.01)
    return [one.end() for one in lives]


class _Life:
    """A process at work."""

    def __init__(self, process: int, said: Path) -> None:
        self.process = process
        self.said = said
        self.began = time.monotonic()
        self.hung = False
        self._waited: tuple[int, Any] | None = None
        self._seconds = 0.0

    def over(self) -> bool:
        if self._waited is None:
            process, status, usage = os.wait4(self.process, os.WNOHANG)
            if process:
                self._seconds = time.monotonic() - self.began
                self._waited = os.waitstatus_to_exitcode(status), usage
                self._kill_group()  # workers it has left
        return self._waited is not None

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process, number)

    def give_up(self) -> None:
        if self._waited is None and not self.hung:
            self.hung = True
            os.kill(self.process, signal.SIGUSR1)  # where it hangs
            time.sleep(0.5)
            self._kill_group()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)

    def end(self) -> End:
        assert self._waited is not None
        status, usage = self._waited
        grown = max(0, usage.ru_maxrss * 1024 - _memory())
        # one that was killed at once had no time to make it
        said = self.said.read_text(errors="replace") if self.said.exists() else ""
        return End(status, said, self._seconds, grown, self.hung)


def begin(work: Callable[[], object], folder: Path) -> _Life:
    """Start ``work``, in ``folder``."""
    said = folder / "said"
    process = os.fork()
    if process:
        with contextlib.suppress(OSError):
            os.setpgid(process, process)  # as the child does: whoever comes first
        return _Life(process, said)
    status = 1
    try:
        os.setpgid(0, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for stream, target in ((0, nothing), (1, out), (2, out)):
            os.dup2(target, stream)
        for name, number in (("stdout", 1), ("stderr", 2)):
            opened = os.fdopen(os.dup(number), "w", buffering=1)
            setattr(sys, name, opened)
            setattr(sys, f"__{name}__", opened)
        faulthandler.register(signal.SIGUSR1, all_threads=True)
        os.chdir(folder)
        status = _status(work)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _status(work: Callable[[], object]) -> int:
    """What ``work`` would end a program with."""
    try:
        work()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except KeyboardInterrupt:
        return 130
    except StylenetError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _memory() -> int:
    """Bytes that this process, and so each that it forks, has in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
