"""What the tests leave out of a composition (see conftest.py at the top) changes nothing."""

from __future__ import annotations

import pytest
from hydra._internal import defaults_list
from omegaconf import OmegaConf, base

import stylenet


@pytest.mark.parametrize(
    "overrides",
    [
        ["recipe=johnson2016/udnie_instance", "seed=3"],
        ["experiment=norm/smoke"],
        ["task=multistyle", "style=[udnie,wave]", "loss.style_layers=[relu1_2]"],
    ],
    ids="+".join,
)
def test_what_is_composed_quickly_is_what_hydra_composes(
    overrides: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [stylenet.compose(*overrides) for _ in range(2)]
    shortened = (
        (defaults_list, "_create_interpolation_map"),
        (OmegaConf, "load"),
        (base, "parse"),
    )
    for place, name in shortened:
        monkeypatch.setattr(place, name, getattr(place, name).__wrapped__)
    plain = stylenet.compose(*overrides)
    assert plain == quick[0] == quick[1]
    assert OmegaConf.to_yaml(plain) == OmegaConf.to_yaml(quick[1])
