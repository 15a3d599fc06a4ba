"""Starting Hydra, and putting what goes wrong into words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, ListConfig, OmegaConf

from stylenet.commands import command
from stylenet.config import EvaluateConfig, TrainConfig
from stylenet.files import expanded
from stylenet.pipes import outlive_readers
from stylenet.processes import rank, start_of_run
from stylenet.run.processes import command_line
from stylenet.settings.arguments import quoted
from stylenet.settings.folder import conf_folder
from stylenet.settings.guide import read_guide
from stylenet.settings.help import help_text
from stylenet.settings.mending import words_for
from stylenet.settings.names import run_dir, run_name, swept_keys
from stylenet.settings.objectives import direction
from stylenet.sweeps.jobs import JOB
from stylenet.sweeps.launchers import missing_launcher, register_launchers
from stylenet.sweeps.recording import check_sweep, sweep_at_work, sweep_dir

# in the environment, for the processes that this one starts: HYDRA_FULL_ERROR is not the user's
WORDS = "STYLENET_ERRORS_IN_WORDS"

_names = ConfigRepository.get_group_options


def register() -> None:
    """Tell Hydra the typed roots and OmegaConf the resolvers that ``conf/`` uses."""
    setattr(ConfigStore, "__deepcopy__", _copied_store)  # noqa: B010
    setattr(ConfigRepository, "get_group_options", _choices)  # noqa: B010
    store = ConfigStore.instance()
    # open, so that the files of conf/task can add keys: see check_keys
    train = OmegaConf.structured(TrainConfig, flags={"struct": False})
    store.store(name="train_schema", node=train)
    store.store(name="evaluate_schema", node=EvaluateConfig)
    swept = swept_keys(sys.argv[1:])
    OmegaConf.register_new_resolver(
        "run_name", lambda keys, now: run_name(keys, swept, start_of_run(now)), replace=True
    )
    OmegaConf.register_new_resolver("run_dir", _run_dir, replace=True)
    # kept: what the sweep resolves holds for its jobs, whose overrides differ
    OmegaConf.register_new_resolver("sweep_dir", sweep_dir, replace=True, use_cache=True)
    OmegaConf.register_new_resolver("help_of", _help_of, replace=True)
    OmegaConf.register_new_resolver("expanded", lambda path: str(expanded(path)), replace=True)
    OmegaConf.register_new_resolver("count", _count, replace=True)
    OmegaConf.register_new_resolver("direction", direction, replace=True)
    OmegaConf.register_new_resolver("times", lambda a, b: float(a * b), replace=True)
    register_launchers()


def _copied_store(store: ConfigStore, _: object) -> ConfigStore:
    """The store's folders copied, and no nodes: those are copied when they are loaded.

    Hydra copies the store whenever it looks into a group, 300 times for ``--help``.
    """

    def copied(entry: Any) -> Any:
        return {k: copied(v) for k, v in entry.items()} if isinstance(entry, dict) else entry

    copy = object.__new__(ConfigStore)  # calling the class would give the only instance
    copy.repo = copied(store.repo)
    return copy


def _choices(repository: ConfigRepository, group_name: str, *kinds: Any, **kind: Any) -> list[str]:
    """What a group has to choose from, for help, completion, advice: no base files, ``_x``."""
    names = _names(repository, group_name, *kinds, **kind)
    return [name for name in names if not name.startswith("_")]


def _help_of(program: str) -> str:
    """What Hydra takes for a template of ``--help``."""
    guide = read_guide(conf_folder(), program)
    words = command(program, {})
    return help_text(guide, words).replace("$", "$$")


def _count(value: object) -> int:
    return len(value) if isinstance(value, ListConfig) else 1


def _run_dir(resume: str | None, runs: str, now: str, name: str) -> str:
    return run_dir(resume, runs, now if resume else start_of_run(now), name)


def compose(
    overrides: Sequence[str], config_name: str, *, return_hydra_config: bool = False
) -> DictConfig:
    """See `stylenet.compose`; ``return_hydra_config`` adds Hydra's own settings."""
    register()
    outer = GlobalHydra.instance().hydra  # an application's or a notebook's: there may be one only
    GlobalHydra.instance().clear()
    try:
        with hydra.initialize_config_dir(str(conf_folder()), version_base="1.3"):
            return hydra.compose(config_name, list(overrides), return_hydra_config)
    finally:
        GlobalHydra.instance().hydra = outer


def launch(
    task: Callable[[DictConfig], object],
    config_name: str,
    arguments: Sequence[str] | None = None,
    subcommand: Sequence[str] = (),
) -> None:
    """Run ``task`` as a Hydra application; print errors a user can mend in words and exit 2.

    With HYDRA_FULL_ERROR=1 in the environment errors keep their tracebacks.

    Args:
        task: gets the configuration. It should import late what is slow to import: ``--help`` and
            errors of the configuration do without.
        config_name: the file in ``conf/``, such as ``train``.
        arguments: overrides and Hydra's own options; None: the whole command line.
        subcommand: the words that stand before them on the command line, such as ``train``.
    """
    outlive_readers()
    with command_line(quoted(sys.argv[1:] if arguments is None else arguments), subcommand):
        if os.environ.get("HYDRA_FULL_ERROR") and WORDS not in os.environ:
            _application(task, config_name)
            return
        # Hydra would print and swallow the exceptions that are put into words below
        os.environ["HYDRA_FULL_ERROR"] = os.environ[WORDS] = "1"
        try:
            check_sweep(sys.argv[1:])
            _application(task, config_name)
        except KeyboardInterrupt:
            sys.exit("Interrupted before there was anything to keep.")
        except Exception as error:
            words = in_words(error)
            if words is None:
                raise
            say_error(f"[process {rank()}] {words}" if rank() > 0 else words)
            sys.exit(2)
        finally:
            del os.environ["HYDRA_FULL_ERROR"], os.environ[WORDS]


def _application(task: Callable[[DictConfig], object], config_name: str) -> None:
    register()
    folder = str(conf_folder())
    try:
        hydra.main(version_base="1.3", config_path=folder, config_name=config_name)(task)()
    finally:
        sweep = sweep_at_work.get()
        sweep_at_work.set(None)
        if sweep is not None and any(sweep.glob(f"*/{JOB}")):
            _sum_up(sweep)


def _sum_up(sweep: Path) -> None:
    """Write and print what the jobs of a sweep compare to, also where some of them failed."""
    from rich.console import Console

    from stylenet.sweeps.summary import sum_up

    console = Console(soft_wrap=True, highlight=False)
    console.print(sum_up(sweep, console.width), markup=False)


def say_error(words: str) -> None:
    """Print ``words`` to standard error, in lines of any length."""
    from rich.console import Console

    Console(stderr=True, soft_wrap=True, highlight=False).print(words, markup=False)


def in_words(error: BaseException) -> str | None:
    """What to tell the user, or None where ``error`` is a bug of ours."""
    return words_for(error) or missing_launcher(error)
