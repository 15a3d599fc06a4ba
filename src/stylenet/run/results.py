"""What a run has come to, in a few lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from stylenet.run.settings.objectives import LOSS, METRIC

KINDS = {"losses": LOSS, "metrics": METRIC}
COLUMNS = 80  # of a terminal that nobody made wider


def results_in_words(
    figures: Mapping[str, float], stand_ins: Collection[str] = ()
) -> Iterator[str]:
    """``losses    content 1.2  style 3.4  total 4.6``, and the same of the metrics.

    Without what belongs to a layer; none of the two where there is nothing of it. What does not
    fit into 80 columns goes on below the first figure.

    Args:
        figures: by their full names, such as ``val/metric/style``.
        stand_ins: styles whose paintings are not there: metrics compare with their swatches.
    """
    for kind, prefix in KINDS.items():
        found = {k.removeprefix(prefix): v for k, v in figures.items() if k.startswith(prefix)}
        names = sorted((name for name in found if "/" not in name), key="total".__eq__)
        if names:
            yield from _broken(kind, [f"{name} {found[name]:.4g}" for name in names])
        if kind == "metrics" and stand_ins and "style" in names:
            yield f"{'':<8}  style is measured against the swatch of {', '.join(stand_ins)}"


def _broken(kind: str, words: Sequence[str]) -> Iterator[str]:
    line = f"{kind:<8}"
    for word in words:
        if line.strip() and len(line) + 2 + len(word) > COLUMNS:
            yield line
            line = " " * 8
        line += f"  {word}"
    yield line
