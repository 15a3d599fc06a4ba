"""Nets of several styles: one pass is the naive loop, weights mix linearly, styles stay apart."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylenet.errors import StylenetError
from stylenet.nets import (
    ConditionalInstanceNorm,
    InstanceNorm,
    NearestUpsample,
    Padding,
    StyleBank,
    StyleWeightsError,
    TransformerNet,
    TransposedUpsample,
    join_state,
    shared_parameters,
    split_state,
    style_parameters,
    styles_of,
)
from stylenet.nets.norms import normed_by_picture
from stylenet.nets.stylebank import FilterBank, through_banks
from stylenet.nets.styled import Mixture

STYLES = 3
REFLECT = Padding(0, "reflect", 1)


def shaken(net: nn.Module) -> nn.Module:
    """Every parameter at random, so that no two styles are alike, in float64."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    return net.double()


def bank(norm=InstanceNorm, **more) -> StyleBank:
    torch.manual_seed(0)
    return shaken(StyleBank(STYLES, norm, REFLECT, NearestUpsample, width=1 / 8, **more))


def conditional(**more) -> TransformerNet:
    torch.manual_seed(0)
    norm = functools.partial(ConditionalInstanceNorm, styles=STYLES)
    arguments = {"padding": REFLECT, "upsample": NearestUpsample, "width": 1 / 8, "blocks": 2}
    return shaken(TransformerNet(norm, **arguments | more))


def grouped() -> StyleBank:
    norm = functools.partial(nn.GroupNorm, 2)
    return bank(norm, bank_norm=norm)


NETS = {"stylebank": bank, "stylebank_group": grouped, "conditional": conditional}


def pictures(count: int = 4, height: int = 19, width: int = 22) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.rand(count, 3, height, width, generator=generator, dtype=torch.float64)


def one_hot(*numbers: int) -> Tensor:
    return F.one_hot(torch.tensor(numbers), STYLES).double()


@pytest.fixture(params=NETS)
def net(request) -> nn.Module:
    return NETS[request.param]()


@pytest.mark.parametrize("numbers", [(0, 1, 2, 1), (2, 2, 2, 2), (1, 0, 0, 2)])
def test_one_pass_is_the_loop_over_pictures_values_and_gradients(net, numbers):
    x = pictures()
    weights = torch.randn_like(x)
    results = []
    for paint in (
        lambda: net(x, one_hot(*numbers)),
        lambda: torch.cat([net(x[i : i + 1], one_hot(k)) for i, k in enumerate(numbers)]),
    ):
        out = paint()
        used = [p for p in net.parameters() if p.requires_grad]
        grads = torch.autograd.grad((out * weights).sum(), used, allow_unused=True)
        results.append((out, *grads))
    for got, expected in zip(*results, strict=True):
        if expected is None:
            assert got is None  # an absent style has no gradient, not one of 0
        else:
            torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("make", [bank, functools.partial(bank, depth=3)])
