"""Replicate padding: torch's own, and its gradient."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.nn import functional as F

from stylenet.loss_networks.architectures import EVERY
from stylenet.loss_networks.network import LossNetwork, compact_vgg
from stylenet.loss_networks.padding import ReplicatingConv2d, replicate
from stylenet.loss_networks.weights import Bundled, RandomWeights


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("height", "width", "pad"), [(3, 4, 1), (1, 2, 1), (2, 3, 2)])
def test_values_and_gradient_are_torchs(layout, height, width, pad):
    features = torch.randn(2, 3, height, width, dtype=torch.float64)
    features = features.contiguous(memory_format=layout).requires_grad_()
    expected = F.pad(features, (pad,) * 4, mode="replicate")
    padded = replicate(features, pad)
    assert torch.equal(padded, expected)
    assert padded.is_contiguous(memory_format=layout)
    assert gradcheck(lambda value: replicate(value, pad), features)
    upstream = torch.randn_like(expected)
    (wanted,) = torch.autograd.grad(expected, features, upstream)
    (found,) = torch.autograd.grad(replicate(features, pad), features, upstream)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("architecture", EVERY, ids=lambda one: one.name)
def test_every_convolution_is_replaced_and_keeps_its_weights(architecture):
    plain = LossNetwork(architecture, RandomWeights())
    padded = LossNetwork(architecture, RandomWeights(), convolution=ReplicatingConv2d)
    kinds = {type(m) for m in padded.modules() if isinstance(m, nn.Conv2d)}
    assert kinds == {ReplicatingConv2d}
    image = torch.rand(1, 3, 96, 96)
    layers = plain.layer_names
    ours, theirs = padded(image, layers), plain(image, layers)
    for layer in layers:
        assert ours[layer].shape == theirs[layer].shape, layer
        assert padded.grid(layer) == plain.grid(layer)
    twin = copy.deepcopy(plain)
    for module in twin.modules():
        if isinstance(module, nn.Conv2d) and any(module.padding):
            module.padding_mode = "replicate"
    for layer, value in twin(image, layers).items():
        torch.testing.assert_close(ours[layer], value)


def test_a_flat_image_has_flat_features():
    """With zeros, every layer sees an edge around it: what a strip at the border comes from."""
    grey = torch.full((1, 3, 48, 48), 0.4)
    layers = ["relu1_1", "relu2_2", "relu4_2"]
    padded = compact_vgg(Bundled(), convolution=ReplicatingConv2d)(grey, layers)
    plain = compact_vgg(Bundled())(grey, layers)
    for layer in layers:
        assert padded[layer].flatten(2).std(2).max() < 1e-4
        assert plain[layer].flatten(2).std(2).max() > 1e-2


def test_it_compiles_with_channels_last_features():
    conv = ReplicatingConv2d(8, 8, 3, padding=1).to(memory_format=torch.channels_last)
    image = torch.randn(2, 8, 12, 10).contiguous(memory_format=torch.channels_last)

    def gradient(module):
        leaf = image.clone(memory_format=torch.preserve_format).requires_grad_()
        module(leaf).square().sum().backward()
        return leaf.grad

    torch.testing.assert_close(gradient(torch.compile(conv)), gradient(conv))
