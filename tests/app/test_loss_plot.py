"""The curves of the losses, by what is drawn."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
from stylenet.app.loss_plot import STEPS_MARKED, loss_curves


def curves(drawn: str) -> dict[str, list[tuple[float, float]]]:
    """Of each term its points: across and down, in percent."""
    found = re.findall(r'data-term="(\w+)"[^>]* d="M([^"]+)"', drawn)
    return {
        term: [tuple(map(float, point.split())) for point in path.split("L")]  # type: ignore[misc]
        for term, path in found
    }


def marks(drawn: str, axis: str) -> dict[float, float]:
    """Of each number beside an axis its place, in percent."""
    found = re.findall(rf'class="{axis}" style="\w+: ([\d.]+)%">([\d.e+-]+)<', drawn)
    return {float(value): float(place) for place, value in found}


def test_each_term_has_a_curve_with_all_its_points() -> None:
    losses = [(5 * n, term, start / n) for n in range(1, 5) for term, start in (("a", 8), ("b", 3))]
    drawn = curves(loss_curves(losses))
    assert {term: len(points) for term, points in drawn.items()} == {"a": 4, "b": 4}
    for points in drawn.values():
        assert [across for across, _ in points] == [25, 50, 75, 100]
        down = [place for _, place in points]
        assert down == sorted(down)  # what falls is drawn falling
        assert 0 <= down[0] < down[-1] <= 100


def test_equal_ratios_are_equal_distances_and_the_marks_are_where_their_values_are() -> None:
    losses = [(step, "total", 10.0**-step) for step in range(4)]
    drawn = loss_curves(losses)
    places = [place for _, place in curves(drawn)["total"]]
    apart = [after - before for before, after in pairwise(places)]
    assert apart == pytest.approx([apart[0]] * 3, abs=0.02)
    for value, place in marks(drawn, "y").items():
        assert places[round(-math.log10(value))] == pytest.approx(place, abs=0.02)
    assert set(marks(drawn, "y")) == {1, 0.1, 0.01, 0.001}
    assert marks(drawn, "x") == pytest.approx({0: 0, 1: 100 / 3, 2: 200 / 3, 3: 100}, abs=0.02)


@pytest.mark.parametrize("last", [1, 5, 6, 59, 60, 300, 12345])
def test_steps_are_marked_by_few_round_numbers(last: int) -> None:
    steps = sorted(marks(loss_curves([(last, "total", 2.0)]), "x"))
    assert len(steps) <= STEPS_MARKED
    assert steps[0] == 0
    assert steps[-1] <= last < steps[-1] + steps[1]
    assert str(int(steps[1])).rstrip("0") in {"1", "2", "5"}


def test_a_term_without_weight_has_no_curve_and_one_value_is_a_point() -> None:
    losses = [(5, "total", 2.5), (5, "tv", 0.0), (5, "style", math.inf), (5, "content", math.nan)]
    assert list(curves(loss_curves(losses))) == ["total"]
    first, second = curves(loss_curves(losses))["total"]
    assert first == second  # a line without length has round ends
    assert curves(loss_curves([])) == {}
    assert "come with the first steps" in loss_curves([])


def test_it_is_told_to_who_does_not_see_it() -> None:
    drawn = loss_curves([(5, "total", 24.0), (10, "total", 6.0)])
    assert 'aria-label="Losses: total from 24 to 6"' in drawn
