"""The real train.py with regions: maps, paintings for regions, COCO, layouts alone, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from stylenet.images import read_image

Script = Callable[..., int]


@pytest.fixture
def small(photos: Path, tmp_path: Path) -> list[str]:
    return [
        "task=gatys",
        f"content={photos / '00.jpg'}",
        f"style={photos / '01.jpg'}",
        "content_size.px=48",
        "loss.style_scales=[1]",  # at half their size these images are too small for relu5_1
        "trainer.accelerator=cpu",
        "trainer.max_steps=3",
        "precision=32",
        "logger=none",
        "callbacks=none",
        f"run.dir={tmp_path / 'run'}",
    ]


def halved(file: Path, left: str, right: str, size: tuple[int, int] = (48, 48)) -> Path:
    """A map of two halves; ``left`` and ``right`` may be the same colour."""
    picture = Image.new("RGB", size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    picture.save(file)
    return file


@pytest.fixture
def maps(tmp_path: Path) -> list[str]:
    content = halved(tmp_path / "content_map.png", "red", "blue")
    # indexed, of another size, and the other way round
    style = halved(tmp_path / "style_map.png", "blue", "red", (98, 96))
    with Image.open(style) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE).save(style)
    return ["regions=maps", f"regions.content={content}", f"regions.style={style}"]


def facts(run: Path) -> dict[str, dict[str, object]]:
    found = json.loads((run / "result.json").read_text())
    return {one["name"]: one for one in found["regions"]}


def messages(run: Path) -> list[str]:
    said: list[str] = json.loads((run / "run.json").read_text())["messages"]
    return said


def test_the_maps_used_and_each_regions_loss_lie_beside_the_result(
    script: Script, small: list[str], maps: list[str], tmp_path: Path
) -> None:
    scales = ["scales=coarse_to_fine", "scales.first_px=24", "scales.steps=1"]
    # with the network that computes features twice
    large = ["checkpoint_px=8", *scales, "trainer.max_steps=7"]
    large += ["precision=bf16-mixed"]
    assert script("train.py", *small, *maps) == 0
    run = tmp_path / "run"
    found = facts(run)
    assert set(found) == {"0xff0000", "0x0000ff"}
    assert [one["content_share"] for one in found.values()] == [0.5, 0.5]
    assert all(float(str(one["style_loss"])) > 0 for one in found.values())
    content, style = (read_image(run / f"regions_{side}.png") for side in ("content", "style"))
    assert content.shape == read_image(run / "result.png").shape
    assert style.shape == read_image(run / "style.png").shape
    assert content[0, :, :24].eq(1).all()
    assert style[0, :, 25:].eq(1).all()
    assert script("train.py", *small, *maps, *large, f"run.dir={tmp_path / 'other'}") == 0
    assert float(str(facts(tmp_path / "other")["0xff0000"]["style_loss"])) > 0


def test_a_new_picture_has_the_shape_of_its_layout(
    script: Script, small: list[str], maps: list[str], tmp_path: Path
) -> None:
    layout = halved(tmp_path / "layout.png", "red", "blue", (120, 60))
    settings = [s for s in small if not s.startswith("content=")]
    assert script("train.py", *settings, *maps, "content=null", f"regions.content={layout}") == 0
    run = tmp_path / "run"
    assert read_image(run / "result.png").shape == (3, 24, 48)
    assert not (run / "content.png").exists()
    assert "no content picture: no content term" in (run / "config.yaml").read_text()
    assert "no content picture: the picture starts from noise" in messages(run)


def test_regions_are_painted_from_whole_pictures(
    script: Script, small: list[str], maps: list[str], photos: Path, tmp_path: Path
) -> None:
    styles = f"regions.styles={{red: {photos / '02.jpg'}, blue: {photos / '03.jpg'}}}"
    weights = "loss.region_weights={0xff0000: 1, 0x0000ff: 0}"
    settings = [*small, *maps[:2], styles, weights, "content_size.px=40"]
    assert script("train.py", *settings, "style_size.px=32") == 0
    found = facts(tmp_path / "run")
    assert found["0xff0000"]["style"] == str(photos / "02.jpg")
    assert found["0x0000ff"]["style"] == str(photos / "03.jpg")
    assert not (tmp_path / "run" / "regions_style.png").exists()


def test_resuming_goes_on_with_the_same_regions(
    script: Script, small: list[str], maps: list[str], tmp_path: Path
) -> None:
    settings = [s for s in small if s != "callbacks=none"] + maps
    run = tmp_path / "run"
    assert script("train.py", *settings, "~callbacks.curves", "~callbacks.snapshots") == 0
    before, map_before = facts(run), read_image(run / "regions_content.png")
    assert script("train.py", f"resume={run}", "trainer.max_steps=6") == 0
    assert torch.equal(read_image(run / "regions_content.png"), map_before)
    for name, fact in facts(run).items():
        assert float(str(fact["style_loss"])) < float(str(before[name]["style_loss"]))


def annotated(photos: Path) -> Path:
    """COCO's instances of two pictures: cat and dog in the first, cat alone in the second."""

    def instance(number: int, image: int, category: int, box: tuple[int, int, int, int]) -> object:
        left, top, right, bottom = box
        outline = [left, top, right, top, right, bottom, left, bottom]
        area = float((right - left) * (bottom - top))
        return {
            "id": number,
            "image_id": image,
            "category_id": category,
            "area": area,
            "iscrowd": 0,
            "segmentation": [outline],
        }

    dataset = {
        "images": [
            {"id": n, "file_name": f"{n:02d}.jpg", "width": 48 + n, "height": 48} for n in (0, 1)
        ],
        "annotations": [
            instance(1, 0, 17, (0, 0, 32, 48)),
            instance(2, 0, 18, (0, 0, 24, 24)),
            instance(3, 1, 17, (10, 0, 49, 48)),
        ],
        "categories": [{"id": 17, "name": "cat"}, {"id": 18, "name": "dog"}],
    }
    file = photos / "instances.json"
    file.write_text(json.dumps(dataset))
    return file


