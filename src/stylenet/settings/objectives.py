"""``objective``: the figure that sweeps and the best checkpoint go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from stylenet.errors import StylenetError

METRIC, LOSS = "val/metric/", "val/loss/"
PREFERRED = ("balanced", "style", "content")
LARGER_IS_BETTER = {f"{METRIC}ssim", f"{METRIC}diversity"}
UNDIRECTED = ("contrast", "spectrum/low", "spectrum/high")


def choose_objective(asked: str | None, figures: Iterable[str], losses: Iterable[str]) -> str:
    """The full name of the figure that ``asked`` means, such as ``val/metric/ssim``.

    None means ``balanced``; without a content or a style to compare with ``style`` or ``content``;
    where nothing is compared the total of the run's own loss.

    Args:
        asked: a figure of ``val/metric/``, with this or without; or a loss, as ``val/loss/total``.
        figures: what the run measures.
        losses: the terms of its loss.

    Raises:
        StylenetError: the run does not measure it, or more of it is neither better nor worse.
    """
    figures = sorted(figures)
    if asked is None:
        chosen = next((name for name in PREFERRED if name in figures), None)
        return f"{METRIC}{chosen}" if chosen else f"{LOSS}total"
    known = [name for name in figures if name not in UNDIRECTED]
    known += [f"{LOSS}{name}" for name in dict.fromkeys(("total", *losses))]
    name = asked.removeprefix(METRIC)
    if name in figures and name in UNDIRECTED:
        raise StylenetError(
            f"Got objective={asked}, of which neither more nor less is better.",
            f"Use one of {', '.join(known)}.",
        )
    if name not in known:
        near = get_close_matches(name, known, 1, 0.5)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise StylenetError(
            f"Got objective={asked}, which this run does not measure.",
            f"{hint}There are: {', '.join(known)}.",
        )
    return name if name.startswith(LOSS) else METRIC + name


def direction(objective: str) -> str:
    """``max`` or ``min``: what is better."""
    return "max" if objective in LARGER_IS_BETTER else "min"


def to_minimise(objective: str, figures: Mapping[str, float]) -> float | None:
    """What a sweep is to minimise: the objective, negative where more is better; None: unknown."""
    value = figures.get(objective)
    if value is None:
        return None
    return -value if direction(objective) == "max" else value
