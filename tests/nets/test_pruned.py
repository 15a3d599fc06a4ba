"""Pruned nets: what no channel mattered for is painted the same; a plan that saves what it says."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor, nn

from stylenet.errors import StylenetError
from stylenet.nets import (
    BilinearUpsample,
    InstanceNorm,
    Padding,
    PrunedNet,
    SeparableBlock,
    TransformerNet,
    TransposedUpsample,
)
from stylenet.nets.channels import (
    groups_of,
    kept_channels,
    multiply_adds,
    pruned_state,
    score,
    sizes_of,
)

REFLECT = Padding(0, "reflect", 1)


def images(count: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.rand(1, 3, 24, 20, generator=generator) for _ in range(count)]


def make(upsample=BilinearUpsample, **more: object) -> TransformerNet:
    """A small net whose norms have scales and shifts as if it were trained."""
    torch.manual_seed(0)
    net = TransformerNet(InstanceNorm, REFLECT, upsample, width=1 / 4, blocks=2, **more)
    for norm in (m for m in net.modules() if isinstance(m, InstanceNorm)):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.uniform_(norm.bias, -0.5, 0.5)
    return net.double().eval().requires_grad_(False)


def smaller(net: TransformerNet, kept: dict[str, Tensor], upsample=BilinearUpsample) -> PrunedNet:
    sizes = sizes_of({name: len(own) for name, own in kept.items()})
    pruned = PrunedNet(InstanceNorm, REFLECT, upsample, *sizes).double().eval()
    means = score(net, [image.double() for image in images()]).means
    pruned.load_state_dict(pruned_state(net, kept, means))
    return pruned


@pytest.mark.parametrize("upsample", [BilinearUpsample, TransposedUpsample])
def test_channels_that_are_the_same_everywhere_score_0_and_go_unseen(upsample: type) -> None:
    net = make(upsample)
    if upsample is TransposedUpsample:  # it pads by zeros, which are a border of their own
        for name in ("decoder.0.1", "encoder.2.1", "residuals.0.body.4", "residuals.1.body.4"):
            net.get_submodule(name).bias.zero_()
    for group in groups_of(net).values():
        for norm in group.norms:
            net.get_submodule(norm).weight[:4] = 0
    found = score(net, [image.double() for image in images()])
    for own in found.matters.values():
        assert (own[:4] == 0).all()
        assert (own[4:] > 0).all()
    kept = {name: torch.arange(4, len(own)) for name, own in found.matters.items()}
    image = images()[0].double()
    assert torch.allclose(smaller(net, kept, upsample)(image), net(image), atol=1e-9)


def test_the_score_foretells_what_changes() -> None:
    """The channel of each group that matters least changes less than the one that matters most."""
    net, shown = make(), [image.double() for image in images()]
    found = score(net, shown)
    for name, own in found.matters.items():
        changes = []
        for gone in (int(own.argmin()), int(own.argmax())):
            kept = {k: torch.arange(len(v)) for k, v in found.matters.items()}
            kept[name] = torch.tensor([n for n in range(len(own)) if n != gone])
            pruned = smaller(net, kept)
            changes.append(sum((pruned(x) - net(x)).square().mean() for x in shown))
        assert changes[0] < changes[1], name


def test_the_plan_saves_what_it_says_and_keeps_a_lot_of_each() -> None:
    matters = score(make(), [image.double() for image in images()]).matters
    whole = multiply_adds(*sizes_of({name: len(own) for name, own in matters.items()}))
    for keep in (0.8, 0.4):
        kept = kept_channels(matters, keep, multiple=2)
        counts = {name: len(own) for name, own in kept.items()}
        assert multiply_adds(*sizes_of(counts)) <= keep * whole
        assert all(count % 2 == 0 and count >= 2 for count in counts.values())
        for name, own in kept.items():  # the best of each group
            gone = [n for n in range(len(matters[name])) if n not in own.tolist()]
            assert not gone or matters[name][own].min() >= matters[name][gone].max()
    tiny = kept_channels(matters, 1e-9, multiple=4)
    assert {len(own) for own in tiny.values()} == {4}


def test_multiplications_are_those_of_the_papers_layers() -> None:
    """Counted by torch on plain convolutions of the same channels."""
    from torch.utils.flop_counter import FlopCounterMode

    (c1, c2, c3), inner, (d1, d2) = (8, 12, 20), [4, 16], (12, 4)
    side = 16
    plain = nn.Sequential(
        *(nn.Conv2d(3, c1, 9, 1, 4), nn.Conv2d(c1, c2, 3, 2, 1), nn.Conv2d(c2, c3, 3, 2, 1)),
        *(nn.Conv2d(*channels, 3, 1, 1) for one in inner for channels in ((c3, one), (one, c3))),
        *(nn.Upsample(scale_factor=2), nn.Conv2d(c3, d1, 3, 1, 1)),
        *(nn.Upsample(scale_factor=2), nn.Conv2d(d1, d2, 3, 1, 1), nn.Conv2d(d2, 3, 9, 1, 4)),
    )
    with FlopCounterMode(display=False) as counter:
        plain(torch.rand(1, 3, side, side))
    expected = counter.get_total_flops() / 2 / side**2
    assert multiply_adds((c1, c2, c3), inner, (d1, d2)) == pytest.approx(expected)


def test_other_nets_are_refused() -> None:
    with pytest.raises(StylenetError, match="plain residual blocks"):
        groups_of(make(block=SeparableBlock))
    norm = functools.partial(nn.BatchNorm2d)
    with pytest.raises(StylenetError, match="norms other than instance norm"):
        groups_of(TransformerNet(norm, REFLECT, BilinearUpsample, 0.125))
    for keep in (0, 1, 1.5):
        with pytest.raises(StylenetError, match="between 0 and 1"):
            kept_channels({"encoder.0": torch.ones(4)}, keep)
    with pytest.raises(StylenetError, match=r"expected 3 of the encoder.*\n?.*init="):
        PrunedNet(InstanceNorm, REFLECT, BilinearUpsample, None, None, None)
