"""TransformerNet: the paper's shapes, every variant, every size."""

from __future__ import annotations

import functools
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.nets import (
    BilinearUpsample,
    NearestUpsample,
    Padding,
    PictureTooSmallError,
    ResidualBlock,
    TransformerNet,
    TransposedUpsample,
)

INSTANCE = functools.partial(nn.InstanceNorm2d, affine=True)
NORMS = {"instance": INSTANCE, "batch": nn.BatchNorm2d}
PADDINGS = {
    "reflect": Padding(0, "reflect", 1),
    "zeros": Padding(0, "zeros", 1),
    "reflect40": Padding(40, "zeros", 0),
}
UPSAMPLES = {
    "bilinear": BilinearUpsample,
    "nearest": NearestUpsample,
    "transposed": TransposedUpsample,
}
EVERY = list(product(PADDINGS, UPSAMPLES))


def make(
    norm=INSTANCE, padding="reflect", upsample="nearest", width=1 / 16, **more: object
) -> TransformerNet:
    torch.manual_seed(0)
    if isinstance(padding, str):
        padding = PADDINGS[padding]
    return TransformerNet(norm, padding, UPSAMPLES[upsample], width, **more)


def on_meta(*args: object, **kwargs: object) -> TransformerNet:
    with torch.device("meta"):
        return make(*args, **kwargs)


def no_norm(channels: int) -> nn.Module:
    del channels
    return nn.Identity()


def make_linear(padding: str, upsample: str) -> TransformerNet:
    """A small net in which every path counts: one block, no norm, no weight that closes a ReLU."""
    one_block = Padding(8, "zeros", 0) if padding == "reflect40" else PADDINGS[padding]
    net = make(no_norm, one_block, upsample, blocks=1, output=nn.Identity())
    for parameter in net.parameters():
        nn.init.uniform_(parameter, 0, 2 / max(1, parameter[0].numel()))
    return net


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
def test_full_width_has_the_parameters_of_pytorch_examples(norm, padding, upsample):
    net = on_meta(NORMS[norm], padding, upsample, width=1)
    assert sum(p.numel() for p in net.parameters()) == 1_679_235


def channels(net: nn.Module) -> list[tuple[int, int]]:
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return [(m.in_channels, m.out_channels) for m in net.modules() if isinstance(m, kinds)]


