"""What evaluate.py asks of a net of several styles, and how it is labelled."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from stylenet.apply import Request, load_model
from stylenet.evaluation.columns import requests_of
from stylenet.evaluation.labels import labels_of

ASKED = dict.fromkeys(("style", "style_weights", "region_map", "region_styles")) | {
    "strength": 1.0,
    "reconstruct": False,
}


def asked_of_six(style: str | list[str] | None) -> dict[str, Request]:
    settings = OmegaConf.create({**ASKED, "style": style})
    return dict(requests_of(settings, "six", load_model("six")))


def test_a_net_of_several_paints_in_the_styles_named() -> None:
    assert list(asked_of_six("wave")) == ["six_wave"]
    asked = asked_of_six(["wave", "udnie"])
    six = load_model("six")
    labels = labels_of({name: (six, request) for name, request in asked.items()}, [])
    assert labels == {"six_udnie": "six, udnie", "six_wave": "six, wave"}


@pytest.mark.parametrize("style", [None, "my_photo.jpg"])
def test_where_it_has_none_of_them_it_paints_in_each(style: str | None) -> None:
    assert list(asked_of_six(style)) == [f"six_{name}" for name in load_model("six").styles]
