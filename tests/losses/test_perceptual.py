"""PerceptualLoss: what it sums, what it asks of the network, and what it keeps out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.loss_networks.network import compact_vgg
from stylenet.loss_networks.weights import Bundled
from stylenet.losses import (
    ContentTerm,
    PerceptualLoss,
    PixelTerm,
    StyleTerm,
    Term,
    TotalVariationTerm,
    View,
)


def picture(batch: int = 2, seed: int = 0) -> Tensor:
    return torch.rand(batch, 3, 8, 6, generator=torch.Generator().manual_seed(seed))


def make(network, content=1.0, style=5.0, tv=0.1, pixel=0.5) -> PerceptualLoss:
    terms = {
        "content": ContentTerm(["two", "one"], [0.25, 3.0], content),
        "style": StyleTerm(network, picture(1, seed=7), ["one", "two"], [2.0, 0.5], style),
        "tv": TotalVariationTerm(tv),
        "pixel": PixelTerm(pixel),
    }
    return PerceptualLoss(terms, network)


def test_total_is_the_sum_of_the_terms_and_a_term_that_of_its_parts(fake_network):
    losses = make(fake_network)(picture(), picture(seed=1))
    assert set(losses.terms) == {"content", "style", "tv", "pixel"}
    assert all(value.shape == () and value > 0 for value in losses.terms.values())
    torch.testing.assert_close(losses.total, sum(losses.terms.values()))
    # terms without layers have no parts
    layers = {"content/one", "content/two", "style/one", "style/two"}
    assert set(losses.parts) == layers
    for name in ("content", "style"):
        shares = [value for key, value in losses.parts.items() if key.startswith(f"{name}/")]
        assert all(share > 0 for share in shares)
        torch.testing.assert_close(losses.terms[name], sum(shares))


@pytest.mark.parametrize("name", ["content", "style", "tv", "pixel"])
def test_twice_the_weight_is_twice_the_term_and_nothing_else(fake_network, name):
    weights = {"content": 1.0, "style": 5.0, "tv": 0.1, "pixel": 0.5}
    images = picture(), picture(seed=1)
    once = make(fake_network, **weights)(*images)
    weights[name] *= 2
    twice = make(fake_network, **weights)(*images)
    for key, value in once.terms.items():
        torch.testing.assert_close(twice.terms[key], value * (2 if key == name else 1))
    for key, value in once.parts.items():
        factor = 2 if key.startswith(f"{name}/") else 1
        torch.testing.assert_close(twice.parts[key], value * factor)
    torch.testing.assert_close(twice.total, once.total + once.terms[name])


def test_losses_of_a_batch_are_the_mean_of_those_of_its_pictures(fake_network):
    loss = make(fake_network)
    stylised, content = picture(3), picture(3, seed=1)
    together = loss(stylised, content)
    alone = [loss(stylised[i : i + 1], content[i : i + 1]) for i in range(3)]
    for name, value in together.terms.items():
        mean = torch.stack([losses.terms[name] for losses in alone]).mean()
        torch.testing.assert_close(value, mean)


def test_one_pass_each_and_none_deeper_than_the_terms_read(fake_network):
    """Style reads ``two``, content only ``one``: the content branch is not asked for ``two``."""
    terms = {
        "content": ContentTerm(["one"], None, 1),
        "style": StyleTerm(fake_network, picture(1), ["two", "one"], None, 1),
        "tv": TotalVariationTerm(1),
    }
    loss = PerceptualLoss(terms, fake_network)
    fake_network.calls.clear()
    loss(picture(), picture(seed=1))
    of_content, of_stylised = fake_network.calls
    assert of_content == ("one",)
    assert sorted(of_stylised) == ["one", "two"]


def test_terms_without_features_cost_no_pass(fake_network):
    loss = PerceptualLoss({"tv": TotalVariationTerm(1), "pixel": PixelTerm(1)}, fake_network)
    losses = loss(picture(), picture(seed=1))
    assert losses.total > 0
    assert fake_network.calls == []


def test_without_a_content_term_the_content_picture_costs_no_pass(fake_network):
    style = StyleTerm(fake_network, picture(1), ["one"], None, 1)
    loss = PerceptualLoss({"style": style}, fake_network)
    fake_network.calls.clear()
    loss(picture(), picture(seed=1))
    assert fake_network.calls == [("one",)]


class Witness(Term):
    """Keeps what it was shown."""

    stylised_layers = ("one",)
    content_layers = ("one",)

    def forward(self, stylised: View, content: View) -> dict[str, Tensor]:
        self.seen = stylised, content
        return {"": stylised.features["one"].flatten(1).sum(1)}


def test_the_content_branch_has_no_gradient(fake_network):
    witness = Witness(1)
    stylised = picture().requires_grad_()
    content = picture(seed=1).requires_grad_()
    PerceptualLoss({"witness": witness}, fake_network)(stylised, content)
    seen_stylised, seen_content = witness.seen
    assert seen_stylised.features["one"].requires_grad
    assert not seen_content.features["one"].requires_grad


def test_gradient_reaches_the_stylised_picture_through_every_term(fake_network):
    for name in ("content", "style", "tv", "pixel"):
        stylised = picture().requires_grad_()
        make(fake_network)(stylised, picture(seed=1)).terms[name].backward()
        assert stylised.grad is not None, name
        assert stylised.grad.abs().sum() > 0, name


def test_a_term_of_ones_own_plugs_in(fake_network):
    losses = PerceptualLoss({"mine": Witness(2)}, fake_network)(picture(), picture(seed=1))
    expected = 2 * fake_network(picture(), ["one"])["one"].sum() / 2
    torch.testing.assert_close(losses.total, expected)
    assert losses.parts == {}


def test_a_loss_without_terms_is_refused(fake_network):
    with pytest.raises(StylenetError, match=r"no terms.*loss=perceptual"):
        PerceptualLoss({}, fake_network)


def test_nothing_of_the_loss_enters_a_checkpoint(fake_network):
    real = compact_vgg(Bundled())
    term = StyleTerm(real, torch.rand(1, 3, 32, 32), ["relu2_2"], None, 1)
    for loss in (make(fake_network), PerceptualLoss({"style": term}, real)):
        assert loss.state_dict() == {}
        loss.load_state_dict({}, strict=True)


def test_the_loss_moves_with_its_targets(fake_network):
    loss = make(fake_network)
    expected = loss(picture(), picture(seed=1))
    loss.to(torch.float64)
    term = loss.terms["style"]
    assert {buffer.dtype for buffer in term.buffers()} == {torch.float64}
    moved = loss(picture().double(), picture(seed=1).double())
    assert moved.total.dtype == torch.float64
    torch.testing.assert_close(moved.total.float(), expected.total, rtol=1e-4, atol=0)
    loss.to("meta")
    assert {buffer.device.type for buffer in term.buffers()} == {"meta"}
