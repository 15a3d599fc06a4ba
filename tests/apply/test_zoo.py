"""The nets that ship: their size, their cards, what they paint."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch

from stylenet.apply import (
    Request,
    Stylizer,
    load_model,
    shipped_models,
    shipped_painters,
    takes_styles,
)
from stylenet.apply.zoo import folder
from stylenet.images import read_image, reference_photographs
from stylenet.styles import find_style

NAMES = shipped_models()


def test_the_net_for_any_style_ships() -> None:
    assert "any" in NAMES
    assert (folder() / "any.safetensors").stat().st_size <= 2e6


@pytest.mark.parametrize("name", NAMES)
def test_a_net_has_a_card_and_tells_nothing_of_the_machine_it_was_made_on(name: str) -> None:
    card = (folder() / f"{name}.md").read_text()
    file = folder() / f"{name}.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in card
    description = (folder() / f"{name}.json").read_text()
    for private in ("/work", "/home", "/tmp"):
        assert private not in description
    assert load_model(name).path == file


@pytest.mark.parametrize("net", ["any", "six"])
def test_it_paints_each_style_of_the_catalogue_in_its_own_colours(net: str, tmp_path: Path) -> None:
    """Channel means of what is painted are nearer to their painting's than to another's."""
    (photo,) = reference_photographs()[1]
    styles = {}
    for name in ("udnie", "the_scream", "wave"):
        styles[name] = read_image(find_style(name, folder=None, cache=tmp_path, timeout=0.1).path)
    assert takes_styles(load_model(net)) == (net == "any")
    means = {name: image.mean((1, 2)) for name, image in styles.items()}
    for name, image in styles.items():
        if net == "any":
            painted = Stylizer.load(net, "cpu", style=image)(photo)
        else:
            painted = Stylizer.load(net, "cpu")(photo, Request({name: 1}))
        assert painted.shape == photo.shape
        apart = {other: float((painted.mean((1, 2)) - m).norm()) for other, m in means.items()}
        assert min(apart, key=lambda other: apart[other]) == name, apart
    assert torch.isfinite(painted).all()


def test_the_net_for_six_paintings_has_those_that_have_nets_of_their_own() -> None:
    assert sorted(load_model("six").styles) == shipped_painters()
    assert {*shipped_painters(), "any", "six"} == set(NAMES)
    assert (folder() / "six.safetensors").stat().st_size <= 1e6
