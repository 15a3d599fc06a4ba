"""What the studies measure by losses: that it is today's loss, and of the right picture."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch

from stylenet import compose
from stylenet.images import read_image, write_image

STUDIES = Path(__file__).parents[2] / "experiments"
Load = Callable[[Path], ModuleType]


def test_the_pyramids_judge_has_0_for_the_painting_and_2_for_photographs(
    load: Load, photographs: list[torch.Tensor]
) -> None:
    pyramid = load(STUDIES / "laplacian" / "pyramid.py")
    style, *others = photographs
    loss = pyramid.style_loss(style)

    def judged(picture: torch.Tensor) -> float:
        return float(loss(picture[None], picture[None]).terms["style"])

    assert judged(style) == pytest.approx(0, abs=1e-4)
    # they are not those that the loss is normalised by, and small
    assert 0.1 < sum(map(judged, others)) / len(others) < 20


def test_the_cost_of_one_region_is_that_of_the_same_loss(
    load: Load, photographs: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    cost = load(STUDIES / "regions" / "cost.py")
    monkeypatch.setattr(cost, "HEIGHT", 64)
    monkeypatch.setattr(cost, "WIDTH", 64)
    style, picture = (one[None] for one in photographs[:2])
    plain = cost.style_loss(cost.PLAIN, style)
    guided = cost.style_loss(cost.GUIDED, style, style_regions=cost.stripes(1))
    regions = cost.stripes(1)
    values = [
        float(loss.compare(picture, loss.view_content(picture, regions=regions)).total)
        for loss in (plain, guided)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-3)
    assert cost.seconds(guided, picture, regions) > 0


def test_regions_of_a_net_are_measured_against_their_own_style(
    load: Load, photographs: list[torch.Tensor], tmp_path: Path
) -> None:
    measure = load(STUDIES / "regions_feedforward" / "measure.py")
    for name, picture in zip(("a", "b"), photographs, strict=False):
        write_image(tmp_path / "styles" / f"{name}.png", picture)
    model = SimpleNamespace(path=tmp_path / "model.json", styles=("a", "b"))
    loss = measure.loss_for(model)
    one, other, photo = photographs
    maps = torch.stack([torch.ones(64, 64), torch.zeros(64, 64)])
    found = measure.distances(loss, one, one, maps)
    assert found["style 0"] == pytest.approx(0, abs=1e-2)  # a file holds 256 values
    assert found["content"] == pytest.approx(0, abs=1e-4)
    found = measure.distances(loss, other, photo, maps.flip(0))
    assert found["style 1"] == pytest.approx(0, abs=1e-2)
    assert found["content"] > 0.1
    assert measure.distances(loss, one, photo, maps.flip(0))["style 1"] > 0.1


def test_batch_norm_by_own_statistics_is_instance_norm(load: Load) -> None:
    own = load(STUDIES / "norm" / "own_statistics.py")
    image = torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(0))
    net = torch.nn.Sequential(torch.nn.BatchNorm2d(3)).eval()
    assert torch.equal(own.paint(net, [image])[0], net(image))
    assert own.take_own_statistics(net)
    torch.testing.assert_close(own.paint(net, [image])[0], torch.nn.InstanceNorm2d(3)(image))
    assert not own.take_own_statistics(torch.nn.Sequential(torch.nn.InstanceNorm2d(3)))


def test_widths_are_drawn_by_the_settings_of_their_runs(
    load: Load,
    script: Callable[..., int],
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = load(STUDIES / "width" / "sheet.py")
    run = ["norm=batch", "trainer.max_steps=1", "logger=none", f"run.dir={tmp_path / 'run'}"]
    assert script("train.py", *tiny, *run) == 0
    width = json.loads((tmp_path / "run" / "model.json").read_text())["architecture"]["width"]
    monkeypatch.setattr(draw, "WIDTHS", (width,))
    monkeypatch.setattr(draw, "SHOWN", ("chelsea",))
    monkeypatch.setattr(sys, "argv", ["sheet.py", str(tmp_path), "batch", "--out", str(tmp_path)])
    draw.main()
    assert read_image(tmp_path / "sheet_batch.jpg").shape[2] > 2 * 220
    monkeypatch.setattr(sys, "argv", ["sheet.py", str(tmp_path), "instance"])
    with pytest.raises(KeyError):
        draw.main()


def test_automatic_regions_are_judged_as_their_run_was(
    load: Load, script: Callable[..., int], photographs: list[torch.Tensor], tmp_path: Path
) -> None:
    sheets = load(STUDIES / "regions_automatic" / "sheets.py")
    for name, picture in zip(("content", "style"), photographs, strict=False):
        write_image(tmp_path / f"{name}.png", picture)
    run = tmp_path / "run"
    own = [f"content={tmp_path / 'content.png'}", f"style={tmp_path / 'style.png'}"]
    own += ["content_size.px=64", "trainer.max_steps=2", "precision=32", "callbacks=none"]
    given = [*sheets.COMMON, *sheets.KINDS["segments"], *own, "regions.count=2"]
    assert script("train.py", *given, f"run.dir={run}") == 0
    (found,) = sheets.inside(run, [run])
    facts = json.loads((run / "result.json").read_text())["regions"]
    weight = compose("task=gatys").loss_network.optimised.style_weight
    # the run's own are of the picture before it was rounded to a file
    for value, fact in zip(found, facts, strict=True):
        assert weight * value == pytest.approx(fact["style_loss"], rel=0.05, abs=0.05)


def test_pictures_under_several_loss_networks(
    load: Load, photographs: list[torch.Tensor], tmp_path: Path
) -> None:
    sheet = load(STUDIES / "loss_network_quality" / "sheet.py")
    for name, picture in zip(("contents/c", "styles/s"), photographs, strict=False):
        write_image(tmp_path / f"{name}.png", picture)
    options = SimpleNamespace(
        **{name: tmp_path / name for name in ("contents", "styles", "out")},
        px=48,
        steps=8,
        style_weight=30.0,
    )
    one = sys.modules["contenders"].contender("random_compact")
    row = sheet.paint(one, "c", "s", options)
    assert row["network"] == "random_compact"
    assert 0 <= float(row["content_lost"]) < 2
    assert 0 < float(row["style_left"]) < 10
    assert sheet.paint(one, "c", "s", options) == row  # not made again
