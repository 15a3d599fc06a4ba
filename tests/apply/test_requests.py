"""What a net can be asked to paint, from plain Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from stylenet.apply import Model, ModelFileError, Request, Stylizer, style_bytes
from stylenet.errors import StylenetError
from stylenet.images import LuminanceOnly, MatchedHistograms, read_image, to_pil, write_image
from stylenet.images.colour import to_yiq
from stylenet.nets import ConditionalInstanceNorm
from stylenet.regions import RegionError

RED, GREEN, BLUE = torch.eye(3)


class Shades(nn.Module):
    """Three styles: red, green and blue planes, by their weights; without any, black."""

    styles = 3

    def __init__(self) -> None:
        super().__init__()
        self.norm = ConditionalInstanceNorm(2, styles=3)

    def forward(self, image: Tensor, weights: Tensor) -> Tensor:
        maps = weights if weights.ndim == 4 else weights[..., None, None]
        return maps.expand(-1, -1, *image.shape[-2:])


class Bank(Shades):
    def reconstruct(self, image: Tensor) -> Tensor:
        return image


NAMES = ("red", "green", "blue")


def stylizer_of(net: nn.Module, names: tuple[str, ...] = NAMES) -> Stylizer:
    facts = {"styles": [{"name": name} for name in names]}
    return Stylizer(Model(net, Path("net.safetensors"), facts))


@pytest.fixture
def image() -> Tensor:
    return torch.rand(3, 6, 8, generator=torch.Generator().manual_seed(0))


def plane(colour: Tensor) -> Tensor:
    return colour[:, None, None].expand(3, 6, 8)


def test_a_mixture_is_the_weighted_sum_and_strength_scales_it(image: Tensor) -> None:
    stylizer = stylizer_of(Bank())
    mixed = stylizer(image, Request({"red": 0.75, "blue": 0.25}))
    torch.testing.assert_close(mixed, plane(0.75 * RED + 0.25 * BLUE))
    torch.testing.assert_close(stylizer(image, Request({"green": 1.0}, 0.5)), plane(0.5 * GREEN))
    assert torch.equal(stylizer(image, Request(reconstruct=True)), torch.zeros(3, 6, 8))


@pytest.mark.parametrize("kind", ["path", "pil", "array", "tensor"])
def test_each_region_has_its_style_whatever_the_map_is_given_as(
    image: Tensor, tmp_path: Path, kind: str
) -> None:
    picture = Image.new("RGB", (16, 12), "red")
    picture.paste((0, 0, 255), (8, 0, 16, 12))
    picture.save(tmp_path / "map.png")
    region_map: Any = {
        "path": tmp_path / "map.png",
        "pil": picture,
        "array": np.asarray(picture),
        "tensor": read_image(tmp_path / "map.png"),
    }[kind]
    request = Request(
        region_map=region_map, region_styles={"red": "green", "blue": "red"}, strength=0.5
    )
    painted = stylizer_of(Bank())(image, request)
    assert torch.equal(painted[:, :, :4], plane(0.5 * GREEN)[:, :, :4])
    assert torch.equal(painted[:, :, 4:], plane(0.5 * RED)[:, :, 4:])
    assert request.styles(stylizer_of(Bank()).model) == ["green", "red"]


def test_a_map_is_read_once_for_a_request_that_is_given_again(
    image: Tensor, tmp_path: Path
) -> None:
    file = tmp_path / "map.png"
    Image.new("RGB", (8, 6), "red").save(file)
    stylizer = stylizer_of(Shades())
    request = Request(region_map=file, region_styles={"red": "blue"})
    first = stylizer(image, request)
    file.unlink()
    assert torch.equal(stylizer(image, request), first)
    with pytest.raises(StylenetError, match="no such file"):
        stylizer(image, Request(region_map=file, region_styles={"red": "blue"}))


class Same(nn.Module):
    """A net of one style, which leaves a picture as it is, but for its channels' order."""

    def forward(self, image: Tensor) -> Tensor:
        return image.flip(1)