def test_the_banks_pass_is_the_loop_in_plain_torch(make):
    net = make()
    features = torch.randn(4, 16, 5, 7, dtype=torch.float64).to(memory_format=torch.channels_last)
    numbers = [0, 2, 0, 1]
    got = through_banks([net.banks[k] for k in numbers], features)
    assert got.is_contiguous(memory_format=torch.channels_last)
    for picture, k in enumerate(numbers):
        x = features[picture : picture + 1].contiguous()
        for convolution, norm in net.banks[k].layers():
            x = F.conv2d(F.pad(x, (1,) * 4, mode="reflect"), convolution.weight, convolution.bias)
            mean, deviation = x.mean((2, 3), True), (x.var((2, 3), correction=0, keepdim=True))
            x = (x - mean) / (deviation + norm.eps).sqrt()
            x = (x * norm.weight[:, None, None] + norm.bias[:, None, None]).relu()
        torch.testing.assert_close(got[picture : picture + 1], x, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("given", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("returned", [torch.contiguous_format, torch.channels_last])
def test_a_norm_by_picture_and_its_gradient_are_the_formula(count, given, returned):
    generator = torch.Generator().manual_seed(0)
    x, gradient = torch.randn(2, count, 4, 8, 6, generator=generator, dtype=torch.float64)
    scale, shift = torch.randn(2, count, 4, generator=generator, dtype=torch.float64)
    results = []
    for memory_format in (given, torch.contiguous_format):
        leaves = [t.clone().requires_grad_() for t in (x, scale, shift)]
        inside = leaves[0].to(memory_format=memory_format)
        if memory_format is given and not results:
            out = normed_by_picture(inside, leaves[1], leaves[2], 1e-3)
            assert out.is_contiguous(memory_format=given)
        else:
            deviation = (inside.var((2, 3), correction=0, keepdim=True) + 1e-3).sqrt()
            out = (inside - inside.mean((2, 3), keepdim=True)) / deviation
            out = out * leaves[1][..., None, None] + leaves[2][..., None, None]
        grads = torch.autograd.grad(out, leaves, gradient.to(memory_format=returned))
        results.append((out, *grads))
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-9, atol=1e-9)


def test_any_norm_reaches_banks_and_all_layers():
    for norm in (functools.partial(nn.GroupNorm, 4), nn.BatchNorm2d):
        net = bank(norm, bank_norm=norm)
        assert not any(isinstance(module, InstanceNorm) for module in net.modules())
        count = sum(isinstance(m, (nn.GroupNorm, nn.BatchNorm2d)) for m in net.modules())
        assert count == 3 + 2 + 2 * STYLES
        whole = net.eval()(pictures(), one_hot(0, 1, 2, 1))
        alone = [net(p[None], one_hot(k)) for p, k in zip(pictures(), (0, 1, 2, 1), strict=True)]
        torch.testing.assert_close(whole, torch.cat(alone))


def test_with_one_style_conditional_instance_norm_is_instance_norm():
    conditional, plain = ConditionalInstanceNorm(5, 1).double(), InstanceNorm(5).double()
    with torch.no_grad():
        for name in ("weight", "bias"):
            value = torch.randn(5, dtype=torch.float64)
            plain.get_parameter(name).copy_(value)
            conditional.styles[0].get_parameter(name).copy_(value)
    x = torch.randn(2, 5, 6, 7, dtype=torch.float64)
    mixture = Mixture.of(torch.ones(2, 1), torch.zeros(2, 3, 6, 7), 1)
    torch.testing.assert_close(conditional(x, mixture), plain(x), rtol=1e-9, atol=1e-9)


def test_scales_and_shifts_mix_linearly():
    norm = shaken(ConditionalInstanceNorm(4, STYLES))
    x = torch.randn(2, 4, 6, 7, dtype=torch.float64)
    image = torch.zeros(2, 3, 6, 7)
    weights = torch.tensor([[0.2, 0.0, 0.8], [0.5, 0.3, 0.2]])
    got = norm(x, Mixture.of(weights, image, STYLES))
    single = [norm(x, Mixture.of(one_hot(k, k), image, STYLES)) for k in range(STYLES)]
    expected = sum(weights[:, k, None, None, None] * single[k] for k in range(STYLES))
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-6)


def styled_features(net: StyleBank, image: Tensor, style: Tensor) -> Tensor:
    """What reaches the decoder."""
    seen: list[Tensor] = []
    handle = net.decoder.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    net(image, style)
    handle.remove()
    return seen[0]


def test_a_bank_s_features_mix_linearly_and_what_lacks_is_the_encoder_s():
    net, x = bank(), pictures(2)
    weights = torch.tensor([[0.25, 0.0, 0.5], [0.5, 0.5, 0.0]])
    got = styled_features(net, x, weights)
    features = styled_features(net, x, torch.zeros(2, STYLES))
    single = [styled_features(net, x, one_hot(k, k)) for k in range(STYLES)]
    expected = sum(weights[:, k, None, None, None] * single[k] for k in range(STYLES))
    expected = expected + (1 - weights.sum(1))[:, None, None, None] * features
    torch.testing.assert_close(got, expected)


