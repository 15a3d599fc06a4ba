"""What a search varies: ``tune.space``, whose keys are those of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from stylenet.errors import StylenetError

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

RANGE, CHOICES = {"min", "max", "log"}, {"choices"}


@dataclass(frozen=True)
class Parameter:
    """A key of the run and the values that it may have: ``choices``, or a range.

    Attributes:
        key: such as ``loss.style_weight``.
        choices: as overrides have them; none for a range.
        low: the least value of a range.
        high: its largest.
        log: whether it is drawn by its logarithm.
    """

    key: str
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    def __str__(self) -> str:
        """In words, for whoever compares two spaces."""
        if self.choices:
            return f"{self.key} of {' '.join(self.choices)}"
        return f"{self.key} {self.low:g} to {self.high:g}{' (log)' if self.log else ''}"

    def suggest(self, trial: BaseTrial) -> str:
        """Its value in ``trial`` as an override has it: numbers to four digits."""
        if self.choices:
            return str(trial.suggest_categorical(self.key, self.choices))
        return f"{trial.suggest_float(self.key, self.low, self.high, log=self.log):.4g}"

    def known(self, value: Any) -> str | float | None:
        """``value``, which a run has by default, as a trial would have it; None: it cannot."""
        if self.choices:
            text = as_text(value)
            return text if text in self.choices else None
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return float(value) if is_number and self.low <= value <= self.high else None


def read_space(space: Any) -> list[Parameter]:
    """The parameters of ``tune.space``.

    Raises:
        StylenetError: there is none, or one has neither choices nor a range.
    """
    plain: Any = space
    if OmegaConf.is_config(space):
        plain = OmegaConf.to_container(space, resolve=True)
    found = list(_parameters(plain or {}, ""))
    if not found:
        raise StylenetError(
            "Got a tune.space without a key, expected at least one.",
            "Add one: '+tune.space.style_scale={min: 0.5, max: 2.0, log: true}'.",
        )
    return found


def check_space(space: Sequence[Parameter], config: DictConfig) -> None:
    """Refuse a key that the run ``config`` has not.

    Raises:
        StylenetError: names the nearest.
    """
    for parameter in space:
        holder, _, last = parameter.key.rpartition(".")
        above = OmegaConf.select(config, holder) if holder else config
        if not isinstance(above, DictConfig) or last not in above:
            keys = map(str, above) if isinstance(above, DictConfig) else ()
            near = get_close_matches(last, list(keys), 1, 0.5)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise StylenetError(
                f"Got tune.space.{parameter.key}, but the run has no {parameter.key}.",
                f"{hint}Leave it out: ~tune.space.{parameter.key}.",
            )


def defaults(space: Sequence[Parameter], config: DictConfig) -> dict[str, str | float] | None:
    """What the run ``config`` has of ``space``; None where that is not all in it."""
    found = {p.key: p.known(OmegaConf.select(config, p.key)) for p in space}
    known = {key: value for key, value in found.items() if value is not None}
    return known if len(known) == len(found) else None


def as_text(value: Any) -> str:
    """A value as an override has it: ``[relu1_2,relu2_2]``, ``null``, ``0.5``."""
    if OmegaConf.is_config(value):
        value = OmegaConf.to_container(value, resolve=True)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(as_text, value))}]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _parameters(space: Mapping[str, Any], prefix: str) -> Iterator[Parameter]:
    for name, value in space.items():
        key = f"{prefix}{name}"
        if not isinstance(value, Mapping):
            raise _unreadable(key, value)
        if not value.keys() & (RANGE | CHOICES):
            yield from _parameters(value, f"{key}.")
        elif "choices" in value:
            yield _choices(key, value)
        else:
            yield _range(key, value)


def _choices(key: str, value: Mapping[str, Any]) -> Parameter:
    choices = value["choices"]
    if value.keys() - CHOICES or not isinstance(choices, list) or not choices:
        raise _unreadable(key, value)
    return Parameter(key, tuple(dict.fromkeys(map(as_text, choices))))


def _range(key: str, value: Mapping[str, Any]) -> Parameter:
    if value.keys() - RANGE:
        raise _unreadable(key, value)
    try:
        low, high, log = float(value["min"]), float(value["max"]), bool(value.get("log", False))
    except (KeyError, TypeError, ValueError):
        raise _unreadable(key, value) from None
    if not low <= high or (log and low <= 0):
        raise _unreadable(key, value)
    return Parameter(key, (), low, high, log)


def _unreadable(key: str, value: Any) -> StylenetError:
    return StylenetError(
        f"Got tune.space.{key}={value}, expected choices or a range: min, not above max, and with "
        "log: true above 0.",
        f"Use '+tune.space.{key}={{choices: [1, 2]}}' or '{{min: 0.5, max: 2.0, log: true}}'; "
        f"~tune.space.{key} leaves it out.",
    )
