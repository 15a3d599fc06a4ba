"""Features computed twice are the same features, with the same gradients, in less memory."""

from __future__ import annotations

import pytest
import torch

from stylenet.loss_networks import CheckpointedNetwork
from stylenet.loss_networks.errors import LossNetworkError
from stylenet.loss_networks.network import compact_vgg, squeezenet1_1, vgg16
from stylenet.loss_networks.weights import RandomWeights
from stylenet.losses import ContentTerm, PerceptualLoss, StyleTerm

NETWORKS = [
    (compact_vgg, ["relu1_2", "conv2_2", "relu2_2", "pool2", "relu4_2"]),
    (vgg16, ["relu1_1", "block2_conv2", "relu3_3"]),
    (squeezenet1_1, ["relu1", "fire3", "fire5"]),
]


def picture(seed, side=48):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("make", "layers"), NETWORKS)
def test_features_and_gradients_are_those_of_the_plain_network(make, layers):
    plain = make(RandomWeights(0))
    gradients, values = [], []
    for network in (plain, CheckpointedNetwork(plain)):
        image = picture(1).requires_grad_()
        features = network(image, layers)
        assert list(features) == layers
        sum((value**2).mean() for value in features.values()).backward()
        gradients.append(image.grad)
        values.append([value.detach() for value in features.values()])
    torch.testing.assert_close(values[0], values[1], rtol=0, atol=0)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-6, atol=1e-9)


def test_a_loss_over_it_is_the_same_loss():
    plain = compact_vgg(RandomWeights(0))
    terms = {
        "content": ContentTerm(["relu3_2"], None, 1),
        "style": StyleTerm(plain, picture(7), ["relu1_2", "relu4_2"], None, 5),
    }
    totals, gradients = [], []
    for network in (plain, CheckpointedNetwork(plain)):
        image = picture(1).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            total = PerceptualLoss(terms, network)(image, picture(2)).total
        total.backward()
        totals.append(total.detach())
        gradients.append(image.grad)
    torch.testing.assert_close(totals[0], totals[1])
    torch.testing.assert_close(gradients[0], gradients[1])


def test_less_is_kept_for_the_backward_pass():
    plain = compact_vgg(RandomWeights(0))
    kept = []
    for network in (plain, CheckpointedNetwork(plain)):
        sizes: dict[int, int] = {}

        def count(tensor, sizes=sizes):
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            held = network(picture(1).requires_grad_(), ["relu4_2"])
        kept.append(sum(sizes.values()))
        del held
    assert kept[1] < 0.6 * kept[0]


def test_it_refuses_what_the_plain_network_refuses():
    network = CheckpointedNetwork(vgg16(RandomWeights(0)))
    with pytest.raises(LossNetworkError, match="too small for layer relu5_1"):
        network(picture(0, 8).requires_grad_(), ["relu5_1"])
    with pytest.raises(LossNetworkError, match="no layer 'relu9_9'"):
        network(picture(0).requires_grad_(), ["relu9_9"])
    assert network.weights_source.startswith("random")
