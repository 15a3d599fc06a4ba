"""One search: its journal, which any number of processes share, and the trials that are claimed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import FrozenTrial, Trial, TrialState

from stylenet.errors import StylenetError
from stylenet.files import claimed, locked
from stylenet.tuning.space import Parameter

JOURNAL, NAME, SETTINGS = "journal.log", "stylenet", "settings"
FIRST = b'{"op_code"'  # what a journal begins with
MakeSampler = Callable[..., optuna.samplers.BaseSampler]


@dataclass(frozen=True)
class Claimed:
    """A trial that this process has for itself.

    Attributes:
        trial: Optuna's.
        values: of the space, as overrides have them.
        folder: of its run.
    """

    trial: Trial
    values: Mapping[str, str]
    folder: Path

    def __str__(self) -> str:
        """Its values."""
        return ", ".join(f"{key}={value}" for key, value in self.values.items())


class Search:
    """The search in ``folder``: made, or gone on with.

    All that is known of it is in the journal, to which Optuna only appends; a trial belongs to the
    process that holds its file in ``claims``, which the system frees when that process dies. So
    any process may end at any time, and the next one takes its trial over.

    Args:
        folder: shared by all processes of the search.
        settings: what makes it this search; other ones are refused.
        space: what is varied.
        first: values of the first trial; None: they are drawn, too.
        sampler: makes a sampler of a ``seed``.
        pruner: asked by `Trial.should_prune`.
        seed: of all samplers.

    Raises:
        StylenetError: the folder has a search of other settings, or no journal of a search.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        space: Sequence[Parameter],
        first: Mapping[str, str | float] | None,
        sampler: MakeSampler,
        pruner: optuna.pruners.BasePruner,
        seed: int = 0,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.folder = folder
        self.space = tuple(space)
        self._sampler = sampler
        self._pruner = pruner
        self._seed = seed
        with self._alone():
            self.study = self._opened()
            found = self.study.user_attrs.get(SETTINGS)
            if found not in (None, dict(settings)):
                self._check_nothing_is_lost(found, settings)
                shutil.rmtree(folder / "claims", ignore_errors=True)
                (folder / JOURNAL).unlink()
                self.study, found = self._opened(), None
            if found is None:
                if first is not None:
                    self.study.enqueue_trial(dict(first), skip_if_exists=True)
                self.study.set_user_attr(SETTINGS, dict(settings))

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """Those in the journal, of these states; of all but waiting ones where none is given."""
        wanted = states or tuple(state for state in TrialState if state != TrialState.WAITING)
        return self.study.get_trials(deepcopy=False, states=wanted)

    def best(self) -> FrozenTrial | None:
        """The finished trial of the lowest value; None where none is finished."""
        finished = [t for t in self.trials(TrialState.COMPLETE) if t.value is not None]
        return min(finished, key=lambda trial: (trial.value, trial.number), default=None)

    @contextmanager
    def claim(self, trials: int) -> Iterator[Claimed | None]:
        """A trial whose process has died, or else a new one; None where there are ``trials``."""
        with ExitStack() as stack:
            with self._alone():
                trial = self._orphan(stack) or self._new(stack, trials)
                values = {} if trial is None else {p.key: p.suggest(trial) for p in self.space}
            if trial is None:
                yield None
            else:
                yield Claimed(trial, values, self.folder / f"trial_{trial.number:04d}")

    def _orphan(self, stack: ExitStack) -> Trial | None:
        for running in self.trials(TrialState.RUNNING):
            try:
                stack.enter_context(self._claim_of(running.number))
            except _TakenError:
                continue
            self._seed_for(running.number)
            return Trial(self.study, running._trial_id)
        return None

    def _new(self, stack: ExitStack, trials: int) -> Trial | None:
        number = len(self.trials())
        if number >= trials:
            return None
        self._seed_for(number)
        trial = self.study.ask()
        stack.enter_context(self._claim_of(trial.number))
        return trial

    def _seed_for(self, number: int) -> None:
        """Let a trial be drawn from its number, and not from how often the search was started."""
        seed = int(np.random.SeedSequence((self._seed, number)).generate_state(1)[0])
        self.study.sampler = self._sampler(seed=seed)

    def _alone(self) -> ExitStack:
        stack = ExitStack()
        stack.enter_context(
            locked(self.folder / "search.lock", f"waiting for another process in {self.folder}")
        )
        return stack

    @contextmanager
    def _claim_of(self, number: int) -> Iterator[None]:
        with claimed(self.folder / "claims" / f"{number:04d}", _TakenError("", "")):
            yield

    def _opened(self) -> optuna.Study:
        file = self.folder / JOURNAL
        try:
            if not _is_journal(file):
                raise ValueError("its first line is another file's")
            mend(file)
            storage = optuna.storages.JournalStorage(JournalFileBackend(str(file)))
            names = optuna.get_all_study_names(storage)
            if names not in ([], [NAME]):
                raise StylenetError(
                    f"{file} is the journal of another study ({', '.join(names)}).",
                    "Choose another tune.study=<folder>.",
                )
            if names:
                return optuna.load_study(study_name=NAME, storage=storage, pruner=self._pruner)
            return optuna.create_study(
                storage=storage, study_name=NAME, direction="minimize", pruner=self._pruner
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StylenetError(
                f"{file} is no journal of a search, or a damaged one ({error}).",
                "Choose another tune.study=<folder>, or delete that one.",
            ) from error

    def _check_nothing_is_lost(self, found: Mapping[str, str], settings: Mapping[str, str]) -> None:
        """A search that has measured nothing yet is begun anew with other settings."""
        if not any(t.intermediate_values or t.state.is_finished() for t in self.trials()):
            return
        keys = [k for k in {**found, **settings} if found.get(k) != settings.get(k)]
        differ = ", ".join(f"{k}: {found.get(k)} there, {settings.get(k)} now" for k in keys)
        raise StylenetError(
            f"{self.folder} has a search of other settings ({differ}).",
            "Give the same ones to go on with it, or another tune.study=<folder>.",
        )


class _TakenError(StylenetError):
    """Another process is at this trial."""


def mend(file: Path) -> None:
    """Take away what a process that was killed has written of a line; Optuna would refuse it."""
    if not file.is_file():
        return
    lock = JournalFileSymlinkLock(str(file))
    lock.acquire()
    try:
        written = file.read_bytes()
        whole = written[: written.rfind(b"\n") + 1]
        if whole != written:
            with file.open("r+b") as opened:
                opened.truncate(len(whole))
    finally:
        lock.release()


def _is_journal(file: Path) -> bool:
    """Whether it begins as one, or is not there: no other file is changed."""
    if not file.is_file():
        return True
    with file.open("rb") as opened:
        return FIRST.startswith(opened.read(len(FIRST)))
