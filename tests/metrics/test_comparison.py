"""Figures that mean the same in every run."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from stylenet.losses import ContentTerm, GramDistance, RegionStylesTerm, StyleTerm
from stylenet.losses.functional import relative_content_loss
from stylenet.metrics import Comparison, Judge, figure_names
from stylenet.metrics.comparison import JUDGED_PENALTY, LOST, PENALTY


class Network(nn.Module):
    """Layers ``one`` and ``two`` of fixed filters."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({"one": nn.Conv2d(3, 4, 1), "two": nn.Conv2d(4, 6, 3, 2, 1)})
        generator = torch.Generator().manual_seed(0)
        for weight in self.parameters():
            weight.data = torch.randn(weight.shape, generator=generator)

    @staticmethod
    def resolve(layer: str) -> str:
        return layer

    def forward(self, image: Tensor, layers: list[str]) -> dict[str, Tensor]:
        one = self.layers["one"](image).relu()
        features = {"one": one, "two": self.layers["two"](one)}
        return {layer: features[layer] for layer in layers}


def comparison(judge: Judge | None = None, px: int = 64) -> Comparison:
    settings = {"layers": ["one", "two"], "layer_weights": None, "weight": 1.0}
    distance = GramDistance()
    return Comparison(
        Network(),  # type: ignore[arg-type]
        ContentTerm(["two"], None, 1.0, relative_content_loss),
        functools.partial(StyleTerm, **settings, distance=distance, scales=[1, 2]),
        functools.partial(RegionStylesTerm, **settings, distance=distance),
        px,
        judge,
    )


