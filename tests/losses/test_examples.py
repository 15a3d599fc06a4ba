"""The style term of images that come with a style image each."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.losses import (
    BatchStyleTerm,
    ExampleStyleTerm,
    GramMomentsDistance,
    NormalisedDistance,
    PerceptualLoss,
    StyleTerm,
    style_statistics,
)

LAYERS = ["pixels", "one", "two"]


def images(count: int, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, 24, 20, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def distance() -> NormalisedDistance:
    return NormalisedDistance(GramMomentsDistance(), [images(1, 7), images(1, 8)], {"mean": 0.5})


def test_each_image_has_the_loss_that_its_own_style_would_give(
    fake_network: torch.nn.Module, distance: NormalisedDistance
) -> None:
    arguments = (LAYERS, None, 2.0, distance)
    term = ExampleStyleTerm(fake_network, *arguments, scales=(1, 2), margin=1)
    loss = PerceptualLoss({"style": term}, fake_network)
    stylised, examples = images(3, 1), images(3, 2)
    together = loss(stylised, stylised, example=examples)
    alone = []
    for image, example in zip(stylised, examples, strict=True):
        known = StyleTerm(fake_network, example[None], *arguments, scales=(1, 2), margin=1)
        alone.append(PerceptualLoss({"style": known}, fake_network)(image[None], image[None]))
    torch.testing.assert_close(together.total, torch.stack([a.total for a in alone]).mean())
    for part in together.parts:
        mean = torch.stack([a.parts[part] for a in alone]).mean()
        torch.testing.assert_close(together.parts[part], mean)


def test_an_image_in_its_own_style_has_no_loss_and_examples_get_no_gradient(
    fake_network: torch.nn.Module, distance: NormalisedDistance
) -> None:
    term = ExampleStyleTerm(fake_network, LAYERS, None, 1.0, distance)
    loss = PerceptualLoss({"style": term}, fake_network)
    stylised, examples = images(2).requires_grad_(), images(2, 3).requires_grad_()
    assert loss(stylised, stylised, example=stylised).total.detach() < 1e-6
    loss(stylised, stylised, example=examples).total.backward()
    assert examples.grad is None
    assert stylised.grad is not None
    assert stylised.grad.any()


def test_images_that_share_an_example_are_compared_with_it_together(
    fake_network: torch.nn.Module, distance: NormalisedDistance
) -> None:
    arguments = (LAYERS, None, 2.0, distance)
    loss = PerceptualLoss({"style": ExampleStyleTerm(fake_network, *arguments)}, fake_network)
    stylised, examples = images(4, 1), images(2, 2)
    together = loss(stylised, stylised, example=examples)
    apart = []
    for pair, example in zip(stylised.split(2), examples, strict=True):
        known = BatchStyleTerm(fake_network, example[None], *arguments)
        apart.append(PerceptualLoss({"style": known}, fake_network)(pair, pair).total)
    torch.testing.assert_close(together.total, torch.stack(apart).mean())
    with pytest.raises(StylenetError, match=r"2 examples for 3 images.*images_per_style"):
        loss(stylised[:3], stylised[:3], example=examples)


def test_images_without_examples_are_refused(fake_network: torch.nn.Module) -> None:
    loss = PerceptualLoss({"style": ExampleStyleTerm(fake_network, ["one"], None, 1)}, fake_network)
    with pytest.raises(StylenetError, match="was not given an image in the style"):
        loss(images(1), images(1))


def test_statistics_of_a_style_are_means_and_stds_layer_by_layer() -> None:
    features = {"a": images(2), "b": torch.randn(2, 5, 4, 4)}
    found = style_statistics(features).numpy()
    assert found.shape == (2, 16)
    expected = [features["a"].mean((2, 3)), features["a"].std((2, 3), correction=0)]
    torch.testing.assert_close(torch.from_numpy(found[:, :6]), torch.cat(expected, 1))
    torch.testing.assert_close(torch.from_numpy(found[:, 6:11]), features["b"].mean((2, 3)))
