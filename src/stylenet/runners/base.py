"""What a task is to a run: an object that validates, builds, starts and saves."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from stylenet.config import Settings
from stylenet.errors import StylenetError

if TYPE_CHECKING:  # nothing waits for torch that only has to know a runner
    from pytorch_lightning import Callback, LightningDataModule, Trainer
    from torch import Tensor

    from stylenet.styles import FoundStyle

Instantiate: TypeAlias = Callable[..., Any]
"""Turns a group of the configuration into the object that its ``_target_`` names."""
Say: TypeAlias = Callable[[str], None]
"""Says one line, and keeps it in the run's record."""


@dataclass(frozen=True)
class Components:
    """What a runner builds.

    Attributes:
        styles: the style images' files.
        task: the LightningModule that is trained.
        data: what it is trained on.
    """

    styles: tuple[FoundStyle, ...]
    task: Any
    data: LightningDataModule

    @property
    def stand_ins(self) -> Mapping[str, str]:
        """The styles whose paintings are not there, and why; swatches are shown and measured."""
        return {s.name: s.stand_in for s in self.styles if s.stand_in is not None}


@dataclass(frozen=True)
class Run:
    """A run with all that it is made of, before its training and after.

    Attributes:
        runner: of its task.
        config: settled, and not to be changed.
        values: the same as plain dicts and lists.
        components: what the runner built.
        trainer: trains them.
        callbacks: by the names that the configuration gives them.
        metadata: command, commit, versions and hardware.
        messages: what was said so far and is kept in the record.
    """

    runner: Runner
    config: Settings
    values: Mapping[str, Any]
    components: Components
    trainer: Trainer
    callbacks: Mapping[str, Callback]
    metadata: Mapping[str, Any]
    messages: Sequence[str]

    @property
    def folder(self) -> Path:
        """The run directory."""
        return Path(self.config.run.dir)

    @property
    def task(self) -> Any:
        """The LightningModule."""
        return self.components.task

    @property
    def data(self) -> LightningDataModule:
        """What it is trained on."""
        return self.components.data

    def relative(self, path: Path) -> Path:
        """``path`` as it is said: from the run directory on, which was said before."""
        return path.relative_to(self.folder) if path.is_relative_to(self.folder) else path

    def callback(self, kind: type[Any]) -> Any:
        """The callback of this kind, or None where the configuration leaves it out."""
        return next((c for c in self.callbacks.values() if isinstance(c, kind)), None)


class Runner(ABC):
    """One task: ``conf/task/x.yaml`` names it as ``runner``.

    A run calls the methods in the order in which they stand here. The configuration may be changed
    by `validate` alone; files are written by `start` and `save_results` alone.

    Attributes:
        paths: keys that hold a path, or a list of paths; a value with ``://`` is an address.
        named: keys that hold the path of an image, or a name.
        models: keys that hold a run directory, a model file, or a name.
        built: keys of what is built, ``callbacks.*`` for all that it holds; null is always allowed.
        kinds: annotations of values that runners themselves compute with; null is always allowed.
        results: the file of the run directory that says what came of it.
        artifact: files of the run directory that are its finished net, if it makes one.
        has_budget: whether a run whose length nobody gives is as long as ``trainer.budget_minutes``
            allow.
    """

    paths: ClassVar[tuple[str, ...]] = (
        "data.root",
        "data.roots",
        "data.val_root",
        "data.cache",
        "data.chunk_folder",
        "loss_network.weights.path",
        "paths.styles",
    )
    named: ClassVar[tuple[str, ...]] = ("style",)
    models: ClassVar[tuple[str, ...]] = ()
    built: ClassVar[tuple[str, ...]] = (
        "callbacks.*",
        "logger.*",
        "loss.terms.*",
        "loss_network.network",
    )
    kinds: ClassVar[Mapping[str, Any]] = {
        "loss_network": Mapping,
        "loss_network.content_layers": Sequence[str],
        "loss_network.style_layers": Sequence[str],
    }
    results: ClassVar[str] = "result.json"
    artifact: ClassVar[tuple[str, ...]] = ()
    has_budget: ClassVar[bool] = False

    @abstractmethod
    def validate(self, config: Settings, say: Say) -> None:
        """Check what this task reads of ``config``, and fill in what it leaves open.

        Also called when a run is resumed, with the configuration as it was left.

        Raises:
            StylenetError: a setting that has no meaning for this task.
        """

    def styles_learnt(self, config: Settings) -> int:  # noqa: ARG002, others read it
        """How many styles are learnt, of a valid ``config``: a default length is for each."""
        return 1

    def spare_memory(self, config: Settings) -> str:
        """What to do where memory ran out: a sentence that names what takes it."""
        data = config.get("data") or {}
        sizes = [f"data.{key}={data[key]}" for key in ("batch_size", "size") if data.get(key)]
        less = f"less than {' or '.join(sizes)}, " if sizes else ""
        return f"Use {less}a narrower net, or a machine with more memory."

    def progress(self, folder: Path) -> tuple[int, bool]:
        """Steps that the run in ``folder`` has done, and whether it was finished.

        (0, False) where the run was killed before it could save results.

        Raises:
            StylenetError: `results` is damaged.
        """
        file = folder / self.results
        if not file.is_file():
            return 0, False
        try:
            said = json.loads(file.read_text())
            said = said.get("training", said)  # of nets
            return int(said.get("steps", 0)), bool(said.get("finished", False))
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise StylenetError(
                f"{file} is damaged ({type(error).__name__}: {error}).",
                "Delete it: the run goes on from its checkpoint, and writes it anew.",
            ) from error

    def compares(self, config: Settings) -> set[str]:
        """Which of ``content`` and ``style`` what is painted can be compared with.

        Nothing for a task that paints nothing.
        """
        del config
        return set()

    @abstractmethod
    def build(self, config: Settings, instantiate: Instantiate, say: Say) -> Components:
        """The task and its data."""

    @abstractmethod
    def start(self, run: Run) -> None:
        """Write what goes in into the run directory, and say what is about to happen.

        Called in the first process of a run only.
        """

    @abstractmethod
    def save_results(self, run: Run, *, finished: bool) -> Mapping[str, float]:
        """Write what came out, say where it lies, give its losses and metrics, ``val/...``.

        None of them where a signal ended the run early.

        Called in every process of a run.

        Args:
            run: after its training.
            finished: False where a signal ended it early.
        """

    def pictures(self, run: Run) -> tuple[Sequence[str], Sequence[Sequence[Tensor]]]:
        """What the run painted: titles of columns, and rows of images (3,H,W) in [0,1]."""
        del run
        return (), ()
