"""Claims and their rules: whether a study's results bear out what somebody said.

A study's claim.yaml says what is claimed and by whom, and by which checks it stands or falls. A
check compares a figure, a column of results.csv, in the rows ``of`` with the one in the rows
``than``, for each value of the columns ``each`` by itself: the geometric mean of the ratios and its
95 % interval (Student's t) have to lie within ``at_least`` and ``at_most``, or ``outside`` of two
bounds. Without ``than`` it is the figure itself; with ``trend`` its rank correlation with another
column; with ``spread`` the largest over the mean. ``besides`` are checks that are told and do not
count.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import yaml
from scipy.stats import spearmanr

from stylenet.errors import StylenetError
from stylenet.sweeps.table import half_interval

STUDIES = Path(__file__).parent
CLAIM, RESULTS = "claim.yaml", "results.csv"
HOLDS, FAILS, OPEN = "holds", "does not hold", "undecided"
IN_PART, NOT_RUN, UNTESTABLE = "in part", "not run yet", "not testable here"
ORDER = (HOLDS, IN_PART, FAILS, OPEN, UNTESTABLE, NOT_RUN)
Row = Mapping[str, str]


@dataclass(frozen=True)
class Check:
    """One condition of a claim; the module says what its parts mean."""

    says: str
    figure: str
    of: Mapping[str, Any] = field(default_factory=dict)
    than: Mapping[str, Any] | None = None
    than_figure: str | None = None
    each: Sequence[str] = ()
    trend: str | None = None
    spread: bool = False
    results: str | None = None
    at_least: float = -math.inf
    at_most: float = math.inf
    outside: Sequence[float] | None = None

    def found(self, rows: Sequence[Row]) -> Found:
        """What ``rows`` say of it.

        Raises:
            StylenetError: they lack a column, or hold nothing that it could be told by.
        """
        values = self._values(rows)
        if not values:
            raise StylenetError(
                f"The results say nothing of '{self.says}': no row has {self.of} and {self.than}.",
                "Run the whole study, or name values that its results.csv has.",
            )
        if self.spread:
            value = max(values) / fmean(values)
            return self._judged(value, (value, value), len(values))
        if self._is_ratio:
            logs = [math.log(value) for value in values]
            middle, half = fmean(logs), half_interval(logs) or 0.0
            bounds = (math.exp(middle - half), math.exp(middle + half))
            return self._judged(math.exp(middle), bounds, len(values))
        middle, half = fmean(values), half_interval(values) or 0.0
        low, high = middle - half, middle + half
        if self.trend is not None:  # no correlation is beyond these
            low, high = max(low, -1.0), min(high, 1.0)
        return self._judged(middle, (low, high), len(values))

    @property
    def asked(self) -> str:
        """In words, what the value has to be."""
        if self.outside is not None:
            return "outside {} to {}".format(*self.outside)
        bounds = {"at least": self.at_least, "at most": self.at_most}
        return " and ".join(f"{k} {v:g}" for k, v in bounds.items() if math.isfinite(v))

    @property
    def _other(self) -> str:
        return self.than_figure or self.figure

    @property
    def _is_ratio(self) -> bool:
        return self.than is not None or self.than_figure is not None

    def _values(self, rows: Sequence[Row]) -> list[float]:
        """One for each group."""
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            groups.setdefault(tuple(_cell(row, key) for key in self.each), []).append(row)
        values = []
        for group in groups.values():
            own = _those(group, self.of, self.figure)
            others = _those(group, self.of if self.than is None else self.than, self._other)
            if not own or not others:
                continue
            if self.trend is not None:
                pairs = [(float(_cell(r, self.trend)), float(_cell(r, self.figure))) for r in own]
                values.append(float(spearmanr(*zip(*pairs, strict=True)).statistic))
                continue
            value = _mean(own, self.figure)
            if self._is_ratio:
                value /= _mean(others, self._other)
            values.append(value)
        return values

    def _judged(self, value: float, bounds: tuple[float, float], count: int) -> Found:
        low, high = bounds
        least, most = (self.at_least, self.at_most) if self.outside is None else self.outside
        inside, apart = least <= low and high <= most, high < least or low > most
        if self.outside is not None:
            inside, apart = apart, inside
        return Found(value, low, high, count, HOLDS if inside else FAILS if apart else OPEN)


@dataclass(frozen=True)
class Found:
    """A value with its 95 % interval over ``count`` groups, and what that means for the check."""

    value: float
    low: float
    high: float
    count: int
    state: str

    def __str__(self) -> str:
        interval = f" ({self.low:.3g} to {self.high:.3g})" if self.high > self.low else ""
        return f"{self.value:.3g}{interval}, n = {self.count}"


@dataclass(frozen=True)
class Claim:
    """What claim.yaml of a study says.

    Attributes:
        study: the name of its folder.
        claim: what is claimed.
        source: by whom.
        command: what runs the study.
        results: the file, beside claim.yaml, that checks read which name no other.
        checks: all have to hold.
        besides: told, and not counted.
        finding: what we found, in words.
        wrong: what the reports got wrong or did not know, for the top of the page.
        untestable: why it cannot be tested here.
        afterwards: the rule was written when the results were there.
    """

    study: str
    claim: str
    source: str
    command: str
    results: str = RESULTS
    checks: Sequence[Check] = ()
    besides: Sequence[Check] = ()
    finding: str = ""
    wrong: str = ""
    untestable: str = ""
    afterwards: bool = False

    @classmethod
    def read(cls, file: Path) -> Claim:
        """The claim in ``file``.

        Raises:
            StylenetError: it is not written as a claim.
        """
        said = yaml.safe_load(file.read_text())
        try:
            for key in ("checks", "besides"):
                said[key] = [Check(**check) for check in said.get(key) or ()]
            return cls(study=file.parent.name, **said)
        except TypeError as error:
            raise StylenetError(
                f"{file} is no claim: {error}.", "See the module experiments/claims.py."
            ) from error

    def found(self, check: Check) -> Found | None:
        """What the results say of one of its checks; None where they are not there."""
        file = STUDIES / self.study / (check.results or self.results)
        if not file.is_file():
            return None
        with file.open(newline="") as opened:
            return check.found(list(csv.DictReader(opened)))

    def verdict(self) -> str:
        """One of `ORDER`."""
        if self.untestable:
            return UNTESTABLE
        found = [self.found(check) for check in self.checks]
        states = [one.state for one in found if one is not None]
        if not states or len(states) < len(found):
            return NOT_RUN
        if set(states) == {HOLDS}:
            return HOLDS
        if HOLDS in states:
            return IN_PART
        return FAILS if FAILS in states else OPEN


def _cell(row: Row, key: str) -> str:
    if key not in row:
        raise StylenetError(f"There is no column {key}.", f"There are: {', '.join(row)}.")
    return row[key]


def _those(rows: Sequence[Row], wanted: Mapping[str, Any], figure: str) -> list[Row]:
    """The rows with the wanted values that have the figure."""
    return [row for row in rows if _matches(row, wanted) and _cell(row, figure)]


def _matches(row: Row, wanted: Mapping[str, Any]) -> bool:
    return all(_same(_cell(row, key), str(value)) for key, value in wanted.items())


def _same(a: str, b: str) -> bool:
    try:
        return float(a) == float(b)
    except ValueError:
        return a == b


def _mean(rows: Sequence[Row], figure: str) -> float:
    return fmean(float(_cell(row, figure)) for row in rows)


def claims() -> list[Claim]:
    """All, by verdict and name."""
    found = [Claim.read(file) for file in sorted(STUDIES.glob(f"*/{CLAIM}"))]
    return sorted(found, key=lambda claim: (ORDER.index(claim.verdict()), claim.study))
