"""Starting Hydra, and putting what goes wrong into words."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator

from hydra.core.config_store import ConfigStore
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from rich.console import Console

from stylenet.config import EvaluateConfig, TrainConfig
from stylenet.errors import StylenetError
from stylenet.run.explain import explain
from stylenet.run.names import run_dir, run_name, swept_keys

FULL = (errno.ENOSPC, errno.EDQUOT)
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG)


def register() -> None:
    """Tell Hydra the typed roots and OmegaConf the resolvers that ``conf/`` uses."""
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainConfig)
    store.store(name="evaluate_schema", node=EvaluateConfig)
    swept = swept_keys(sys.argv[1:])
    OmegaConf.register_new_resolver("run_name", lambda keys: run_name(keys, swept), replace=True)
    OmegaConf.register_new_resolver("run_dir", run_dir, replace=True)


def launch(main: Callable[[], object]) -> None:
    """Run ``main`` (made by ``@hydra.main``); print errors a user can mend in words and exit 2.

    With HYDRA_FULL_ERROR=1 in the environment errors keep their tracebacks.
    """
    register()
    if os.environ.get("HYDRA_FULL_ERROR"):
        main()
        return
    # Hydra would print and swallow the exceptions that are put into words below
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted before there was anything to keep.")
    except Exception as error:
        words = in_words(error)
        if words is None:
            raise
        Console(stderr=True, soft_wrap=True, highlight=False).print(words, markup=False)
        sys.exit(2)
    finally:
        del os.environ["HYDRA_FULL_ERROR"]


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
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
