"""data=folders: several trees, repeats, what is left out."""

import numpy as np
import pytest
from PIL import Image

from stylenet.data import FoldersData, RandomCrop
from stylenet.errors import StylenetError


def jpeg(path, tint):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(tint).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, "JPEG")
    return path


@pytest.fixture
def trees(tmp_path):
    for number in range(5):
        jpeg(tmp_path / "photos" / "deep" / f"{number}.jpg", number)
    for name in ("udnie", "rain_princess"):
        jpeg(tmp_path / "styles" / f"{name}.jpg", 9)
    return tmp_path


def data(trees, **settings):
    settings = {"roots": [str(trees / "photos"), str(trees / "styles")]} | settings
    settings = {"augment": RandomCrop(), "size": 16, "val_size": 16, "num_workers": 0} | settings
    return FoldersData(**settings)


def names(pictures):
    return [pictures.name(number) for number in range(len(pictures))]


def test_all_folders_are_searched_each_as_often_as_it_says(trees):
    found = names(data(trees, repeats=[1, 3]).train_pictures())
    assert sorted(set(found)) == [
        *(f"photos/deep/{n}.jpg" for n in range(5)),
        "styles/rain_princess.jpg",
        "styles/udnie.jpg",
    ]
    assert found.count("styles/udnie.jpg") == 3
    assert found.count("photos/deep/4.jpg") == 1


def test_an_epoch_holds_every_picture_as_often_as_it_says(trees):
    folders = data(trees, repeats=[1, 3], batch_size=11)
    assert len(folders.train_dataloader()) == 1
    (batch,) = folders.train_dataloader()
    assert batch.shape == (11, 3, 16, 16)


def test_what_is_excluded_is_never_drawn(trees):
    folders = data(trees, exclude=["rain_princess.*", "[01].jpg"])
    found = names(folders.train_pictures())
    assert sorted(found) == [*(f"photos/deep/{n}.jpg" for n in (2, 3, 4)), "styles/udnie.jpg"]


def test_a_pattern_that_fits_nothing_is_an_error(trees):
    with pytest.raises(StylenetError, match=r"\['rain_princes\.\*'\] fits no picture"):
        data(trees, exclude=["rain_princes.*"]).setup()


def test_nobody_trains_on_validation_pictures(trees):
    folders = data(trees, val_root=str(trees / "photos"), val_count=2)
    assert len(folders.val_pictures()) == 2
    assert sorted(names(folders.train_pictures())) == [
        "styles/rain_princess.jpg",
        "styles/udnie.jpg",
    ]
    with pytest.raises(StylenetError, match="No picture is left"):
        data(trees, roots=[str(trees / "photos")], val_root=str(trees / "photos")).setup()


@pytest.mark.parametrize("repeats", [[1], [1, 0], [1, 2, 3]])
def test_repeats_are_one_a_folder(trees, repeats):
    with pytest.raises(StylenetError, match="for each how often its pictures come"):
        data(trees, repeats=repeats)


def test_a_folder_that_is_not_there_is_named(trees):
    with pytest.raises(StylenetError, match=r"data\.roots=.*nowhere does not exist"):
        data(trees, roots=[str(trees / "nowhere")]).setup()
