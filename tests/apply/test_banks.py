"""Nets of several styles, put together and taken apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from stylenet.apply import BankError, Model, load_model, merge, remove_style


def without(model: Model, style: str) -> Model:
    net, description = remove_style(model, style)
    return replace(model, net=net, description=description)


def test_what_two_nets_have_from_the_one_they_were_grown_from_is_taken_once() -> None:
    six = load_model("six")
    net, description = merge(without(six, "udnie"), without(six, "wave"))
    merged = replace(six, net=net, description=description)
    assert merged.styles == (*six.styles[1:], "udnie")
    image = torch.rand(1, 3, 16, 16)
    for style in ("udnie", "night_cafe"):
        one, other = (
            model.net(image, torch.eye(6)[model.style_number(style)][None])
            for model in (six, merged)
        )
        assert torch.equal(one, other)


def test_styles_of_one_name_that_differ_are_not_merged() -> None:
    six = load_model("six")
    names = [{"name": name} for name in ("wave", "udnie", *six.styles[2:])]
    swapped = replace(six, description={**six.description, "styles": names})
    with pytest.raises(BankError, match=r"both have udnie, wave, not the same.*bank remove"):
        merge(six, swapped)
    with pytest.raises(BankError, match="there is nothing to add"):
        merge(six, without(six, "wave"))
