"""The terms: targets made once, weights of layers, words of errors."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.loss_networks import LossNetworkError
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import RandomWeights
from stylenet.losses import (
    BatchStyleTerm,
    ContentTerm,
    GramDistance,
    LayerWeightsError,
    PerceptualLoss,
    PixelTerm,
    StyleTerm,
    TotalVariationTerm,
    View,
)
from stylenet.losses.functional import gram_matrix, mean_of_entries, total_variation
from stylenet.losses.layer_weights import weigh_layers


def picture(batch: int = 2, seed: int = 0, side: int = 8) -> Tensor:
    return torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(seed))


def view(network, image: Tensor) -> View:
    return View(image, network(image, ["one", "two"]))


NOTHING = View(torch.empty(0))


def test_the_style_target_is_computed_once(fake_network):
    style = picture(1, seed=7)
    term = StyleTerm(fake_network, style, ["two", "one"], None, 1)
    assert fake_network.calls == [("two", "one")]
    loss = PerceptualLoss({"style": term}, fake_network)
    first = loss(picture(), picture(seed=1))
    assert len(fake_network.calls) == 2  # one pass over the stylised pictures, none over the style
    style.zero_()  # what becomes of the picture is no longer of interest
    torch.testing.assert_close(loss(picture(), picture(seed=1)).total, first.total)
    assert len(fake_network.calls) == 3


def test_a_batch_that_is_the_style_image_in_pieces_has_no_style_loss_as_a_whole(fake_network):
    """The fake network looks at cells, so pieces have the features of the whole."""
    style = picture(1, seed=7, side=8)
    pieces = torch.cat([style[..., :4, :], style[..., 4:, :]])
    arguments = (fake_network, style, ["one", "two"], None, 1)
    whole, apart = BatchStyleTerm(*arguments), StyleTerm(*arguments)
    for value in whole(view(fake_network, pieces), NOTHING).values():
        torch.testing.assert_close(value, torch.zeros(1), rtol=0, atol=1e-10)
    each = apart(view(fake_network, pieces), NOTHING)
    assert all((value > 1e-6).all() for value in each.values())
    whole.eval()  # each image on its own
    for layer, value in whole(view(fake_network, pieces), NOTHING).items():
        torch.testing.assert_close(value, each[layer], rtol=0, atol=0)


def test_a_batch_as_a_whole_does_not_depend_on_its_order_and_one_image_is_itself(fake_network):
    arguments = (fake_network, picture(1, seed=7), ["one", "two"], None, 1)
    whole, apart = BatchStyleTerm(*arguments), StyleTerm(*arguments)
    batch = picture(3)
    there = whole(view(fake_network, batch), NOTHING)
    back = whole(view(fake_network, batch.flip(0)), NOTHING)
    for layer, value in there.items():
        torch.testing.assert_close(value, back[layer])
    alone = view(fake_network, batch[:1])
    for layer, value in whole(alone, NOTHING).items():
        torch.testing.assert_close(value, apart(alone, NOTHING)[layer])


def test_of_a_larger_batch_every_four_images_are_measured_together(fake_network):
    arguments = (fake_network, picture(1, seed=7), ["one", "two"], None, 1)
    term, batch = BatchStyleTerm(*arguments), picture(8)
    halves = [term(view(fake_network, half), NOTHING) for half in batch.split(4)]
    for layer, value in term(view(fake_network, batch), NOTHING).items():
        torch.testing.assert_close(value, torch.cat([half[layer] for half in halves]))
    with pytest.raises(StylenetError, match=r"batch of 6 images.*by 4.*data.batch_size"):
        term(view(fake_network, picture(6)), NOTHING)


def test_the_style_targets_carry_no_gradient(fake_network):
    style = picture(1).requires_grad_()
    term = StyleTerm(fake_network, style, ["one", "two"], None, 1)
    assert [buffer.requires_grad for buffer in term.buffers()] == [False, False]


def test_the_style_picture_itself_has_no_style_loss(fake_network):
    style = picture(1, seed=7)
    term = StyleTerm(fake_network, style, ["one", "two"], None, 1)
    same = term(view(fake_network, style.repeat(2, 1, 1, 1)), NOTHING)
    other = term(view(fake_network, picture(2)), NOTHING)
    for layer in ("one", "two"):
        torch.testing.assert_close(same[layer], torch.zeros(2), rtol=0, atol=1e-10)
        assert (other[layer] > 1e-6).all()


def test_style_may_have_another_size_than_the_content(fake_network):
    """Tiled pictures have the Gram matrices of one tile, as the fake network looks at cells."""
    style = picture(1, seed=7, side=8)
    term = StyleTerm(fake_network, style, ["one", "two"], None, 1)
    tiled = term(view(fake_network, style.repeat(1, 1, 2, 3)), NOTHING)
    for value in tiled.values():
        torch.testing.assert_close(value, torch.zeros(1), rtol=0, atol=1e-10)


def test_layer_weights_and_reduction_of_the_style_term(fake_network):
    style = picture(1, seed=7)
    stylised = view(fake_network, picture())
    term = StyleTerm(
        fake_network, style, ["one", "two"], [2, 0.5], 1, GramDistance(mean_of_entries)
    )
    parts = term(stylised, NOTHING)
    target = fake_network(style, ["one", "two"])
    assert list(parts) == ["one", "two"]
    for layer, weight in [("one", 2), ("two", 0.5)]:
        difference = gram_matrix(stylised.features[layer]) - gram_matrix(target[layer])
        torch.testing.assert_close(parts[layer], weight * (difference**2).mean((1, 2)))


def test_layer_weights_of_the_content_term(fake_network):
    stylised, content = view(fake_network, picture()), view(fake_network, picture(seed=1))
    parts = ContentTerm(["two", "one"], [3, 0.5], 1)(stylised, content)
    assert list(parts) == ["two", "one"]
    for layer, weight in [("one", 0.5), ("two", 3)]:
        difference = stylised.features[layer] - content.features[layer]
        torch.testing.assert_close(parts[layer], weight * (difference**2).mean((1, 2, 3)))


def test_a_mapping_of_layer_weights_serves_any_choice_of_its_layers(fake_network):
    stylised = view(fake_network, picture())
    balance = {"one": 3, "two": 0.5}
    for layers in (["two", "one"], ["two"]):
        weights = [balance[layer] for layer in layers]
        for make in (make_content, make_style):
            mapped, listed = (
                make(layers, given, fake_network)(stylised, view(fake_network, picture(seed=1)))
                for given in (balance, weights)
            )
            assert list(mapped) == layers
            torch.testing.assert_close(mapped, listed, rtol=0, atol=0)


def test_terms_say_which_layers_they_read(fake_network):
    content = ContentTerm(["two"], None, 1)
    style = StyleTerm(fake_network, picture(1), ["one"], None, 1)
    assert (content.stylised_layers, content.content_layers) == (("two",), ("two",))
    assert (style.stylised_layers, style.content_layers) == (("one",), ())
    for term in (TotalVariationTerm(1), PixelTerm(1)):
        assert (term.stylised_layers, term.content_layers) == ((), ())


def test_pixel_term_compares_with_the_content_picture():
    stylised, content = picture(), picture(seed=1)
    parts = PixelTerm(1)(View(stylised), View(content))
    torch.testing.assert_close(parts, {"": ((stylised - content) ** 2).mean((1, 2, 3))})
    assert PixelTerm(1)(View(content), View(content))[""].tolist() == [0, 0]


def test_total_variation_term_looks_at_the_stylised_picture():
    stylised, flat = picture(), torch.zeros(2, 3, 8, 8)
    term = TotalVariationTerm(1)
    torch.testing.assert_close(term(View(stylised), View(flat)), {"": total_variation(stylised)})
    assert term(View(flat), View(stylised))[""].tolist() == [0, 0]


def test_no_weights_means_one_each():
    assert weigh_layers("style", ["b", "a"], None) == {"b": 1.0, "a": 1.0}
    assert weigh_layers("style", ["b", "a"], [2, 3]) == {"b": 2.0, "a": 3.0}


def make_content(layers, weights, network):
    return ContentTerm(layers, weights, 1)


def make_style(layers, weights, network):
    return StyleTerm(network, picture(1), layers, weights, 1)


@pytest.mark.parametrize(("name", "make"), [("content", make_content), ("style", make_style)])
@pytest.mark.parametrize(
    ("layers", "weights", "words"),
    [
        ([], None, r"{name}_layers=\[\], expected at least one layer.*{name}_layers=\["),
        ([], [], r"{name}_layers=\[\], expected at least one layer"),
        (["one", "one"], [1, 2], r"\['one', 'one'\], expected .* none twice"),
        (
            ["one", "two"],
            [1],
            r"2 {name} layers .* but 1 weights .*equal length.*{name}_layer_weights.* null",
        ),
        (["one"], [1, 2], r"1 {name} layers .* but 2 weights"),
        (["two"], {"one": 1}, r"{name} layers \['two'\] but weights for one only.*for two, too"),
    ],
)
def test_layers_and_weights_that_do_not_match(fake_network, name, make, layers, weights, words):
    with pytest.raises(LayerWeightsError, match=words.format(name=name)):
        make(layers, weights, fake_network)
    assert fake_network.calls == []  # before any work


def test_a_style_image_too_small_for_a_layer_is_said_to_be_the_style():
    network = compact_vgg(RandomWeights())
    words = r"The style image, 40 x 3 as it is read, is too small\. .*relu4_2.*style_size\.px"
    with pytest.raises(LossNetworkError, match=words):
        StyleTerm(network, torch.rand(1, 3, 3, 40), ["relu4_2"], None, 1.0)
