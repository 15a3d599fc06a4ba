"""The style distance that one number for all layers scales."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.losses import ExampleStyleTerm, GramDistance, ScaledDistance, StyleTerm, View
from stylenet.losses.functional import gram_matrix

LAYERS = ["one", "two"]


def images(count: int, seed: int, size: tuple[int, int] = (8, 8)) -> Tensor:
    return torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def distance() -> ScaledDistance:
    return ScaledDistance(GramDistance(), [images(1, 7), images(1, 8, (6, 9))])


def read(network: nn.Module, image: Tensor) -> View:
    return View(image, network(image, LAYERS))


def test_it_is_the_plain_distance_over_one_number(
    fake_network: nn.Module, distance: ScaledDistance
) -> None:
    """Against sums that are written out: shares of layers and features stay as published."""
    style, image = images(1, 1, (9, 9)), images(1, 2)

    def grams(x: Tensor) -> dict[str, Tensor]:
        return {k: gram_matrix(v) for k, v in fake_network(x, LAYERS).items()}

    def size(x: Tensor) -> Tensor:
        return torch.stack([(gram**2).sum() for gram in grams(x).values()]).mean()

    scale = (size(style) * sum(map(size, distance.photographs)) / 2).sqrt()
    term = StyleTerm(fake_network, style, LAYERS, [3, 1], 1, distance)
    view = read(fake_network, image)
    found, here, target = term(view, view), grams(image), grams(style)
    for layer, share in zip(LAYERS, (0.75, 0.25), strict=True):
        expected = share * ((here[layer] - target[layer]) ** 2).sum() / scale
        torch.testing.assert_close(found[layer].squeeze(), expected)
    itself = read(fake_network, style)
    assert all(part.item() == pytest.approx(0, abs=1e-9) for part in term(itself, itself).values())


def test_a_loss_network_in_other_units_changes_nothing(
    fake_network: nn.Module, distance: ScaledDistance
) -> None:
    class Louder(nn.Module):
        def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
            return {k: 7 * v for k, v in fake_network(image, layers).items()}

    def loss(network: nn.Module) -> Tensor:
        term = StyleTerm(network, images(1, 1, (9, 9)), LAYERS, None, 1, distance)
        view = read(network, images(1, 2))
        return torch.stack(list(term(view, view).values())).sum()

    torch.testing.assert_close(loss(Louder()), loss(fake_network))


def test_of_images_with_a_style_each_every_one_is_scaled_by_its_own(
    fake_network: nn.Module, distance: ScaledDistance
) -> None:
    term = ExampleStyleTerm(fake_network, LAYERS, None, 1.0, distance)
    styles, stylised = images(3, 3) * torch.tensor([0.1, 1, 3])[:, None, None, None], images(3, 4)
    content = View(stylised, {}, example=read(fake_network, styles))
    together = term(read(fake_network, stylised), content)
    for number in range(3):
        one = stylised[number : number + 1]
        alone = StyleTerm(fake_network, styles[number : number + 1], LAYERS, None, 1, distance)
        view = read(fake_network, one)
        for layer, value in alone(view, view).items():
            torch.testing.assert_close(together[layer][number], value[0])


def test_of_a_style_without_any_statistics_it_is_finite(distance: ScaledDistance) -> None:
    """Such as a region that the style's map does not have."""
    known = distance.describe(images(1, 1))
    nothing = {key: torch.zeros_like(value) for key, value in known.items()}
    size = distance.distance(nothing, known)
    target = distance.targets({"one": nothing}, [{"one": known}])["one"]
    torch.testing.assert_close(distance(known, target), size / (1e-4**0.5 * size))


def test_it_needs_a_photograph() -> None:
    with pytest.raises(StylenetError, match="no photographs"):
        ScaledDistance(GramDistance(), [])
