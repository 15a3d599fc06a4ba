"""By tiles as in one piece, whatever the net and wherever the borders of tiles lie."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from stylenet.apply import Model, Request, Stylizer, stylizer, tiles
from stylenet.nets import (
    ConditionalInstanceNorm,
    InstanceNorm,
    NearestUpsample,
    Padding,
    StyleBank,
    TransformerNet,
    TransposedUpsample,
)

REFLECT = Padding(0, "reflect", 1)


def lively(net: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in net.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(0.2 * noise if parameter.ndim < 2 else 0.05 * noise)
    return net.eval().requires_grad_(False)


def transformer(norm: Any, **more: Any) -> nn.Module:
    torch.manual_seed(0)
    settings = {"padding": REFLECT, "upsample": NearestUpsample, "width": 0.125, "blocks": 1}
    return lively(TransformerNet(norm, **(settings | more)))


def uneven(height: int, width: int) -> Tensor:
    """Another brightness and another grain in each corner: statistics of tiles differ widely."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.rand(3, height, width, generator=generator)
    slope = torch.linspace(0, 1, width) * torch.linspace(0.2, 1, height)[:, None]
    return (slope * (0.4 + 0.6 * noise)).clamp(0, 1)


CONDITIONAL = functools.partial(ConditionalInstanceNorm, styles=2)
NETS = {
    "instance": lambda: transformer(InstanceNorm),
    "torch's instance": lambda: transformer(functools.partial(nn.InstanceNorm2d, affine=True)),
    "batch": lambda: transformer(nn.BatchNorm2d),
    "zeros": lambda: transformer(InstanceNorm, padding=Padding(0, "zeros", 1)),
    "transposed": lambda: transformer(InstanceNorm, upsample=TransposedUpsample),
    "conditional": lambda: transformer(CONDITIONAL),
    "bank": lambda: lively(StyleBank(2, InstanceNorm, REFLECT, NearestUpsample, 0.125)),
}


def model_of(net: nn.Module) -> Model:
    return Model(net, Path("net.safetensors"), {"styles": [{"name": "a"}, {"name": "b"}]})


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("size", [(150, 203), (97, 64)])
def test_tiles_give_what_one_piece_gives(name: str, size: tuple[int, int]) -> None:
    model = model_of(NETS[name]())
    image = uneven(*size)
    requests = [Request()]
    if model.styles:
        requests = [Request({"a": 1.0}), Request({"a": 0.4, "b": 0.6})]
    for request in requests:
        whole = Stylizer(model)(image, request)
        by_tiles = Stylizer(model, tile=64)(image, request)
        assert whole.std() > 0.02
        torch.testing.assert_close(by_tiles, whole, atol=2e-4, rtol=0)


def test_each_place_keeps_its_style_by_tiles() -> None:
    model = model_of(NETS["conditional"]())
    region_map = torch.zeros(3, 150, 203)
    region_map[0, :, :90] = region_map[2, :, 90:] = 1
    request = Request(region_map=region_map, region_styles={"red": "a", "blue": "b"})
    image = uneven(150, 203)
    whole = Stylizer(model)(image, request)
    torch.testing.assert_close(Stylizer(model, tile=64)(image, request), whole, atol=2e-4, rtol=0)


def test_a_tiles_own_statistics_would_leave_seams() -> None:
    """The law above is no matter of course: what each tile would paint by itself is far off."""
    net, image = NETS["instance"](), uneven(150, 203)
    whole = Stylizer(model_of(net))(image)
    part = Stylizer(model_of(net))(image[:, :64, :64])
    assert (part[:, :32, :32] - whole[:, :32, :32]).abs().mean() > 4 / 255


def test_tiles_cover_an_image_once_and_see_as_far_as_the_net_reaches() -> None:
    net = NETS["instance"]()
    counts = torch.zeros(150, 203)
    for tile in tiles.tiles_of(net, 150, 203, 30):
        top, left, bottom, right = tile.own
        counts[top:bottom, left:right] += 1
        assert all(side % 4 == 0 for side in tile.seen[:2])
    assert (counts == 1).all()
    image = uneven(300, 300)[None].requires_grad_()
    batch = transformer(nn.BatchNorm2d)
    batch(image)[0, :, 150, 150].sum().backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert max(150 - int(rows.min()), int(rows.max()) - 150) <= tiles._reach(batch)


def test_memory_that_would_not_do_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def watched(net: nn.Module, image: Tensor, weights: Tensor | None, tile: int) -> Tensor:
        asked.append(tile)
        return tiles.paint_by_tiles(net, image, weights, 64)

    monkeypatch.setattr(stylizer, "paint_by_tiles", watched)
    model, image = model_of(NETS["instance"]()), uneven(97, 64)
    whole = Stylizer(model)(image)
    assert asked == []
    monkeypatch.setattr(stylizer, "free_bytes", lambda device: 10_000)
    torch.testing.assert_close(Stylizer(model)(image), whole, atol=2e-4, rtol=0)
    assert asked == [tiles.TILE]


def test_memory_that_runs_out_on_the_way_is_spared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    net = NETS["instance"]()
    whole, forward = Stylizer(model_of(net))(uneven(150, 203)), net.forward

    def small(image: Tensor) -> Tensor:
        if image.shape[-1] > 200:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return forward(image)

    monkeypatch.setattr(net, "forward", small)
    monkeypatch.setattr(stylizer, "TILE", 64)
    found = Stylizer(model_of(net))(uneven(150, 203))
    torch.testing.assert_close(found, whole, atol=2e-4, rtol=0)


def test_free_memory_is_known_here() -> None:
    free = tiles.free_bytes(torch.device("cpu"))
    assert free is None or free > 2**20