def test_no_style_is_the_auto_encoder_which_knows_no_bank():
    net, x = bank(), pictures(2)
    before = net.reconstruct(x)
    torch.testing.assert_close(net(x, torch.zeros(2, STYLES)), before, rtol=0, atol=0)
    with torch.no_grad():
        for parameter in net.banks.parameters():
            parameter.fill_(float("nan"))
    torch.testing.assert_close(net.reconstruct(x), before, rtol=0, atol=0)


def test_maps_of_one_value_are_weights(net):
    x = pictures(2)
    weights = torch.tensor([[0.2, 0.0, 0.8], [0.0, 1.0, 0.0]])
    maps = weights[:, :, None, None].expand(2, STYLES, *x.shape[-2:])
    torch.testing.assert_close(net(x, maps), net(x, weights), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("make", NETS.values())
def test_far_inside_a_region_maps_mix_the_features_of_its_style(make):
    """With statistics taken over the whole picture, a region is not its style's picture alone."""
    net, x = make().float(), pictures(1, 16, 64).float()
    maps = torch.zeros(1, STYLES, 16, 64)
    maps[:, 0, :, :32] = 1
    maps[:, 2, :, 32:] = 1
    if isinstance(net, StyleBank):
        got = styled_features(net, x, maps)
        left, right = (styled_features(net, x, one_hot(k)) for k in (0, 2))
        torch.testing.assert_close(got[..., :8], left[..., :8])
        torch.testing.assert_close(got[..., 8:], right[..., 8:])
    else:
        norm = net.encoder[0][1]
        features = torch.randn(1, norm.channels, 16, 64)
        got = norm(features, Mixture.of(maps, x, STYLES))
        left, right = (norm(features, Mixture.of(one_hot(k), x, STYLES)) for k in (0, 2))
        torch.testing.assert_close(got[..., :32], left[..., :32])
        torch.testing.assert_close(got[..., 32:], right[..., 32:])


def test_a_batch_s_pictures_do_not_see_one_another(net):
    x, style = pictures(), one_hot(0, 1, 2, 0)
    before = net(x, style)
    x[3] = x[3].flip(-1)
    torch.testing.assert_close(net(x, style)[:3], before[:3], rtol=1e-9, atol=1e-9)


def test_what_belongs_to_a_style_changes_no_other_and_the_split_is_undone(net):
    x = pictures(1)
    before = [net(x, one_hot(k)) for k in range(STYLES)]
    own = {id(p) for k in range(STYLES) for p in style_parameters(net, k)}
    shared = {id(p) for p in shared_parameters(net)}
    assert not own & shared
    assert own | shared == {id(p) for p in net.parameters()}
    with torch.no_grad():
        for parameter in style_parameters(net, 1):
            parameter.add_(1)
    changed = [not torch.equal(net(x, one_hot(k)), before[k]) for k in range(STYLES)]
    assert changed == [False, True, False]

    shared_state, styles = split_state(net)
    joined = join_state(shared_state, styles)
    assert joined.keys() == net.state_dict().keys()
    net.load_state_dict(join_state(shared_state, styles[::-1]))
    torch.testing.assert_close(net(x, one_hot(2)), before[0], rtol=0, atol=0)


@pytest.mark.parametrize("make", NETS.values())
@pytest.mark.parametrize("upsample", [NearestUpsample, TransposedUpsample])
@pytest.mark.parametrize("size", [(16, 16), (17, 30)])
def test_sizes_are_kept(make, upsample, size):
    torch.manual_seed(0)
    x = pictures(2, *size)
    out = make()(x, one_hot(0, 1))
    assert out.shape == x.shape


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_do_not_depend_on_memory_formats(net, dtype):
    """In float32 and under autocast, as trainings run."""
    net = net.float()
    x = pictures(4, 16, 16).float()
    results = []
    for layout in (torch.contiguous_format, torch.channels_last):
        net = net.to(memory_format=layout)
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            out = net(x.to(memory_format=layout), one_hot(0, 1, 2, 0))
        grads = torch.autograd.grad(out.float().square().sum(), list(net.parameters()))
        results.append(torch.cat([grad.flatten() for grad in grads]))
    tolerance = 1e-4 if dtype == torch.float32 else 0.1
    assert (results[0] - results[1]).norm() < tolerance * results[0].norm()


def test_styles_of_a_net(net):
    assert styles_of(net) == STYLES
    assert styles_of(TransformerNet(InstanceNorm, REFLECT, NearestUpsample, 1 / 16)) is None


@pytest.mark.parametrize(
    "style",
    [torch.ones(4, STYLES + 1), torch.ones(3, STYLES), torch.ones(STYLES), one_hot(0, 1, 2)],
)
def test_weights_of_another_shape_are_refused(net, style):
    with pytest.raises(StyleWeightsError, match=r"expected \(4, 3\) \(pictures, styles\) or"):
        net(pictures(4), style)


def test_weights_that_are_no_number_are_refused(net):
    with pytest.raises(StyleWeightsError, match="infinite or not a number"):
        net(pictures(1), torch.tensor([[1.0, 0.0, float("nan")]]))


def test_a_net_of_one_style_takes_no_weights_and_one_of_several_needs_them():
    single = TransformerNet(InstanceNorm, REFLECT, NearestUpsample, 1 / 16)
    with pytest.raises(StyleWeightsError, match="a net of one style and style weights"):
        single(torch.rand(1, 3, 16, 16), one_hot(0))
    with pytest.raises(StyleWeightsError, match="a net of 3 styles and no style weights"):
        conditional()(pictures(1))
    with pytest.raises(StyleWeightsError, match=r"all 0.*net=stylebank can reconstruct"):
        conditional()(pictures(1), torch.zeros(1, STYLES))


def test_nets_of_one_style_refuse_the_norm_of_several():
    norm = functools.partial(ConditionalInstanceNorm, styles=STYLES)
    with pytest.raises(StylenetError, match=r"all styles share.*Use norm=instance"):
        bank(norm)
    # any net that hands no weights on
    with pytest.raises(StyleWeightsError, match=r"net for one style\. Use norm=instance"):
        nn.Sequential(nn.Conv2d(3, 4, 3), norm(4))(torch.rand(1, 3, 8, 8))


def test_maps_need_a_net_that_does_not_crop():
    net = conditional(padding=Padding(16, "zeros", 0))
    x = pictures(1, 40, 40)
    assert net(x, one_hot(1)).shape == x.shape
    with pytest.raises(StyleWeightsError, match=r"crops features.*net/padding=reflect"):
        net(x, torch.full((1, STYLES, 40, 40), 1 / STYLES))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"width": 0}, "net.width=0"),
        ({"depth": 0}, "net.depth=0"),
        ({"styles": 0}, "net.styles=0"),
        ({"padding": Padding(40, "zeros", 0)}, "Use net/padding=reflect"),
    ],
)
def test_a_bank_that_cannot_be_built_is_refused(more, words):
    arguments = {"styles": 2, "norm": InstanceNorm, "padding": REFLECT, "upsample": NearestUpsample}
    with pytest.raises(StylenetError, match=words):
        StyleBank(**arguments | more)


def test_layers_of_a_stylebank():
    net = StyleBank(2, InstanceNorm, REFLECT, NearestUpsample)
    shapes = [tuple(c.weight.shape) for c, _ in net.banks[0].layers()]
    assert shapes == [(128, 128, 3, 3)] * 2
    assert [tuple(b[0].weight.shape) for b in net.encoder] == [
        (32, 3, 9, 9),
        (64, 32, 3, 3),
        (128, 64, 3, 3),
    ]
    assert all(isinstance(b, FilterBank) for b in net.banks)
