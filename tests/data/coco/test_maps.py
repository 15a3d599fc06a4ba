"""Pictures with maps: COCO's outlines, the same crop for picture and map, batches of both."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask

from stylenet.data import CentreSquare, CocoData, ColourChanged, RandomCrop, WholeSquare
from stylenet.data.coco.downloading import CocoRelease, CocoSplit
from stylenet.data.coco.maps import read_outlines
from stylenet.data.coco.outlines import Outlines
from stylenet.data.maps import Mapped, squared_maps
from stylenet.errors import StylenetError

SIZE = (60, 44)  # width, height
GROUPS = [["person"], ["cat", "dog"]]
COLOURS = [(0, 0, 200), (200, 0, 0), (0, 200, 0)]


def box(left: int, top: int, right: int, bottom: int) -> list[float]:
    return [left, top, right, top, right, bottom, left, bottom]


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    """Six pictures, blue with a red person, with a green dog before it; the last has neither."""
    (tmp_path / "images").mkdir()
    images, annotations = [], []
    for number in range(6):
        person, dog = (4 + number, 4, 34, 40), (20, 14 + number, 50, 30 + number)
        picture = Image.new("RGB", SIZE, COLOURS[0])
        kinds = {1: person, 18: dog} if number < 5 else {3: person}
        for kind, place in kinds.items():
            if kind != 3:
                picture.paste(COLOURS[1 if kind == 1 else 2], place)
            area = (place[2] - place[0]) * (place[3] - place[1])
            outline: object = [box(*place)]
            if number == 1:  # run lengths, as crowds have
                drawn = np.zeros((SIZE[1], SIZE[0]), np.uint8, order="F")
                drawn[place[1] : place[3], place[0] : place[2]] = 1
                outline = coco_mask.encode(drawn)
                outline["counts"] = outline["counts"].decode()
            annotations.append(
                {
                    "id": 10 * number + kind,
                    "image_id": number,
                    "category_id": kind,
                    "area": float(area),
                    "segmentation": outline,
                }
            )
        name = f"{number}.png"
        picture.save(tmp_path / "images" / name)
        images.append({"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
    names = {1: "person", 3: "car", 17: "cat", 18: "dog"}
    categories = [{"id": key, "name": name} for key, name in names.items()]
    dataset = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "instances.json").write_text(json.dumps(dataset))
    return tmp_path


def data(root: Path, **more) -> CocoData:
    settings = {"augment": RandomCrop((0.6, 1.0), 0.5), "regions": GROUPS, "num_workers": 0}
    release = CocoRelease(CocoSplit("instances.json", "images"))
    sizes = {"batch_size": 2, "size": 32, "val_size": 32, "val_count": 1}
    return CocoData(root=str(root), release=release, **(sizes | settings | more))


def shown(pictures: torch.Tensor) -> torch.Tensor:
    """The region that the colour of each pixel stands for, (N,H,W), and where it is clear."""
    colours = torch.tensor(COLOURS) / 255
    distances = (pictures[:, None] - colours[None, :, :, None, None]).abs().amax(2)
    return torch.where(distances.amin(1) < 0.05, distances.argmin(1), -1)


@pytest.mark.parametrize("augment", [RandomCrop((0.6, 1.0), 0.5), WholeSquare(0.5), CentreSquare()])
def test_maps_lie_on_their_pictures(annotated, augment):
    module = data(annotated, augment=augment)
    batches = [*module.train_dataloader(), *module.val_dataloader()]
    assert sum(len(batch.pictures) for batch in batches) == 5  # of 6: one has no such category
    for batch in batches:
        assert isinstance(batch, Mapped)
        assert batch.regions.shape == (len(batch.pictures), 3, 32, 32)
        torch.testing.assert_close(batch.regions.sum(1), torch.ones(len(batch.pictures), 32, 32))
        colours = shown(batch.pictures)
        clear = colours >= 0
        assert clear.float().mean() > 0.7
        assert torch.equal(batch.regions.argmax(1)[clear], colours[clear])


def test_without_regions_nothing_changes(annotated):
    batch = next(iter(data(annotated, regions=[]).train_dataloader()))
    assert isinstance(batch, torch.Tensor)


def test_a_map_follows_its_picture_to_another_size():
    labels = np.zeros((20, 30), np.uint8)
    labels[:, 15:] = 4
    maps = squared_maps(labels, 5, (60, 40), lambda p: CentreSquare()(p, 8))
    assert maps.shape == (5, 8, 8)
    assert maps[0, :, :3].eq(1).all()
    assert maps[4, :, 5:].eq(1).all()
    assert maps[1:4].eq(0).all()


def test_an_outline_that_cannot_be_drawn_is_an_unreadable_picture(annotated):
    file = annotated / "instances.json"
    dataset = json.loads(file.read_text())
    dataset["annotations"][2]["segmentation"] = {"counts": 7, "size": [1, 1]}
    file.write_text(json.dumps(dataset))
    with pytest.raises(StylenetError, match="an outline of it cannot be drawn"):
        for _ in data(annotated, max_unreadable=0, val_count=0, batch_size=1).train_dataloader():
            pass


def test_polygons_are_kept_as_arrays_and_drawn_alike(annotated):
    kept = read_outlines(annotated / "instances.json", GROUPS)
    outlines = [one for kept in kept.values() for _, one in kept.parts if isinstance(one, list)]
    assert outlines
    assert all(isinstance(polygon, np.ndarray) for one in outlines for polygon in one)
    for one in kept.values():
        lists = [(n, [p.tolist() for p in o] if isinstance(o, list) else o) for n, o in one.parts]
        assert (Outlines(one.height, one.width, tuple(lists)).labels() == one.labels()).all()


def test_no_picture_with_a_region_gets_words(annotated):
    with pytest.raises(StylenetError, match=r"None of the 1 chosen .* instance of person or cat"):
        data(annotated, categories=["car"]).train_dataloader()
    file = annotated / "instances.json"
    dataset = json.loads(file.read_text())
    for one in dataset["annotations"]:
        one.pop("segmentation")
    file.write_text(json.dumps(dataset))
    with pytest.raises(StylenetError, match=r"None of the 6 .* or use a file with 'segmentation'"):
        data(annotated).train_dataloader()


def test_what_cannot_be_drawn_gets_words(annotated, tmp_path):
    for groups, words in (
        ([["person"], ["person", "dog"]], "each category once"),
        ([["horse"]], r"names horse, .*There are: person, car, cat, dog"),
        ([[]], "expected groups of categories"),
    ):
        with pytest.raises(StylenetError, match=words):
            read_outlines(annotated / "instances.json", groups)
    with pytest.raises(StylenetError, match="maps cannot go through"):
        data(annotated, augment=ColourChanged(RandomCrop()))
    with pytest.raises(StylenetError, match="maps cannot go through"):
        data(annotated, cache=str(tmp_path))
    dataset = json.loads((annotated / "instances.json").read_text())
    for image in dataset["images"]:
        del image["height"]
    (annotated / "instances.json").write_text(json.dumps(dataset))
    with pytest.raises(StylenetError, match=r"gives no size for 0\.png"):
        read_outlines(annotated / "instances.json", GROUPS)
