"""Values of the wrong kind are refused by their keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.settings.values import check_target, check_values


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("optimizer.px={}", r"Got optimizer\.px=\{\}, expected int"),
        ("loss.terms.style.layers=inf", r"Got loss\.terms\.style\.layers=inf, expected .*Sequence"),
        ("net.width=[1]", r"Got net\.width=\[1\], expected float"),
        ("loss.style_distance.weights.gram=''", r"weights=.*'gram': ''.*expected .*Mapping"),
        ("net.width=x", r"Got net\.width=x, expected float"),
        ("loss.terms.tv.variation=[1,2]", r"Got loss\.terms\.tv\.variation=\[1, 2\], .*Callable"),
        ("loss.terms.tv.variation={a: 1}", r"Got loss\.terms\.tv\.variation=.*Callable"),
        ("loss.terms.tv.variation=x", r"Got loss\.terms\.tv\.variation=x, expected .*Callable"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(
    composed: Callable[..., DictConfig], given: str, words: str
) -> None:
    task = ["task=gatys", "data=iterations"] if given.startswith("optimizer") else []
    with pytest.raises(StylenetError, match=words):
        check_values(composed(*task, given))


def test_null_may_stand_for_what_is_filled_in_later(composed: Callable[..., DictConfig]) -> None:
    config = composed("net.width=null")
    check_values(config, settled=False)
    with pytest.raises(StylenetError, match=r"Got net\.width=None, expected float"):
        check_values(config)


def test_plain_values_in_place_of_what_is_to_be_built(composed: Callable[..., DictConfig]) -> None:
    config = composed("scheduler={a: 1}")
    with pytest.raises(StylenetError, match=r"Got scheduler=\{'a': 1\}, expected what"):
        check_target(config.scheduler)
    check_target(config.optimizer)
    check_target(config.recipe)  # null
