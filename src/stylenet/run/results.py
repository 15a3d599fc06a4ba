"""What a run has come to, in two lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from stylenet.settings.objectives import LOSS, METRIC

KINDS = {"losses": LOSS, "metrics": METRIC}


def results_in_words(
    figures: Mapping[str, float], stand_ins: Collection[str] = ()
) -> Iterator[str]:
    """``losses    content 1.2  style 3.4  total 4.6``, and the same of the metrics.

    Without what belongs to a layer; none of the two where there is nothing of it.

    Args:
        figures: by their full names, such as ``val/metric/style``.
        stand_ins: styles whose paintings are not there: metrics compare with their swatches.
    """
    for kind, prefix in KINDS.items():
        found = {k.removeprefix(prefix): v for k, v in figures.items() if k.startswith(prefix)}
        names = sorted((name for name in found if "/" not in name), key="total".__eq__)
        if names:
            yield f"{kind:<8}  " + "  ".join(f"{name} {found[name]:.4g}" for name in names)
        if kind == "metrics" and stand_ins and "style" in names:
            yield f"{'':<8}  style is measured against the swatch of {', '.join(stand_ins)}"