@pytest.mark.parametrize("upsample", UPSAMPLES)
def test_width_multiplies_every_hidden_channel(upsample):
    full = channels(on_meta(upsample=upsample, width=1))
    half = channels(on_meta(upsample=upsample, width=0.5))
    residual = [(128, 128)] * 10
    assert full == [(3, 32), (32, 64), (64, 128), *residual, (128, 64), (64, 32), (32, 3)]
    assert half == [tuple(c if c == 3 else c // 2 for c in pair) for pair in full]


@pytest.mark.parametrize("upsample", UPSAMPLES)
def test_reflect40_has_the_activation_sizes_of_the_paper(upsample):
    net = on_meta(padding="reflect40", upsample=upsample, width=1)
    seen: list[tuple[int, ...]] = []

    def note(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        if not seen:
            seen.append(tuple(inputs[0].shape[1:]))
        seen.append(tuple(output.shape[1:]))

    for module in (*net.encoder, *net.residuals, *net.decoder):
        module.register_forward_hook(note)
    out = net(torch.empty(1, 3, 256, 256, device="meta"))
    assert seen == [
        (3, 336, 336),
        (32, 336, 336),
        (64, 168, 168),
        (128, 84, 84),
        *[(128, side, side) for side in (80, 76, 72, 68, 64)],
        (64, 128, 128),
        (32, 256, 256),
        (3, 256, 256),
    ]
    assert out.shape == (1, 3, 256, 256)


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
def test_any_size_gives_the_same_size(padding, upsample):
    net = on_meta(padding=padding, upsample=upsample)
    least = 43 if padding == "reflect40" else 5
    for height in (*range(least, least + 5), 97):
        for width in (least, 64, 101):
            image = torch.empty(1, 3, height, width, device="meta")
            assert net(image).shape == image.shape, (height, width)


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
def test_real_pictures_of_odd_size_give_finite_pixels(norm, padding, upsample):
    net = make(NORMS[norm], padding, upsample)
    for height, width in [(45, 63), (43, 50)]:
        out = net(noise(2, 3, height, width))
        assert out.shape == (2, 3, height, width)
        assert torch.isfinite(out).all()
        assert (out - 0.5).abs().max() <= 150 / 255
        assert out.std() > 0.01


@pytest.mark.parametrize(("padding", "least"), [("reflect40", 43), ("reflect", 5), ("zeros", 5)])
def test_smallest_picture_is_the_one_that_the_error_names(padding, least):
    net = make(padding=padding)
    assert net(noise(1, 3, least, least)).shape == (1, 3, least, least)
    for height, width in [(least - 1, 64), (64, least - 1), (1, 1)]:
        with pytest.raises(
            PictureTooSmallError, match=f"of {width}x{height} px.* at least {least} px"
        ) as caught:
            net(noise(1, 3, height, width))
        assert ("net/padding=reflect," in caught.value.remedy) == (padding == "reflect40")


@pytest.mark.parametrize("margin", [8, 16, 24, 32])
def test_fewer_residual_blocks_need_a_smaller_margin(margin):
    net = make(padding=Padding(margin, "zeros", 0), blocks=margin // 8)
    least = margin + 3
    assert net(noise(1, 3, least, least + 5)).shape == (1, 3, least, least + 5)
    with pytest.raises(PictureTooSmallError, match=f"at least {least} px"):
        net(noise(1, 3, least - 1, 64))


@pytest.mark.parametrize(
    ("padding", "words"),
    [
        (Padding(39, "zeros", 0), "margin=39.*lose 40 px.*Set net.padding.margin=40"),
        (Padding(0, "zeros", 0), "margin=0.*lose 40 px.*net/padding=reflect"),
        (Padding(40, "reflect", 1), "margin=40.*lose 0 px.*Set net.padding.margin=0"),
        (Padding(0, "reflect", 2), "residual=2.*net/padding=reflect"),
    ],
)
def test_a_margin_that_residual_blocks_do_not_use_up_is_refused(padding, words):
    with pytest.raises(StylenetError, match=words):
        on_meta(padding=padding)


@pytest.mark.parametrize("width", [0, -1.0])
def test_a_width_of_nothing_is_refused(width):
    with pytest.raises(StylenetError, match=f"net.width={width}, expected more than 0. Use 1"):
        on_meta(width=width)


def test_a_tiny_width_keeps_one_channel():
    assert channels(on_meta(width=1e-3))[0] == (3, 1)


@pytest.mark.parametrize("norm", NORMS)
def test_only_batch_norm_keeps_running_statistics(norm):
    keys = on_meta(NORMS[norm]).state_dict().keys()
    running = [k for k in keys if "running" in k or "num_batches" in k]
    # three statistics in each of 3 + 10 + 2 norms
    assert len(running) == (45 if norm == "batch" else 0)


def test_instance_norm_paints_alike_in_training_and_evaluation():
    net, image = make(), noise(2, 3, 16, 16)
    trained = net.train()(image)
    torch.testing.assert_close(net.eval()(image), trained, rtol=0, atol=0)
    torch.testing.assert_close(net(image[:1]), trained[:1])


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
@pytest.mark.parametrize("norm", NORMS)
def test_gradient_reaches_every_parameter(norm, padding, upsample):
    net = make(NORMS[norm], padding, upsample)
    net(noise(2, 3, 48, 48)).square().sum().backward()
    # a norm takes the bias of the convolution before it away again: only the last one counts
    convolutions = [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    idle = {id(convolution.bias) for convolution in convolutions[:-1]}
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert id(parameter) in idle or parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
@pytest.mark.parametrize("side", [128, 127])
def test_a_pixel_is_painted_from_the_pixels_around_it(padding, upsample, side):
    """The crop at the end takes the picture, not the margin: receptive fields are centred."""
    net = make_linear(padding, upsample)
    for row, column in [(60, 60), (63, 58)]:
        image = noise(1, 3, side, side).requires_grad_()
        net(image)[0, :, row, column].sum().backward()
        rows, columns = image.grad[0].abs().sum(0).nonzero().unbind(1)
        for indices, centre in [(rows, row), (columns, column)]:
            middle = (int(indices.min()) + int(indices.max())) / 2
            assert abs(middle - centre) <= 3
            assert int(indices.max()) - int(indices.min()) < 60


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
def test_a_moved_picture_gives_the_moved_painting(padding, upsample):
    net = make_linear(padding, upsample)
    scene = noise(1, 3, 96, 104)
    with torch.no_grad():
        here, moved = net(scene[..., :96]), net(scene[..., 8:])
    inside = slice(32, -32)
    torch.testing.assert_close(here[..., inside, 40:64], moved[..., inside, 32:56])
    # the same columns of the two pictures differ, so that the law above says something
    assert (here - moved)[..., inside, 32:56].abs().max() > 1e-4


@pytest.mark.parametrize(("padding", "upsample"), EVERY)
def test_an_odd_picture_is_painted_like_the_even_one_it_was_cut_from(padding, upsample):
    """What is filled up below and right is what is cut off again."""
    net = make_linear(padding, upsample)
    scene = noise(1, 3, 96, 96)
    with torch.no_grad():
        whole, cut = net(scene), net(scene[..., :93, :94])
    inside = (..., slice(32, 60), slice(32, 60))
    torch.testing.assert_close(cut[inside], whole[inside])


def test_a_margin_of_reflections_hides_the_border_that_zeros_leave():
    """A constant picture stays constant with reflection alone."""
    for padding, is_flat in [("reflect", True), ("zeros", False)]:
        with torch.no_grad():
            out = make(no_norm, padding)(torch.full((1, 3, 32, 32), 0.7))
        spread = out.flatten(2).max(2).values - out.flatten(2).min(2).values
        assert (spread.max() < 1e-5) == is_flat


def test_blocks_and_output_are_as_told():
    net = on_meta(blocks=3, output=nn.Sigmoid())
    assert sum(isinstance(m, ResidualBlock) for m in net.modules()) == 3
    assert isinstance(net.output, nn.Sigmoid)
