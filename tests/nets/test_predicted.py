"""One net for any style: what it predicts, and the plain net that it folds into."""

from __future__ import annotations

import functools

import pytest
import torch

from stylenet.errors import StylenetError
from stylenet.nets import (
    AnyStyleNet,
    InstanceNorm,
    NearestUpsample,
    Padding,
    PredictedInstanceNorm,
    StyleWeightsError,
    TransformerNet,
)

REFLECT = Padding(0, "reflect", 1)


def plain(norm: type[torch.nn.Module]) -> TransformerNet:
    return TransformerNet(norm, REFLECT, NearestUpsample, width=0.125, blocks=2)


@pytest.fixture
def net() -> AnyStyleNet:
    torch.manual_seed(0)
    net = AnyStyleNet(plain(PredictedInstanceNorm), statistics=6, hidden=5)
    net.standardise(torch.randn(20, 6) * 3 + 1)
    return net


def test_each_image_is_painted_as_by_the_plain_net_folded_for_its_style(net: AnyStyleNet) -> None:
    images, predicted = torch.rand(3, 3, 17, 22), net.predict(torch.randn(3, 6))
    painted = net(images, predicted)
    folded = plain(InstanceNorm)
    for n in range(3):
        folded.load_state_dict(net.folded_state(predicted[n : n + 1]))
        torch.testing.assert_close(painted[n : n + 1], folded(images[n : n + 1]))
    assert (painted[0] - net(images, predicted.flip(0))[0]).abs().max() > 1e-3


def test_a_mixture_folds_into_the_mean_of_scales_and_shifts(net: AnyStyleNet) -> None:
    predicted = net.predict(torch.randn(2, 6))
    one, other, mixed = (
        net.folded_state(p) for p in (predicted[:1], predicted[1:], predicted.mean(0, keepdim=True))
    )
    for key, value in mixed.items():
        torch.testing.assert_close(value, (one[key] + other[key]) / 2)


def test_colours_are_predicted_too(net: AnyStyleNet) -> None:
    image, predicted = torch.rand(1, 3, 16, 16), net.predict(torch.randn(1, 6)).detach()
    grey = predicted.clone()
    grey[:, -12:] = torch.tensor(
        [-1, 0, 0, 0, -1, 0, 0, 0, -1, 0.3, 0.3, 0.3]
    )  # no colour, a shift
    painted = net(image, grey)
    expected = 0.5 + 150 / 255 * torch.tanh(torch.tensor(0.3))
    torch.testing.assert_close(painted, expected.expand_as(painted))


def test_usual_statistics_are_brought_to_mean_0_and_std_1(net: AnyStyleNet) -> None:
    seen: list[torch.Tensor] = []
    net.predictor.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    statistics = torch.randn(40, 6) * torch.tensor([1, 2, 3, 4, 5, 0]) + 7
    assert not AnyStyleNet(plain(PredictedInstanceNorm), statistics=6).standardises
    net.standardise(statistics)
    assert net.standardises
    net.predict(statistics)
    torch.testing.assert_close(seen[0].mean(0), torch.zeros(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(seen[0][:, :5].std(0), torch.ones(5))
    assert seen[0][:, 5].abs().max() < 1e-3  # a constant one stays finite


def test_gradients_reach_the_predictor_and_what_all_styles_share(net: AnyStyleNet) -> None:
    net(torch.rand(2, 3, 16, 16), net.predict(torch.randn(2, 6))).square().mean().backward()
    lacking = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    # a bias before an instance norm changes nothing
    assert all(name.startswith("net.") and name.endswith(".bias") for name in lacking), lacking


def test_norms_of_a_nets_own_are_refused() -> None:
    mixed = functools.partial(TransformerNet, padding=REFLECT, upsample=NearestUpsample)
    with pytest.raises(StylenetError, match="norms that are predicted and no others"):
        AnyStyleNet(mixed(InstanceNorm, width=0.125), statistics=6)


def test_predicted_norms_need_a_prediction() -> None:
    with pytest.raises(StyleWeightsError, match="norm=predicted_instance"):
        plain(PredictedInstanceNorm)(torch.rand(1, 3, 16, 16))
