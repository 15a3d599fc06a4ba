"""``stylenet tune``: trials until there are enough, each an ordinary training run."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from stylenet.apply.extras import imported
from stylenet.callbacks.reports import listening
from stylenet.commands import PLACES, group_of, hydra_value
from stylenet.errors import StylenetError
from stylenet.files import expanded
from stylenet.run.building import instantiate
from stylenet.run.job import job, output_folder, own_overrides
from stylenet.run.training import train
from stylenet.runners.results import METRICS_FILE
from stylenet.settings.names import run_name
from stylenet.settings.objectives import to_minimise
from stylenet.settings.values import check_built
from stylenet.tasks import NonFiniteLossError
from stylenet.tuning.space import check_space, defaults, read_space

if TYPE_CHECKING:
    from stylenet.tuning.search import Claimed, Search

log = logging.getLogger(__name__)
SECONDS, ERROR = "seconds", "error"  # what a trial keeps in the journal
REPORTS = "+callbacks.reports={_target_:stylenet.callbacks.Reports,objective:${objective}}"


class _PrunedError(Exception):
    """A trial that is not worth going on with."""


def tune(config: DictConfig) -> None:
    """Make trials until the journal has ``tune.trials`` of them; say which settings are best.

    Raises:
        StylenetError: a search that cannot be, or whose runs cannot be.
        SystemExit: a signal ended a trial; the same command goes on with it.
    """
    with contextlib.suppress(OSError):  # Hydra made it; the trials have folders of their own
        output_folder().rmdir()
    imported("optuna", "tune", "stylenet tune")
    from stylenet.tuning.results import write_table
    from stylenet.tuning.search import Search

    settings = config.tune
    _check(config)
    check_built(config, ("tune.sampler", "tune.pruner"))
    typed = [o for o in own_overrides() if group_of(o) != "tune"]
    keys = {_key(override) for override in typed}
    fixed = [*(str(o) for o in settings.run if _key(str(o)) not in keys), *typed]
    space = read_space(settings.space)
    if both := keys & {p.key for p in space}:
        raise StylenetError(
            f"Got {', '.join(sorted(both))}, which the search is to choose.",
            f"Leave it out, or keep the search from it: ~tune.space.{min(both)}.",
        )
    folder = _folder(config, typed)
    with job(fixed, folder) as plain:
        check_space(space, plain)
        first, objective = defaults(space, plain), str(plain.objective)
    search = Search(
        folder,
        {
            "overrides": " ".join(o for o in fixed if group_of(o) not in PLACES),
            "space": "; ".join(map(str, space)),
        },
        space,
        first,
        instantiate(settings.sampler),
        instantiate(settings.pruner),
        config.seed,
    )
    while True:
        with search.claim(settings.trials) as claimed:
            if claimed is None:
                break
            _run(search, claimed, fixed, settings.trials)
        write_table(search)
    _sum_up(search, objective, typed, first)


def _check(config: DictConfig) -> None:
    trials, trainer = config.tune.trials, config.trainer
    if not isinstance(trials, int) or trials < 1:
        raise StylenetError(
            f"Got tune.trials={trials}, expected a whole number of 1 or more.", "Use 20."
        )
    one = trainer.devices == 1 or (OmegaConf.is_list(trainer.devices) and len(trainer.devices) == 1)
    if "ddp" in str(trainer.get("strategy")) or not one:
        raise StylenetError(
            f"Got trainer.strategy={trainer.get('strategy')} trainer.devices={trainer.devices}, "
            "but the trials of a search are runs of one process.",
            "Leave them out, and start the same command several times: they share the search.",
        )
    if config.resume is not None:
        raise StylenetError(
            f"Got resume={config.resume}, but a search goes on by itself.",
            "Give the command that it was started with.",
        )


def _folder(config: DictConfig, typed: Sequence[str]) -> Path:
    if config.tune.study is not None:
        return expanded(config.tune.study).absolute()
    named = [o for o in typed if _key(o) in ("style", "content")] or [f"style={config.style}"]
    name = run_name(named).rpartition("-")[0]  # without the id: the same command, the same folder
    return (expanded(config.paths.runs) / f"tune_{name}").absolute()


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]


def _run(search: Search, claimed: Claimed, fixed: Sequence[str], trials: int) -> None:
    """One trial, from its checkpoint where it has one; its end is told to the journal."""
    from optuna.trial import TrialState

    trial, study = claimed.trial, search.study
    log.info("trial %d (of %d): %s", trial.number, trials, claimed)
    seconds, began = trial.user_attrs.get(SECONDS, 0.0), time.perf_counter()
    value, state = None, TrialState.COMPLETE
    try:
        value = _value(claimed, fixed)
    except _PrunedError:
        state = TrialState.PRUNED
    except NonFiniteLossError as error:  # these settings cannot be trained with; others can
        state = TrialState.FAIL
        trial.set_user_attr(ERROR, str(error))
    finally:
        trial.set_user_attr(SECONDS, round(seconds + time.perf_counter() - began, 1))
    study.tell(trial, value, state=state)
    ended = {TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}.get(state)
    log.info("trial %d: %s", trial.number, ended or f"{value:.4g}")


def _value(claimed: Claimed, fixed: Sequence[str]) -> float:
    """What the trial comes to, for the search to minimise.

    Raises:
        StylenetError: it cannot be trained, or cannot be measured.
    """
    trial, folder = claimed.trial, claimed.folder

    def listener(step: int, name: str, figure: float) -> None:
        value = to_minimise(name, {name: figure})
        reported = trial.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        if value is not None and step not in reported:
            trial.report(value, step)
        if trial.should_prune():
            raise _PrunedError

    overrides = [
        *fixed,
        *(f"{key}={value}" for key, value in claimed.values.items()),
        f"run.dir={hydra_value(str(folder))}",
        REPORTS,
    ]
    metrics = folder / METRICS_FILE
    if metrics.is_file():  # it was killed after its end
        value = json.loads(metrics.read_text())["to_minimise"]
    else:
        if (folder / "checkpoints" / "last.ckpt").is_file():
            overrides = [f"resume={hydra_value(str(folder))}"]
        with job(overrides, folder) as config, listening(listener):
            value = train(config)
    if value is None:
        raise StylenetError(
            f"The run in {folder} has no figure to go by.", "Choose another objective=..."
        )
    return float(value)


def _sum_up(
    search: Search, objective: str, typed: Sequence[str], first: Mapping[str, str | float] | None
) -> None:
    from stylenet.tuning.results import summary, write_table

    write_table(search)
    for line in summary(search, objective, typed, first):
        log.info(line)
