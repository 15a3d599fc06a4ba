"""Work that is killed at random moments goes on afterwards, as if nothing had been."""

from __future__ import annotations

import csv
import filecmp
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from inputs import Bench
from lives import End, Moment, Steps, command, live, steps_in
from outcomes import BrokenPromiseError, expect, expect_end
from safetensors.torch import load_file

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
INTERVAL = 5
STEPS = 16
LIVES = 3  # ended early, before one that is let live


@dataclass(frozen=True)
class Training:
    """A training to be killed: its command, and where its run directories lie."""

    words: Callable[[Path], list[str]]
    runs: Callable[[Path], Sequence[Path]]
    again: Callable[[Path], list[str]]
    results: Sequence[str]


class Kills:
    """Cases of what is killed; each is first done once without, to compare with."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._whole: dict[str, tuple[Path, End]] = {}
        self.trainings = {
            "feedforward": self._single("feedforward", ["model.safetensors"]),
            "gatys": self._single("gatys", ["result.png"]),
            "distill": self._single("distill", ["student.safetensors"]),
            "sweep": self._sweep(),
        }

    def case(self, name: str) -> Callable[[random.Random, Path], Iterator[str]]:
        """The case of that training."""
        return lambda chance, scratch: self._killed(name, chance, scratch)

    def _single(self, task: str, results: Sequence[str]) -> Training:
        def words(folder: Path) -> list[str]:
            return ["train", *self._small(folder, task), f"run.dir={folder / 'run'}"]

        def again(folder: Path) -> list[str]:
            return ["train", f"resume={folder / 'run'}"]

        return Training(words, lambda folder: [folder / "run"], again, results)

    def _sweep(self) -> Training:
        def words(folder: Path) -> list[str]:
            swept = ["seed=0,1", f"hydra.sweep.dir={folder / 'sweep'}"]
            return ["train", "-m", *self._small(folder, "feedforward"), *swept]

        def runs(folder: Path) -> list[Path]:
            return sorted(file.parent for file in (folder / "sweep").glob("*/config.yaml"))

        def again(folder: Path) -> list[str]:
            return [*words(folder), "skip_finished=true"]

        return Training(words, runs, again, ["model.safetensors"])

    def _small(self, folder: Path, task: str) -> list[str]:
        steps = [] if task == "gatys" else ["trainer.val_check_interval=10"]
        shallow = ["loss_network.content_layers=[relu1_2]", "loss_network.style_layers=[relu1_2]"]
        steps += [] if task == "distill" else [*shallow, "comparison=none"]
        probe = f"{{_target_: lives.Steps, file: '{folder / 'steps'}'}}"
        assert Steps.__module__ == "lives"
        return [
            *(o for o in self.bench.small(folder, task) if "max_steps" not in o),
            f"trainer.max_steps={STEPS}",
            "trainer.log_every_n_steps=1",
            f"callbacks.checkpoints.last_every={INTERVAL}",
            f"+callbacks.probe={probe}",
            *steps,
        ]

    def uninterrupted(self, name: str) -> tuple[Path, End]:
        """The folder of that training done without a kill, and how it ended."""
        if name not in self._whole:
            folder = self.bench.folder / f"whole_{name}"
            folder.mkdir()
            end = live(command(*self.trainings[name].words(folder)), folder)
            if end.status != 0:
                raise BrokenPromiseError(f"it fails without a kill, too: {end.said}")
            self._whole[name] = folder, end
        return self._whole[name]

    def _killed(self, name: str, chance: random.Random, scratch: Path) -> Iterator[str]:
        training = self.trainings[name]
        whole, uninterrupted = self.uninterrupted(name)
        number = chance.choice(SIGNALS)
        plan: list[Moment] = []
        for _ in range(chance.randint(1, LIVES)):
            if chance.random() < 0.5:
                plan.append(Moment(number, chance.uniform(0, 1.05 * uninterrupted.seconds)))
            else:
                after = chance.uniform(0, 0.1)
                plan.append(Moment(number, after, chance.randint(1, STEPS)))
        yield f"{name}, {number.name}: " + ", ".join(
            f"{one.after:.2f} s after {f'step {one.step}' if one.step else 'the start'}"
            for one in plan
        )
        words = training.words(scratch)
        for moment in plan:
            end = live(command(*words), scratch, moment)
            expect(not end.hung, "it hangs", end.said)
            if end.status == 0 or _is_finished(end):
                break
            self._check_life(number, end, scratch / "steps", training.runs(scratch))
            words = self._next(training, scratch)
        else:
            end = live(command(*words), scratch)
        if not _is_finished(end):
            expect_end(end, 0)
        for one, other in zip(training.runs(whole), training.runs(scratch), strict=True):
            compare(one, other, training.results)

    def _next(self, training: Training, scratch: Path) -> list[str]:
        """The command that a user would give now."""
        words = training.words(scratch)
        if "-m" in words:
            return training.again(scratch) if training.runs(scratch) else words
        there = any((run / "checkpoints/last.ckpt").is_file() for run in training.runs(scratch))
        return training.again(scratch) if there else words

    def _check_life(
        self, number: signal.Signals, end: End, steps: Path, runs: Sequence[Path]
    ) -> None:
        early = end.status == -number
        stopped = number != signal.SIGKILL and end.status == 128 + number
        expect(early or stopped, f"it ended with {end.status}", end.said)
        expect("Traceback" not in end.said, "a traceback", end.said)
        done = steps_in(steps)
        files = [run / "checkpoints/last.ckpt" for run in runs]
        kept = [torch.load(f, weights_only=True)["global_step"] for f in files if f.is_file()]
        if stopped:
            expect(done in kept, f"{done} steps are done, {kept} kept", end.said)
            expect("resume=" in end.said or "skip_finished" in end.said, "no way on", end.said)
        elif done and (kept or done > INTERVAL):
            near = [step for step in kept if 0 <= done - step <= INTERVAL]
            begun = done <= INTERVAL  # the job of a sweep that has no checkpoint yet
            expect(bool(near) or begun, f"{done} steps are done, {kept} kept", end.said)


def _is_finished(end: End) -> bool:
    """Whether the run was killed after its last file; jobs of a sweep that are finished go on."""
    return end.words and "The run in" in end.said and "is finished: it has done" in end.said


def compare(whole: Path, other: Path, results: Sequence[str]) -> None:
    """What was killed has the losses and the results of what was not.

    Raises:
        BrokenPromiseError: it has not.
    """
    expected, got = losses(whole), losses(other)
    # one that was stopped has validated there, too
    shared = {key: value for key, value in got.items() if key in expected}
    other_losses = sorted(set(expected.items()) ^ set(shared.items()))
    expect(not other_losses, "other losses", f"{other_losses}")
    for name in results:
        a, b = whole / name, other / name
        expect(b.is_file(), f"no {name}")
        if name.endswith(".safetensors"):
            one, two = load_file(a), load_file(b)
            same = one.keys() == two.keys() and all(torch.equal(one[k], two[k]) for k in one)
        else:
            same = filecmp.cmp(a, b, shallow=False)
        expect(same, f"another {name}")
    left = [str(file.relative_to(other)) for file in other.rglob("*.part")]
    expect(not left, f"left behind: {left}")


def losses(run: Path) -> dict[tuple[int, str], float]:
    """What ``losses.csv`` says: (step, name) -> value."""
    with (run / "losses.csv").open() as file:
        rows = [
            (int(row["step"]), row["name"], float(row["value"])) for row in csv.DictReader(file)
        ]
    found = {(step, name): value for step, name, value in rows}
    twice = [row for number, row in enumerate(rows) if row in rows[:number]]
    expect(len(found) == len(rows), "losses are noted twice", f"{twice}")
    return found