def test_cocos_categories_are_regions_and_the_rest_is_background(
    script: Script, small: list[str], photos: Path, tmp_path: Path
) -> None:
    coco = ["regions=coco", f"regions.annotations={annotated(photos)}"]
    assert script("train.py", *small, *coco, "regions.categories=[cat]") == 0
    found = facts(tmp_path / "run")
    assert set(found) == {"background", "cat"}
    # the dog, smaller than the cat, is in front of it, and was not asked for
    assert found["cat"]["content_share"] == pytest.approx(32 / 48)
    assert found["cat"]["style_share"] == pytest.approx(39 / 49, abs=0.02)
    styles = f"regions.styles={{cat or dog: {photos / '02.jpg'}, background: {photos / '03.jpg'}}}"
    own = ["regions.categories=[[cat,dog]]", f"'{styles}'".strip("'")]
    assert script("train.py", *small, *coco, *own, f"run.dir={tmp_path / 'styles'}") == 0
    assert facts(tmp_path / "styles")["cat or dog"]["style"] == str(photos / "02.jpg")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (["regions.categories=[dog]"], "01.jpg has no dog; there are instances of: cat"),
        (["regions.categories=[cow]"], "00.jpg has no cow; there are instances of: cat, dog"),
        (["regions.categories=[cat]", "style=2"], "does not list the picture 02.jpg"),
        (["regions.categories=[cat]", "content=null"], "Got no content picture"),
        (["regions.categories=[cat]", "regions.annotations=x.json"], "x.json does not exist"),
    ],
)
def test_what_is_not_annotated_gets_words(
    script: Script,
    small: list[str],
    photos: Path,
    own: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    coco = ["regions=coco", f"regions.annotations={annotated(photos)}"]
    own = [f"style={photos / '02.jpg'}" if one == "style=2" else one for one in own]
    assert script("train.py", *small, *coco, *own) == 2
    assert words in capfd.readouterr().err


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (["regions.style=null"], "regions.style=None, expected a map of one style picture"),
        (["regions.style=other.png"], "only the content map has 0x0000ff, only the style map"),
        (["regions.style=wide.png"], "the style's region map of 99x33 px for a picture of 48x47"),
        (["regions.content=photo"], "is no region map"),
        (["regions.styles={red: photo}"], "Got 1 styles"),
        (["regions.content=dot.png"], "less than one cell of relu"),
        (["loss.region_weights={red: 1}"], "expected one for each region: 0x0000ff, 0xff0000"),
        (["task=invert"], "without a style term"),
    ],
)
def test_what_regions_cannot_be_gets_words(
    script: Script,
    small: list[str],
    maps: list[str],
    photos: Path,
    tmp_path: Path,
    own: list[str],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    halved(tmp_path / "other.png", "red", "lime")
    halved(tmp_path / "wide.png", "red", "blue", (99, 33))
    dot = Image.new("RGB", (48, 48), "red")
    dot.paste((0, 0, 255), (4, 4, 7, 7))
    dot.save(tmp_path / "dot.png")
    layer = ["loss.style_layers=[relu4_2]"] if "dot" in own[0] else []
    own = [one.replace("photo", str(photos / "04.jpg")) for one in own]
    if "task=invert" in own:  # it has no style to compare
        small = [one for one in small if "style_scales" not in one]
    assert script("train.py", *small, *maps, *layer, *own) == 2
    assert words in capfd.readouterr().err


def test_nets_have_no_regions_of_one_picture(
    script: Script, maps: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("train.py", "task=feedforward", *maps) == 2
    assert "Got regions=maps. regions is an input of task=gatys," in capfd.readouterr().err


def test_one_region_and_regions_too_small_for_a_layer_are_noted(
    script: Script, small: list[str], maps: list[str], tmp_path: Path
) -> None:
    halved(tmp_path / "one.png", "red", "red")
    wide = halved(tmp_path / "wide.png", "red", "red", (49, 48))
    one = [f"regions.content={tmp_path / 'one.png'}", f"regions.style={wide}"]
    assert script("train.py", *small, maps[0], *one) == 0
    assert "0xff0000 is the only one, so this is" in " ".join(messages(tmp_path / "run"))
    plain, other = tmp_path / "plain", tmp_path / "small"
    assert script("train.py", *small, f"run.dir={plain}") == 0
    # but for roundings, which the optimiser lets grow
    images = (read_image(folder / "result.png") for folder in (plain, tmp_path / "run"))
    torch.testing.assert_close(*images, atol=8 / 255, rtol=0)
    dot = Image.new("RGB", (48, 48), "red")
    dot.paste((0, 0, 255), (4, 4, 9, 9))
    dot.save(tmp_path / "dot.png")
    own = f"regions.content={tmp_path / 'dot.png'}"
    assert script("train.py", *small, *maps, own, f"run.dir={other}") == 0
    words = " ".join(messages(other))
    assert "region 0x0000ff of the content has fewer than 16 cells of" in words
