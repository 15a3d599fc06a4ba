"""data=coco on a set made here, on a real sample, and fetched from a server that breaks off."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
import shutil
import threading
import zipfile

import pytest
from PIL import Image

from stylenet.data import (
    Archive,
    CocoData,
    CocoRelease,
    CocoSplit,
    FolderData,
    RandomCrop,
)
from stylenet.errors import StylenetError

TRAIN = CocoSplit("annotations/instances_train2017.json", "train2017")
VAL = CocoSplit("annotations/instances_val2017.json", "val2017")
ONE_FILE = CocoRelease(CocoSplit("instances.json", "images"))


def data(root, release=None, **settings):
    settings = {"augment": RandomCrop(), "size": 16, "val_size": 16, "num_workers": 0} | settings
    return CocoData(root=root and str(root), release=release or CocoRelease(TRAIN, VAL), **settings)


def names(pictures):
    return [pictures.name(number).rpartition("/")[2] for number in range(len(pictures))]


def chosen(root, release=None, **settings):
    """Names of all pictures that are left, of the training split."""
    return set(names(data(root, release, val_count=0, **settings).train_pictures()))


def expected(file, fits):
    """From the raw JSON: names of the pictures with an instance that ``fits(area, category)``."""
    raw = json.loads(file.read_text())
    kind = {category["id"]: category["name"] for category in raw["categories"]}
    return {
        image["file_name"]
        for image in raw["images"]
        if any(
            a["image_id"] == image["id"] and fits(a["area"], kind[a["category_id"]])
            for a in raw["annotations"]
        )
    }


def edit(root, change, split="train2017"):
    file = root / "annotations" / f"instances_{split}.json"
    raw = json.loads(file.read_text())
    change(raw)
    file.write_text(json.dumps(raw))


def test_the_official_splits_are_trained_and_validated_on(coco):
    both = data(coco)
    assert len(both.train_pictures()) == 12
    assert set(names(both.val_pictures())) == {f"{n:012d}.jpg" for n in range(100, 104)}
    assert both.train_pictures().name(0).startswith("train2017/")
    (batch, *_) = both.train_dataloader()
    assert batch.shape == (4, 3, 16, 16)
    assert len(data(coco, val_count=3).val_pictures()) == 3
    assert len(data(coco, val_count=0).val_pictures()) == 0


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ({"categories": ["cat"]}, lambda area, name: name == "cat"),
        ({"categories": "dog"}, lambda area, name: name == "dog"),
        ({"categories": ["cat", "dog"]}, lambda area, name: True),
        ({"min_area": 300}, lambda area, name: area > 300),
        ({"max_area": 900}, lambda area, name: area < 900),
        (
            {"categories": ["dog"], "min_area": 400, "max_area": 1000},
            lambda area, name: name == "dog" and 400 < area < 1000,
        ),
    ],
)
def test_filters_choose_what_the_raw_annotations_say(coco, filters, fits):
    want = expected(coco / TRAIN.annotations, fits)
    assert chosen(coco, **filters) == want
    assert 0 < len(want) <= 12


@pytest.mark.parametrize(
    ("filters", "fits", "count"),
    [
        ({}, lambda area, name: True, 8),
        ({"categories": ["person"]}, lambda area, name: name == "person", 3),
        ({"categories": ["horse", "dog"]}, lambda area, name: name in ("horse", "dog"), 2),
        ({"min_area": 90_000}, lambda area, name: area > 90_000, 3),
        (
            {"categories": ["person"], "max_area": 1000},
            lambda area, name: name == "person" and area < 1000,
            2,
        ),
    ],
)
def test_filters_on_a_real_sample(assets, filters, fits, count, capsys):
    root = assets / "coco8"
    got = chosen(root, ONE_FILE, **filters)
    assert got == expected(root / "instances.json", fits)
    assert len(got) == count
    assert capsys.readouterr().out == ""


def test_a_picture_without_instances_is_kept_unless_there_is_a_filter(coco):
    edit(coco, lambda raw: raw["annotations"].pop())
    assert len(chosen(coco)) == 12
    assert len(chosen(coco, categories=["cat", "dog"])) == 11
    assert len(chosen(coco, min_area=0)) == 11


def test_one_instance_has_to_fit_both_filters(coco):
    def small_dog_beside_a_large_cat(raw):
        raw["annotations"] = [
            {"id": 1, "image_id": 0, "category_id": 17, "area": 9000},
            {"id": 2, "image_id": 0, "category_id": 18, "area": 10},
        ]

    edit(coco, small_dog_beside_a_large_cat)
    assert chosen(coco, categories=["dog"]) == chosen(coco, min_area=5000) == {"000000000000.jpg"}
    with pytest.raises(
        StylenetError, match=r"None of the 12 .* of dog with an area between 5000 and inf.*Widen"
    ):
        chosen(coco, categories=["dog"], min_area=5000)


def test_choices_are_those_of_a_folder_of_the_same_pictures(coco):
    settings = {"augment": RandomCrop(), "val_count": 2, "num_workers": 0, "limit": 5}
    folder = FolderData(root=str(coco / "train2017"), **settings)
    (coco / "train2017").rename(coco / "images")
    (coco / TRAIN.annotations).rename(coco / "instances.json")
    ours = data(coco, ONE_FILE, val_count=2, limit=5)
    shutil.copytree(coco / "images", coco / "train2017")
    assert names(ours.train_pictures()) == names(folder.train_pictures())
    assert names(ours.val_pictures()) == names(folder.val_pictures())


def test_a_share_is_held_out_instead_of_the_validation_split(coco):
    shutil.rmtree(coco / "val2017")
    (coco / VAL.annotations).unlink()
    split = data(coco, val_fraction=0.25)
    train, val = names(split.train_pictures()), names(split.val_pictures())
    assert (len(train), len(val)) == (9, 3)
    assert set(train).isdisjoint(val)
    few = data(coco, val_fraction=0.25, val_count=1, seed=5)
    assert names(few.val_pictures()) == val[:1]
    assert names(few.train_pictures()) == train, "held out, though not validated on"
    limited = data(coco, val_fraction=0.25, limit=4)
    assert names(limited.train_pictures()) == train[:4]
    assert names(limited.val_pictures()) == val


def test_rgb_only_drops_grey_and_cmyk_by_their_headers(coco, caplog):
    every = names(data(coco, val_count=0).train_pictures())
    for name, mode in ((every[1], "L"), (every[4], "CMYK")):
        path = coco / "train2017" / name
        Image.open(path).convert(mode).save(path)
    # only the header is read: this one ends in the middle of its pixels
    whole = (coco / "train2017" / every[2]).read_bytes()
    (coco / "train2017" / every[2]).write_bytes(whole[: len(whole) - 100])
    assert names(data(coco, val_count=0).train_pictures()) == every
    with caplog.at_level(logging.INFO):
        rgb = names(data(coco, val_count=0, rgb_only=True).train_pictures())
    assert rgb == [name for name in every if name not in (every[1], every[4])]
    assert "2 of 12 pictures are not RGB and dropped" in caplog.text
    few = data(coco, val_count=0, rgb_only=True, limit=5).train_pictures()
    assert names(few) == rgb[:5], "the limit counts what is left"


def test_rgb_only_reads_no_more_headers_than_the_limit_takes(coco, monkeypatch, caplog):
    monkeypatch.setattr("stylenet.data.choosing._CHECKED_UP_FRONT", 2)
    with caplog.at_level(logging.INFO):
        assert len(data(coco, val_count=0, rgb_only=True, limit=3).train_pictures()) == 3
    assert "0 of 4 pictures, chosen from 12 to be checked, are not RGB" in caplog.text


def test_unreadable_pictures_are_counted_as_ever(coco, caplog):
    for name in ("000000000003.jpg", "000000000005.jpg"):
        (coco / "train2017" / name).write_text("<html>")
    for rgb_only in (False, True):
        with pytest.raises(StylenetError, match=r"2 of 12 pictures are unreadable.*HTML.*max_unr"):
            data(coco, rgb_only=rgb_only).setup()
        some = data(coco, rgb_only=rgb_only, max_unreadable=0.2)
        assert len(some.train_pictures()) == 10
    assert "2 of 12 pictures in" in caplog.text


def test_absent_pictures_are_an_error_that_counts_and_names_them(coco, caplog):
    for number in range(5):
        (coco / "train2017" / f"{number:012d}.jpg").unlink()
    with pytest.raises(
        StylenetError,
        match=r"5 of 12 pictures .*train2017\.json lists are absent from .*at most 0.*0\.jpg"
        r".*and 2 more.*data\.download=true.*data\.max_absent",
    ):
        data(coco).setup()
    with pytest.raises(StylenetError, match="at most 4"):
        data(coco, max_absent=0.4).setup()
    some = data(coco, max_absent=0.5)
    assert len(some.train_pictures()) == 7
    assert "5 of 12 listed pictures are absent" in caplog.text
    shutil.rmtree(coco / "train2017")
    (coco / "train2017").mkdir()
    with pytest.raises(StylenetError, match="12 of 12"):
        data(coco, max_absent=1).setup()
    (coco / "train2017").rmdir()
    with pytest.raises(StylenetError, match=r"There is no folder .*train2017 with the pictures"):
        data(coco).setup()


def test_absent_annotations_are_explained_by_what_is_there(coco, tmp_path):
    (coco / VAL.annotations).unlink()
    with pytest.raises(
        StylenetError, match=r"no annotation file .*val2017.*data\.val_fraction=0\.01"
    ):
        data(coco).setup()
    (coco / TRAIN.annotations).rename(coco / "instances.json")
    with pytest.raises(
        StylenetError, match=r"holds annotations, instances\.json, train2017.*release=one_file"
    ):
        data(coco).setup()
    (coco / "instances.json").unlink()
    with pytest.raises(StylenetError, match=r"no annotation file .*data\.download=true"):
        data(coco).setup()
    with pytest.raises(StylenetError, match=r"data=coco needs data\.root, which is not set"):
        data(None).setup()
    with pytest.raises(StylenetError, match="nowhere does not exist"):
        data(tmp_path / "nowhere").setup()


def captions(raw):
    raw["annotations"] = [{"id": 1, "image_id": 2, "caption": "a cat"}]
    del raw["categories"]


def panoptic(raw):
    raw["annotations"] = [{"image_id": 2, "segments_info": [], "file_name": "2.png"}]


def without_area(raw):
    del raw["annotations"][3]["area"]


def twins(raw):
    raw["images"][1]["id"] = raw["images"][0]["id"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (captions, r"no list 'categories'.*seems to hold captions.*as in instances_train2017"),
        (panoptic, r"'annotations' has no 'id'.*seems to hold panoptic segments"),
        (without_area, r"an entry of 'annotations' has no 'area': .*'id': 21"),
        (twins, "1 of its images share their id"),
        (lambda raw: raw.pop("annotations"), r"no list 'annotations'.*pictures only"),
        (lambda raw: raw.update(images=[{"id": 1}]), r"'images' has no 'file_name'"),
        (lambda raw: raw.update(images=[{"id": [1]}]), r"'images' has another kind of 'id'"),
    ],
)
def test_annotations_of_another_kind_are_named(coco, change, words):
    edit(coco, change)
    with pytest.raises(StylenetError, match=rf"instances_train2017\.json is not .*{words}"):
        data(coco).setup()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"images": [{"id": 1, "file_na', r"\(30 bytes\) is truncated or damaged"),
        ("", r"\(0 bytes\) is truncated or damaged"),
        ("<html>404</html>", "expected JSON"),
        ("[]", "it is a list, not an object"),
        ("\xff\xfe", "truncated or damaged"),
    ],
)
def test_broken_annotations_are_explained(coco, content, words):
    (coco / TRAIN.annotations).write_bytes(content.encode("latin-1"))
    with pytest.raises(StylenetError, match=rf"instances_train2017\.json .*{words}"):
        data(coco).setup()


def test_an_unknown_category_is_answered_with_the_nearest(coco):
    with pytest.raises(
        StylenetError, match=r"names 'dogs', 'xyz', which .*Did you mean dog\? There are: cat, dog"
    ):
        data(coco, categories=["cat", "dogs", "xyz"]).setup()


def test_filters_that_leave_nothing_to_train_on(coco):
    for path in (coco / "train2017").iterdir():
        Image.open(path).convert("L").save(path)
    with pytest.raises(StylenetError, match=r"Of 12 chosen pictures .*or not RGB.*data\.rgb_only"):
        data(coco, rgb_only=True).setup()
    with pytest.raises(StylenetError, match=r"Of 1 chosen pictures .* held out"):
        data(coco, max_area=150, val_fraction=0.5).setup()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("val_fraction", v) for v in (0, 1, -0.1)),
        *(("min_area", -1), ("max_area", 0), ("max_absent", 1.5)),
        *(("limit", 0), ("val_count", -1), ("release", 2014)),
    ],
)
def test_settings_out_of_range_are_refused_by_name(setting, value):
    with pytest.raises(StylenetError, match=rf"data\.{setting} is {value}, expected"):
        data("x", **{setting: value})
    with pytest.raises(StylenetError, match=r"max_area is 5, expected more pixels than"):
        data("x", min_area=5, max_area=5)


@pytest.fixture
def online(coco, file_server):
    """The three archives of the set on a server, its folder emptied: (server, release)."""
    folders = {"train2017": coco / "train2017", "val2017": coco / "val2017"}
    folders["annotations_trainval2017"] = coco / "annotations"
    archives = {}
    for name, folder in folders.items():
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, f"{folder.name}/{file.name}")
        content = file_server.files[f"/{name}.zip"] = stream.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        archives[name] = Archive(file_server.url(f"/{name}.zip"), len(content), digest)
    shutil.rmtree(coco)
    listed = archives["annotations_trainval2017"]
    train = CocoSplit(TRAIN.annotations, TRAIN.pictures, archives["train2017"], listed)
    val = CocoSplit(VAL.annotations, VAL.pictures, archives["val2017"], listed)
    return file_server, CocoRelease(train, val)


def test_what_is_absent_is_fetched_and_nothing_else(coco, online):
    server, release = online
    for _ in range(2):
        fetched = data(coco, release, download=True)
        fetched.prepare_data()
        assert len(fetched.train_pictures()) == 12
        assert len(server.requests) == 3
    assert sorted(p.name for p in coco.iterdir() if not p.name.startswith(".")) == [
        *("annotations", "train2017", "val2017")
    ]
    (coco / "train2017" / "000000000004.jpg").unlink()
    data(coco, release).prepare_data()
    assert len(server.requests) == 3, "not without download=true"
    data(coco, release, download=True).prepare_data()
    assert [path for path, *_ in server.requests[3:]] == ["/train2017.zip"]
    assert len(data(coco, release).train_pictures()) == 12


def test_no_validation_split_is_fetched_where_none_is_needed(coco, online):
    server, release = online
    data(coco, release, download=True, val_fraction=0.2).prepare_data()
    assert {path for path, *_ in server.requests} == {
        *("/annotations_trainval2017.zip", "/train2017.zip")
    }


def test_of_two_runs_at_once_one_downloads_and_the_other_waits(coco, online):
    server, release = online
    both = [data(coco, release, download=True) for _ in range(2)]
    threads = [threading.Thread(target=each.prepare_data) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 3
    assert [len(each.train_pictures()) for each in both] == [12, 12]


def test_a_release_without_archives_says_so(coco):
    (coco / "train2017" / "000000000004.jpg").unlink()
    with pytest.raises(StylenetError, match=r"train2017 is absent or incomplete, .*no archive"):
        data(coco, download=True).prepare_data()


def test_room_for_archive_and_pictures_is_seen_to_first(coco, online, monkeypatch):
    server, release = online
    usage = shutil.disk_usage(coco.parent)
    free = release.train.annotations_archive.size * 3 // 2
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=free))
    with pytest.raises(StylenetError, match=r"Downloading and unpacking annotations_trainval2017"):
        data(coco, release, download=True).prepare_data()
    assert server.requests == []


def archive_overrides(release):
    archives = {
        "train.archive": release.train.archive,
        "train.annotations_archive": release.train.annotations_archive,
        "val.archive": release.val.archive,
    }
    return [
        f"data.release.{where}.{key}={getattr(archive, key)}"
        for where, archive in archives.items()
        for key in ("url", "size", "sha256")
    ]


def test_train_py_downloads_over_a_bad_line_and_trains(coco, online, script, tiny, tmp_path, capfd):
    server, release = online
    server.breaks = 1
    arguments = ["data=coco", f"data.root={coco}", "data.download=true"]
    arguments += [a for a in tiny if not a.startswith(("data=", "data.root="))]
    arguments += [*archive_overrides(release), "data.rgb_only=true", "data.categories=[dog]"]
    arguments += ["trainer.max_steps=2", "logger=none", "loss_network/weights=random"]
    run = tmp_path / "run"
    assert script("train.py", *arguments, f"run.dir={run}") == 0
    assert (run / "pictures" / "step_000002.png").is_file()
    assert len(server.requests) == 4
    assert [bool(range_) for range_ in server.ranges].count(True) == 1, "it went on half-way"
    out, err = capfd.readouterr()
    for line in (
        "the connection broke off",
        "train2017.zip: 100 %",
        "12 files unpacked from train2017.zip",
        "0 of 6 pictures are not RGB",
    ):
        assert line in out, out + err
    assert "creating index" not in out
    server.files["/train2017.zip"] = server.files["/train2017.zip"][:-1] + b"x"
    shutil.rmtree(coco / "train2017")
    assert script("train.py", *arguments, f"run.dir={run}_2") == 2
    assert re.search(r"Error: The \d+ bytes .* SHA-256 .* removed", capfd.readouterr().err)
