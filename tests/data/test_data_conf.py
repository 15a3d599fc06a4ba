"""conf/data builds what it says, and its keys reach the objects."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from stylenet.data import (
    CentreSquare,
    CocoData,
    ColourChanged,
    FolderData,
    LitData,
    RandomCrop,
    SampleData,
    WholeSquare,
)

CONF = Path(__file__).parents[2] / "conf"


def build(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(overrides=["+seed=7", *overrides])
    return instantiate(config.data)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sample", SampleData), ("folder", FolderData), ("coco", CocoData), ("litdata", LitData)],
)
def test_each_choice_builds_its_class(name, kind):
    data = build(f"+data={name}", "data.size=64", "data.batch_size=2")
    assert type(data) is kind
    assert (data.seed, data.size, data.batch_size) == (7, 64, 2)
    assert isinstance(data.augment, RandomCrop)
    assert data.augment.scale == (0.5, 1.0)
    assert data.num_workers is None


@pytest.mark.parametrize(
    ("choice", "kind"),
    [("random_crop", RandomCrop), ("whole", WholeSquare), ("centre", CentreSquare)],
)
def test_augmentation_is_a_choice_of_its_own(choice, kind):
    assert type(build("+data=folder", f"data/augment={choice}").augment) is kind


def test_colour_changes_go_around_crops():
    augment = build("+data=folder", "data/augment=coloured_crop").augment
    assert type(augment) is ColourChanged
    assert type(augment.squares) is RandomCrop
    assert augment.squares.scale == (0.35, 1.0)


def test_its_keys_can_be_set():
    assert build("+data=sample", "data.augment.scale=[0.9,1.0]").augment.scale == (0.9, 1.0)
    data = build("+data=folder", "data.root=photos", "data.limit=3", "data.max_unreadable=0.5")
    assert (data.root, data.limit, data.max_unreadable) == ("photos", 3, 0.5)
