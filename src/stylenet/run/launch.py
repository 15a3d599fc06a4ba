"""Starting Hydra, and putting what goes wrong into words."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator

from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console

from stylenet.config import EvaluateConfig, TrainConfig
from stylenet.errors import StylenetError
from stylenet.run.processes import check_sweep, rank, start_of_run
from stylenet.run.settings.explain import explain
from stylenet.run.settings.names import run_dir, run_name, swept_keys
from stylenet.run.settings.sweeps import missing_launcher, register_launchers

# in the environment, for the processes that this one starts: HYDRA_FULL_ERROR is not the user's
WORDS = "STYLENET_ERRORS_IN_WORDS"
FULL = (errno.ENOSPC, errno.EDQUOT)
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG)


def register() -> None:
    """Tell Hydra the typed roots and OmegaConf the resolvers that ``conf/`` uses."""
    store = ConfigStore.instance()
    # open, so that the files of conf/task can add keys: see check_keys
    train = OmegaConf.structured(TrainConfig, flags={"struct": False})
    store.store(name="train_schema", node=train)
    store.store(name="evaluate_schema", node=EvaluateConfig)
    swept = swept_keys(sys.argv[1:])
    OmegaConf.register_new_resolver("run_name", lambda keys: run_name(keys, swept), replace=True)
    OmegaConf.register_new_resolver("run_dir", _run_dir, replace=True)
    OmegaConf.register_new_resolver("count", _count, replace=True)
    register_launchers()


def _count(value: object) -> int:
    return len(value) if isinstance(value, ListConfig) else 1


def _run_dir(resume: str | None, runs: str, now: str, name: str) -> str:
    return run_dir(resume, runs, now if resume else start_of_run(now), name)


def launch(main: Callable[[], object]) -> None:
    """Run ``main`` (made by ``@hydra.main``); print errors a user can mend in words and exit 2.

    With HYDRA_FULL_ERROR=1 in the environment errors keep their tracebacks.
    """
    register()
    if os.environ.get("HYDRA_FULL_ERROR") and WORDS not in os.environ:
        main()
        return
    # Hydra would print and swallow the exceptions that are put into words below
    os.environ["HYDRA_FULL_ERROR"] = os.environ[WORDS] = "1"
    try:
        check_sweep(sys.argv[1:])
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted before there was anything to keep.")
    except Exception as error:
        words = in_words(error)
        if words is None:
            raise
        if rank() > 0:
            words = f"[process {rank()}] {words}"
        Console(stderr=True, soft_wrap=True, highlight=False).print(words, markup=False)
        sys.exit(2)
    finally:
        del os.environ["HYDRA_FULL_ERROR"], os.environ[WORDS]


def in_words(error: BaseException) -> str | None:
    """What to tell the user, or None where ``error`` is a bug of ours."""
    for cause in _causes(error):
        if isinstance(cause, StylenetError):
            return f"Error: {cause}"
        if isinstance(cause, OSError) and cause.errno in UNWRITABLE:
            return f"Error: {cause}. Choose another paths.runs, run.dir or out, or mend this one."
        if isinstance(cause, OSError) and cause.errno in FULL:
            return (
                f"Error: the disk is full ({cause}). What was written before is whole; free "
                "some space and continue with: python train.py resume=<run directory>."
            )
    # Hydra's own word for logger=null and the like is a bare ValueError
    of_hydra = isinstance(error, ValueError) and "Config group override" in str(error)
    if of_hydra or isinstance(error, (HydraException, OmegaConfBaseException)):
        return explain(error, sys.argv[1:])
    return missing_launcher(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
