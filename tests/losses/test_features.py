"""Features by name: layers, the image itself, both at several sizes."""

from __future__ import annotations

import pytest
import torch

from stylenet.errors import StylenetError
from stylenet.loss_networks import CheckpointedNetwork
from stylenet.loss_networks.errors import LossNetworkError
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import RandomWeights
from stylenet.losses import ContentTerm, PerceptualLoss, StyleTerm
from stylenet.losses.features import at_scales, check_names, inside, read_features


def test_names_say_layer_and_size(fake_network):
    image = torch.rand(2, 3, 9, 12)
    names = ["two", "pixels", "one@3", "pixels@3"]
    found = read_features(fake_network, image, names)
    assert list(found) == names
    third = image.unfold(2, 3, 3).unfold(3, 3, 3).mean((4, 5))
    torch.testing.assert_close(found["pixels@3"], third)
    torch.testing.assert_close(found["one@3"], fake_network(third, ["one"])["one"])
    torch.testing.assert_close(found["two"], fake_network(image, ["two"])["two"])
    assert found["pixels"] is image


def test_each_size_costs_one_pass_and_pixels_none(fake_network):
    image = torch.rand(1, 3, 8, 8)
    read_features(fake_network, image, ["one", "two", "pixels", "one@2", "two@2"])
    assert len(fake_network.calls) == 2
    read_features(fake_network, image, ["pixels", "pixels@2"])
    assert len(fake_network.calls) == 2


def test_a_border_that_is_no_whole_square_counts(fake_network):
    image = torch.zeros(1, 3, 5, 4)
    image[..., 4, :] = 1
    assert read_features(fake_network, image, ["pixels@2"])["pixels@2"][0, 0, 2].tolist() == [1, 1]


def test_scales_share_a_layers_weight():
    assert at_scales({"a": 1.0, "b": 3.0}, [1]) == {"a": 1, "b": 3}
    assert at_scales({"a": 1.0, "b": 3.0}, [1, 4]) == {"a": 0.5, "b": 1.5, "a@4": 0.5, "b@4": 1.5}


@pytest.mark.parametrize("scales", [[], [0], [1, 1], [0.5], [2, -1]])
def test_other_scales_are_refused(scales):
    with pytest.raises(StylenetError, match=r"style_scales=.*whole number.*\[1,2,4\]"):
        at_scales({"a": 1.0}, scales)


def test_a_layer_that_is_not_there_is_named():
    network = compact_vgg(RandomWeights())
    check_names(network, ["pixels", "relu1_1", "relu2_2@2"])
    with pytest.raises(LossNetworkError, match=r"relu2_9.*Did you mean 'relu2_"):
        check_names(network, ["relu2_9@2"])


def test_a_checkpointed_network_reads_the_same_at_every_size():
    network = compact_vgg(RandomWeights())
    layers = ["pixels", "relu1_1", "relu2_2"]
    terms = {
        "style": StyleTerm(network, torch.rand(1, 3, 32, 40), layers, None, 2.0, scales=[1, 2]),
        "content": ContentTerm(["relu2_2"], None, 1.0),
    }
    content, found = torch.rand(1, 3, 32, 32), []
    for reader in (network, CheckpointedNetwork(network)):
        image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
        image.requires_grad_()
        total = PerceptualLoss(terms, reader)(image, content).total
        total.backward()
        found.append((total.detach(), image.grad))
    torch.testing.assert_close(found[0], found[1])
    assert found[0][1].abs().sum() > 0


def test_a_margin_is_left_out_on_all_sides_of_layers_coarser_than_the_image():
    values, image = torch.arange(2 * 9 * 12.0).reshape(1, 2, 9, 12), torch.zeros(1, 3, 18, 24)
    assert torch.equal(inside("relu2_1", values, image, 2), values[..., 2:7, 2:10])
    assert inside("relu1_1@2", values, image, 2) is values  # as many cells as pixels
    assert inside("pixels", values, values, 2) is values
    assert inside("relu2_1", values, image, 0) is values
    small = values[..., :5, :]
    assert torch.equal(inside("relu3_1", small, image, 2), small[..., 1:4, 1:11])  # half is left
    assert inside("relu3_1", values[..., :4, :], image, 2).shape[-2:] == (4, 12)


def test_style_is_not_read_at_the_border(fake_network):
    """What is painted there changes the statistics of pixels, not those of a coarser layer."""
    style, image = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    framed = torch.ones_like(image)
    framed[..., 4:-4, 4:-4] = image[..., 4:-4, 4:-4]
    for layer, same in (("two", True), ("pixels", False)):
        term = StyleTerm(fake_network, style, [layer], None, 1, margin=2)
        plain = StyleTerm(fake_network, style, [layer], None, 1)
        loss = PerceptualLoss({"style": term}, fake_network)
        assert (loss(image, image).total == loss(framed, framed).total) == same
        loss = PerceptualLoss({"style": plain}, fake_network)
        assert loss(image, image).total != loss(framed, framed).total