def test_a_picture_comes_back_as_what_it_was_given_as(image: Tensor, tmp_path: Path) -> None:
    stylizer = stylizer_of(Same())
    expected = image.flip(0)
    assert torch.equal(stylizer(image), expected)
    assert torch.equal(stylizer(image[None]), expected[None])
    floats = image.permute(1, 2, 0).numpy()
    given = stylizer(floats)
    assert given.dtype == np.float32
    np.testing.assert_array_equal(given, floats[..., ::-1])
    pil = to_pil(image)
    eight_bits = np.asarray(pil)
    np.testing.assert_array_equal(stylizer(eight_bits), eight_bits[..., ::-1])
    file = write_image(tmp_path / "image.png", image)
    for one in (pil, file, str(file)):
        painted = stylizer(one)
        assert isinstance(painted, Image.Image)
        np.testing.assert_array_equal(np.asarray(painted), eight_bits[..., ::-1])


def test_the_photographs_colours_can_be_kept(image: Tensor) -> None:
    stylizer = stylizer_of(Same())
    content = 0.25 + image / 2  # nothing is cut off
    kept = stylizer(content, Request(colours=LuminanceOnly()))
    chroma, expected = (to_yiq(one[None])[0, 1:] for one in (kept, content))
    torch.testing.assert_close(chroma, expected, atol=1e-3, rtol=0)
    assert not torch.allclose(kept, content, atol=0.05)
    matched = stylizer(content, Request(colours=MatchedHistograms()))
    for channel in range(3):  # each value of the photograph's channel, elsewhere
        values = matched[channel].flatten().sort().values
        torch.testing.assert_close(values, content[channel].flatten().sort().values)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(), r"has 3 styles, and none was chosen.*style_weights=\{red: 1\}"),
        (Request({"red": 0.5}), "with a sum of 0.5, expected 1"),
        (Request({"rad": 1.0}), "Did you mean 'red'?"),
        (Request({"red": 1.0}, strength=2.0), "strength=2.0, expected 0 to 1"),
        (Request({"red": 1.0}, strength=0.5), "has no reconstruction.*or the net any, which"),
        (Request(reconstruct=True), "reconstruct=true.*has no reconstruction"),
        (Request({"red": 1.0}, reconstruct=True), "Got style_weights and reconstruct=true"),
        (Request(region_map="map.png"), "without the styles of its colours"),
        (Request(region_styles={"red": "red"}), "without a map"),
    ],
)
def test_what_a_net_cannot_paint_is_refused(request_: Request, words: str, image: Tensor) -> None:
    with pytest.raises(StylenetError, match=words):
        stylizer_of(Shades())(image, request_)


def test_a_map_of_other_colours_or_shape_is_refused(image: Tensor) -> None:
    stylizer, red = stylizer_of(Shades()), Image.new("RGB", (8, 6), "red")
    words = "The region map.* none of lime, most of them red.*Name every colour.*such as red"
    with pytest.raises(RegionError, match=words):
        stylizer(image, Request(region_map=red, region_styles={"lime": "red"}))
    odd = Image.new("RGB", (8, 6), (1, 2, 3))
    with pytest.raises(RegionError, match="most of them 0x010203"):
        stylizer(image, Request(region_map=odd, region_styles={"lime": "red"}))
    wide = Image.new("RGB", (80, 6), "red")
    with pytest.raises(RegionError, match="expected the same shape"):
        stylizer(image, Request(region_map=wide, region_styles={"red": "red"}))


def test_a_net_of_one_style_is_asked_for_nothing_else(image: Tensor) -> None:
    for request in (Request({"red": 1.0}), Request(strength=0.5), Request(reconstruct=True)):
        with pytest.raises(StylenetError, match="is a net of one style"):
            stylizer_of(Same())(image, request)


def test_the_bytes_of_styles_are_those_that_only_they_use() -> None:
    model = stylizer_of(Shades()).model
    one = style_bytes(model, ["red"])
    assert one == 2 * 2 * 4  # a scale and a shift for each of two channels
    assert style_bytes(model, NAMES) == 3 * one
    assert style_bytes(model, []) == 0
    linear = stylizer_of(nn.Linear(2, 3)).model
    assert style_bytes(linear, []) == (2 * 3 + 3) * 4


def test_loading_names_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        Stylizer.load(tmp_path / "nowhere", device="cpu")
    with pytest.raises(StylenetError, match=r"device=gpu.*device=cpu"):
        Stylizer(stylizer_of(Same()).model, "gpu")