def images(seed: int, count: int = 1, height: int = 64, width: int = 80) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    small = torch.rand(count, 3, height // 8, width // 8, generator=generator)
    return nn.functional.interpolate(small, (height, width), mode="bicubic").clamp(0, 1)


def test_the_style_is_at_no_distance_from_itself_and_the_photograph_from_itself() -> None:
    photograph, style = images(0), images(1)
    measure = comparison()
    as_style = measure({"stylised": style, "content": photograph}, {"mine": style})
    as_content = measure({"stylised": photograph, "content": photograph}, {"mine": style})
    assert as_style["style"] == pytest.approx(0, abs=1e-6)
    assert as_content["content"] == 0
    assert as_content["ssim"] == pytest.approx(1)
    assert as_content["style"] > as_style["style"]
    assert as_style["content"] > 0


def test_the_parts_of_the_style_are_its_layers_and_add_up() -> None:
    found = comparison()({"stylised": images(0), "content": images(0)}, {"mine": images(1)})
    assert found["style"] == pytest.approx(found["style/one"] + found["style/two"], rel=1e-5)


def test_a_photograph_that_is_lost_costs_and_one_that_is_not_does_not() -> None:
    photograph, style = images(0), images(1)
    found = comparison()({"stylised": photograph, "content": photograph}, {"mine": style})
    assert found["balanced"] == found["style"]
    lost = comparison()({"stylised": 0 * photograph, "content": photograph}, {"mine": style})
    assert lost["content"] > LOST
    expected = lost["style"] + PENALTY * (lost["content"] - LOST)
    assert lost["balanced"] == pytest.approx(expected, rel=1e-5)


def test_an_image_of_a_coarse_size_is_measured_at_its_photographs() -> None:
    photograph = images(0, height=64, width=90)
    coarse = nn.functional.interpolate(photograph, (24, 33), mode="bilinear", antialias=True)
    found = comparison()({"stylised": coarse, "content": photograph}, {"mine": images(1)})
    assert found["ssim"] > 0.5


def test_a_batch_has_the_mean_of_its_images() -> None:
    photographs, painted, style = images(0, 2), images(1, 2), {"mine": images(2)}
    both = comparison()({"stylised": painted, "content": photographs}, style)
    each = [
        comparison()({"stylised": painted[[n]], "content": photographs[[n]]}, style)
        for n in range(2)
    ]
    for key, value in both.items():
        assert value == pytest.approx((each[0][key] + each[1][key]) / 2, rel=1e-4, abs=1e-6), key


def test_sizes_do_not_matter_if_style_and_photograph_are_scaled_alike() -> None:
    photograph, painted, style = images(0), images(1), images(2)
    twice: Callable[[Tensor], Tensor] = functools.partial(
        nn.functional.interpolate, scale_factor=2, mode="bilinear", antialias=True
    )
    small = comparison()({"stylised": painted, "content": photograph}, {"mine": style})
    large = comparison()(
        {"stylised": twice(painted), "content": twice(photograph)}, {"mine": twice(style)}
    )
    for key in ("style", "content"):
        assert large[key] == pytest.approx(small[key], rel=0.1), key


def test_several_styles_have_figures_of_their_own_and_a_mean() -> None:
    photograph, styles = images(0), {"first": images(1), "second": images(2)}
    stylised = {"first": images(3), "second": images(4)}
    found = comparison()({"stylised": stylised, "content": photograph}, styles)
    for key in ("style", "content", "balanced", "tv", "ssim"):
        assert found[key] == pytest.approx((found[f"first/{key}"] + found[f"second/{key}"]) / 2)
    alone = comparison()(
        {"stylised": stylised["second"], "content": photograph}, {"second": styles["second"]}
    )
    assert found["second/style"] == pytest.approx(alone["style"])


def test_regions_are_compared_with_their_own_styles() -> None:
    styles = {"left": images(1), "right": images(2)}
    regions = torch.zeros(1, 2, 64, 80)
    regions[:, 0, :, :40], regions[:, 1, :, 40:] = 1, 1
    painted = torch.cat([styles["left"][..., :40], styles["right"][..., 40:]], dim=-1)
    both = {"content": images(0), "regions": regions}
    right_way = comparison()({"stylised": painted, **both}, styles)
    swapped = dict(zip(styles, reversed(styles.values()), strict=True))
    wrong_way = comparison()({"stylised": painted, **both}, swapped)
    assert right_way["style"] < wrong_way["style"]
    halves = (right_way["left/style"] + right_way["right/style"]) / 2
    assert right_way["style"] == pytest.approx(halves, rel=1e-4)


@pytest.mark.parametrize("compared", [{"content", "style"}, {"content"}, {"style"}, set()])
@pytest.mark.parametrize("judged", [True, False])
def test_the_names_that_are_promised_are_measured(
    compared: set[str], judged: bool, small_judge: Judge
) -> None:
    painted = {"stylised": images(0)} | ({"content": images(1)} if "content" in compared else {})
    styles = {"mine": images(2)} if "style" in compared else {}
    found = comparison(small_judge if judged else None)(painted, styles)
    assert {k for k in found if "style/" not in k or k == "judge/style"} == figure_names(
        compared, judged=judged
    )


def test_a_judge_finds_the_style_at_no_distance(small_judge: Judge) -> None:
    style = images(1)
    found = comparison(small_judge)({"stylised": style, "content": images(0)}, {"mine": style})
    assert found["judge/style"] == pytest.approx(0, abs=1e-6)
    assert found["judge/content"] > 0


def test_a_judge_that_finds_the_photograph_lost_takes_off_what_style_it_found(
    small_judge: Judge,
) -> None:
    photograph, style = images(0), {"mine": images(1)}
    kept = comparison(small_judge)({"stylised": photograph, "content": photograph}, style)
    assert kept["judge/balanced"] == kept["judge/style"] == pytest.approx(1)
    lost = comparison(small_judge)({"stylised": 1 - photograph, "content": photograph}, style)
    assert lost["judge/content"] > LOST
    expected = lost["judge/style"] + JUDGED_PENALTY * (lost["judge/content"] - LOST)
    assert lost["judge/balanced"] == pytest.approx(expected)
    both = {"stylised": torch.cat([photograph, 1 - photograph])}
    found = comparison(small_judge)(both | {"content": photograph.repeat(2, 1, 1, 1)}, style)
    mean = (kept["judge/balanced"] + lost["judge/balanced"]) / 2
    assert found["judge/balanced"] == pytest.approx(mean)  # one photograph kept does not save both


def test_samples_of_one_texture_are_told_apart() -> None:
    noise = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    style = {"mine": torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))}
    apart = comparison()({"stylised": noise}, style)
    assert apart["diversity"] == pytest.approx(1, rel=0.05)
    same = comparison()({"stylised": noise[:1].expand(4, 3, 64, 64)}, style)
    assert same["diversity"] == same["diversity/layout"] == 0
    grain = comparison()({"stylised": images(3, 1, 64, 64) + 0.05 * (noise - 0.5)}, style)
    assert grain["diversity/layout"] < grain["diversity"] < apart["diversity"]
    assert {"diversity"} == figure_names({"style", "samples"}, judged=False) - figure_names(
        {"style"}, judged=False
    )
