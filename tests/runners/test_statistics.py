"""Nets that aim at a painting which is not there: by its statistics, where these fit."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.run.building import instantiate
from stylenet.runners import statistics as module
from stylenet.runners.building import build_loss, build_network, read_sized_style
from stylenet.runners.statistics import find_statistics
from stylenet.styles import find, find_style, find_swatch
from stylenet.styles.errors import NotHereError

WORDS = "style udnie: no picture found at its source; using the bundled swatch"
SIX = ("udnie", "wave", "the_scream", "starry_night", "shipwreck", "night_cafe")
DEFAULT: list[str] = []
NORMALISED = ["experiment=normalised"]
Composed = Callable[..., DictConfig]


def settled(composed: Composed, *overrides: str) -> DictConfig:
    config = composed("style_scale=1", *overrides)
    weights = ("content_weight", "style_weight", "tv_weight")
    config.loss.update({k: 1.0 for k in weights if k in config.loss})
    return config


def found_for(config: DictConfig, style: str = "udnie") -> tuple[object, list[str]]:
    """What a style term is to aim at where a swatch stands in, and what was said."""
    said: list[str] = []
    network = build_network(config, instantiate)
    swatch = find_swatch(style, WORDS)
    (styled,), known = find_statistics(config, instantiate, network, [swatch], said.append)
    assert (styled.statistics is None) == (known is None)
    return known, said


@pytest.mark.parametrize("style", SIX)
@pytest.mark.parametrize(("loss", "parts"), [(DEFAULT, 4 + 1), (NORMALISED, 12 * 6)])
def test_targets_are_those_of_the_painting(
    loss: list[str], parts: int, style: str, composed: Composed, assets: Path
) -> None:
    """Four layers and their one scale; three statistics and scales of six layers at two sizes."""
    config = settled(composed, *loss)
    network = build_network(config, instantiate)
    painting = find_style(style, folder=assets / "styles", cache=Path("none"))
    swatch = find_swatch(style, WORDS)
    images = [read_sized_style(config, instantiate, one) for one in (painting, swatch)]
    known, _ = found_for(config, style)
    ours = build_loss(config, instantiate, network, style=images[1], style_statistics=known)
    theirs, of_swatch = (build_loss(config, instantiate, network, style=i) for i in images)
    expected = dict(theirs.named_buffers())
    near, far = [], []
    for name, buffer in ours.named_buffers():
        if not name.startswith("terms.style."):
            continue
        # of float16: 2^-11 of the value, and steps of 2^-24 next to zero; both a quarter more, as
        # they were found on another processor, whose sums go in another order
        wanted = expected[name]
        # what photographs are away from the style, a difference, is the less exact
        rough = 1.25 * (3 if "scale" in name else 1)
        torch.testing.assert_close(buffer, wanted, rtol=rough * 2**-11, atol=1.25 * 2**-24)
        near.append(float((buffer - wanted).abs().sum()))
        far.append(float((of_swatch.get_buffer(name) - wanted).abs().sum()))
    assert len(near) == parts
    assert sum(near) < 0.01 * sum(far)


@pytest.mark.parametrize("task", ["multistyle", "regions"])
def test_terms_of_several_styles_take_them_too(task: str, composed: Composed) -> None:
    config = settled(composed, f"task={task}", "loss.style_weights=[1,1]", "loss.style_weight=1")
    network = build_network(config, instantiate)
    styles = [find_swatch(style, WORDS) for style in ("udnie", "wave")]
    images = [read_sized_style(config, instantiate, style) for style in styles]
    _, known = find_statistics(config, instantiate, network, styles, lambda _: None)
    assert known is not None
    both = build_loss(config, instantiate, network, style=images, style_statistics=known)
    first = [known[0], None]
    one = build_loss(config, instantiate, network, style=images, style_statistics=first)
    plain = build_loss(config, instantiate, network, style=images)
    name = "terms.style.gram_relu2_1"
    torch.testing.assert_close(both.get_buffer(name)[:1], known[0]["relu2_1"]["gram"])
    torch.testing.assert_close(both.get_buffer(name)[1:], known[1]["relu2_1"]["gram"])
    torch.testing.assert_close(one.get_buffer(name)[:1], known[0]["relu2_1"]["gram"])
    torch.testing.assert_close(one.get_buffer(name)[1:], plain.get_buffer(name)[1:])


@pytest.mark.parametrize(
    "fitting",
    [
        [],
        ["loss.style_layers=[relu2_1,relu3_1]"],  # fewer than there are
        ["loss.style_layer_weights=[1,2,3,4]"],
        NORMALISED,
        [*NORMALISED, "loss.style_layers=[relu2_2]", "loss.style_scales=[2]"],
        [*NORMALISED, "loss.style_layer_weights=[1,2,3,4,5,6]"],
        [*NORMALISED, "loss.style_distance.weights.mean=2"],
    ],
)
def test_statistics_that_fit_are_aimed_at_and_said(fitting: list[str], composed: Composed) -> None:
    known, (words,) = found_for(settled(composed, *fitting))
    assert known is not None
    assert words.startswith("style udnie: trained towards the painting itself")


@pytest.mark.parametrize(
    "other",
    [
        ["style_size.px=511"],
        ["style_size=longer"],
        ["style_scale=0.5"],
        ["loss.style_margin=1"],
        ["loss.style_scales=[1,4]"],
        ["loss.style_layers=[relu1_2]"],
        ["loss/style_distance=gram_moments"],
        ["loss/style_distance=moments"],
        ["loss_network/padding=zeros"],
        ["loss_network/pooling=average"],
        ["loss_network/weights=random"],
    ],
)
def test_for_other_settings_the_swatch_serves(other: list[str], composed: Composed) -> None:
    assert found_for(settled(composed, *other)) == (None, [])


def test_a_painting_that_is_there_is_read(composed: Composed, tmp_path: Path) -> None:
    config = settled(composed)
    network = build_network(config, instantiate)
    there = find_swatch("udnie", None)  # type: ignore[arg-type]  # as a painting is found
    assert find_statistics(config, instantiate, network, [there], print) == ((there,), None)


def test_a_resumed_run_aims_at_what_it_aimed_at(
    composed: Composed, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settled(composed)
    config.resume = "run"
    assert found_for(config) == (None, [])  # begun when none shipped
    config.run.statistics = ["udnie"]
    assert found_for(config)[0] is not None
    monkeypatch.setattr(module, "painting_statistics", lambda style: [])
    with pytest.raises(StylenetError, match=r"aims at the statistics of the painting udnie"):
        found_for(config)


def losses(run: Path) -> dict[str, float]:
    """Without val/metric/, whose style is the image that the run has: the swatch, without it."""
    with (run / "losses.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if "loss/" in row["name"]]
    return {row["step"] + row["name"]: float(row["value"]) for row in rows}


def test_a_run_without_the_painting_has_the_losses_of_one_with_it(
    script: Callable[..., int],
    assets: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*_: object, **__: object) -> bytes:
        raise NotHereError("no network")

    monkeypatch.setattr(find, "download_bytes", unreachable)
    monkeypatch.delenv("STYLENET_STYLES", raising=False)
    common = ["style=udnie", "logger=none", "trainer.accelerator=cpu", "trainer.max_steps=2"]
    common += ["data.size=48", "data.val_size=48", "data.batch_size=1", "data.num_workers=0"]
    common += ["net.width=0.125", "precision=32", f"paths.cache={tmp_path / 'cache'}"]
    common += ["trainer.log_every_n_steps=1"]
    without, within = tmp_path / "without", tmp_path / "within"
    assert script("train.py", *common, f"run.dir={without}") == 0
    folder = f"paths.styles={assets / 'styles'}"
    assert script("train.py", *common, f"run.dir={within}", folder) == 0
    assert losses(without) == pytest.approx(losses(within), rel=1e-3)
    record, other = (json.loads((run / "run.json").read_text()) for run in (without, within))
    assert (record["statistics"], other["statistics"]) == (["udnie"], [])
    assert sum("trained towards the painting itself" in words for words in record["messages"]) == 1
    style = json.loads((without / "model.json").read_text())["style"]
    assert style["statistics"]["loss_network"].startswith("bundled vgg16_bundled.safetensors")
    assert script("train.py", f"resume={without}", "trainer.max_steps=3") == 0
    assert json.loads((without / "run.json").read_text())["statistics"] == ["udnie"]
