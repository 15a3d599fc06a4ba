"""What sweeps and the best checkpoint go by."""

from __future__ import annotations

import pytest

from stylenet.errors import StylenetError
from stylenet.metrics import figure_names
from stylenet.settings.objectives import choose_objective, direction, to_minimise

ALL = figure_names({"content", "style"}, judged=False)


@pytest.mark.parametrize(
    ("compared", "expected"),
    [
        ({"content", "style"}, "val/metric/balanced"),
        ({"style"}, "val/metric/style"),
        ({"content"}, "val/metric/content"),
    ],
)
def test_the_default_is_the_fullest_figure_that_there_is(compared: set[str], expected: str) -> None:
    assert choose_objective(None, figure_names(compared, judged=False), ["style"]) == expected


def test_where_nothing_is_compared_the_default_is_the_loss() -> None:
    assert choose_objective(None, set(), []) == "val/loss/total"


def test_a_figure_goes_by_its_short_name_and_by_its_full_one() -> None:
    assert choose_objective("ssim", ALL, []) == "val/metric/ssim"
    assert choose_objective("val/metric/ssim", ALL, []) == "val/metric/ssim"
    assert choose_objective("val/loss/tv", ALL, ["tv"]) == "val/loss/tv"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("stile", r"stile.*does not measure.*Did you mean style\?.*val/loss/total"),
        ("contrast", r"neither more nor less.*balanced, content, ssim, style, tv"),
        ("judge/style", r"judge/style.*does not measure"),
        ("val/loss/content", r"does not measure.*There are|Did you mean"),
    ],
)
def test_what_cannot_be_gone_by_is_refused_in_words(asked: str, words: str) -> None:
    with pytest.raises(StylenetError, match=words):
        choose_objective(asked, ALL, ["style"])


def test_a_judge_adds_its_figures() -> None:
    judged = figure_names({"content", "style"}, judged=True)
    assert judged - ALL == {"judge/style", "judge/content", "judge/balanced"}
    assert choose_objective("judge/style", judged, []) == "val/metric/judge/style"


def test_more_similarity_and_less_of_anything_else_is_better() -> None:
    assert direction("val/metric/ssim") == "max"
    assert {direction(f"val/metric/{name}") for name in ALL - {"ssim"}} == {"min"}
    assert to_minimise("val/metric/ssim", {"val/metric/ssim": 0.25}) == -0.25
    assert to_minimise("val/metric/style", {"val/metric/style": 0.25}) == 0.25
    assert to_minimise("val/metric/style", {}) is None
