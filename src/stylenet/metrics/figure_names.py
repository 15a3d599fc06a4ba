"""Names of the figures that `Comparison` measures."""

from __future__ import annotations

from collections.abc import Container

JUDGED = {"judge/style", "judge/content", "judge/balanced"}
OF_A_STYLE = {"style", "content", "balanced", "tv", "ssim", *JUDGED}
"""Figures that each of several styles has of its own."""


def figure_names(compared: Container[str], *, judged: bool) -> set[str]:
    """The figures, without parts, of a task that is compared with its ``content``, its ``style``.

    Args:
        compared: these words, or some of them, and ``samples`` where these are of one texture.
        judged: whether there is a judge.
    """
    content, style = ("content" in compared, "style" in compared)
    found = {"tv", "contrast", "spectrum/low", "spectrum/high"}
    found |= {"style"} if style else set()
    found |= {"diversity"} if "samples" in compared else set()
    if content:
        found |= {"content", "ssim"} | ({"judge/content"} if judged else set())
        if style:
            found |= {"balanced"} | (JUDGED if judged else set())
    return found
