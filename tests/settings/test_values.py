"""Values of the wrong kind are refused by their keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.settings.values import check_values


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("optimizer.px={}", r"Got optimizer\.px=\{\}, expected int"),
        ("loss.terms.style.layers=inf", r"Got loss\.terms\.style\.layers=inf, expected .*Sequence"),
        ("net.width=[1]", r"Got net\.width=\[1\], expected float"),
        ("loss.style_distance.weights.gram=''", r"weights=.*'gram': ''.*expected .*Mapping"),
        ("net.width=x", r"Got net\.width=x, expected float"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(
    composed: Callable[..., DictConfig], given: str, words: str
) -> None:
    task = ["task=gatys", "data=iterations"] if given.startswith("optimizer") else []
    with pytest.raises(StylenetError, match=words):
        check_values(composed(*task, given))
