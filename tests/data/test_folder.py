"""data=folder on real trees of files, broken ones among them."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.data import FolderData, RandomCrop, WholeSquare
from stylenet.errors import StylenetError


def jpeg(path, tint, size=(40, 30), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(tint).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, "JPEG")
    return path


def truncated(path, tint=0):
    jpeg(path, tint)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "photos"
    for number in range(20):
        jpeg(root / ("a" if number % 2 else "b/c") / f"{number:02}.jpg", number)
    return root


def data(root, **settings):
    settings = {"augment": RandomCrop(), "size": 16, "val_size": 24, "num_workers": 0} | settings
    return FolderData(root=root and str(root), **settings)


def names(pictures):
    return [pictures.name(number) for number in range(len(pictures))]


def test_finds_pictures_in_subfolders_whatever_the_case_of_their_suffix(tree):
    jpeg(tree / "UPPER.JPG", 99)
    Image.new("L", (20, 20), 7).save(tree / "grey.png")
    jpeg(tree / ".hidden.jpg", 98)
    jpeg(tree / ".thumbnails" / "small.jpg", 97)
    (tree / "notes.txt").write_text("not a picture")
    found = names(data(tree, val_count=0).train_pictures())
    assert {"UPPER.JPG", "grey.png", "a/01.jpg", "b/c/00.jpg"} < set(found)
    assert len(found) == 22


def test_batches_are_squares_in_the_unit_interval(tree):
    Image.new("L", (20, 20), 7).save(tree / "grey.png")
    folder = data(tree, batch_size=4, val_count=3)
    for batch in folder.train_dataloader():
        assert batch.shape == (4, 3, 16, 16)
        assert batch.dtype == torch.float32
        assert 0 <= batch.min() <= batch.max() <= 1
    first, second = (torch.cat(list(folder.val_dataloader())) for _ in range(2))
    assert first.shape == (3, 3, 24, 24)
    assert torch.equal(first, second)


def test_held_out_pictures_are_never_trained_on_and_the_same_for_every_seed(tree):
    choices = [data(tree, seed=seed, val_count=4) for seed in (0, 1)]
    train, val = names(choices[0].train_pictures()), names(choices[0].val_pictures())
    assert len(val) == 4
    assert set(train).isdisjoint(val)
    assert len(train) + len(val) == 20
    assert (train, val) == (names(choices[1].train_pictures()), names(choices[1].val_pictures()))


def test_the_choice_does_not_depend_on_where_the_tree_lies(tree, tmp_path):
    moved = tmp_path / "elsewhere" / "deeper"
    shutil.copytree(tree, moved)
    first, second = data(tree, limit=5), data(moved, limit=5)
    assert names(first.train_pictures()) == names(second.train_pictures())
    assert names(first.val_pictures()) == names(second.val_pictures())


def test_no_more_than_a_fifth_is_held_out(tree):
    folder = data(tree, val_count=16)
    assert len(folder.val_pictures()) == 4
    assert len(folder.train_pictures()) == 16


def test_limit_takes_fewer_of_the_same_and_leaves_validation_alone(tree):
    few, more = data(tree, limit=5), data(tree, limit=9)
    assert len(few.train_pictures()) == 5
    assert set(names(few.train_pictures())) < set(names(more.train_pictures()))
    assert names(few.val_pictures()) == names(more.val_pictures())
    assert len({name.split("/")[0] for name in names(more.train_pictures())}) == 2, "a mixture"


def test_a_validation_folder_inside_the_root_is_not_trained_on(tree):
    folder = data(tree, val_root=str(tree / "a"))
    assert set(names(folder.train_pictures())) == {f"b/c/{n:02}.jpg" for n in range(0, 20, 2)}
    assert len(folder.val_pictures()) == 10
    assert len(data(tree, val_root=str(tree / "a"), val_count=2).val_pictures()) == 2
    with pytest.raises(StylenetError, match="none is left to train on"):
        data(tree, val_root=str(tree)).setup()


def test_links_are_followed_and_loops_are_safe(tree, tmp_path):
    outside = tmp_path / "outside"
    jpeg(outside / "one.jpg", 50)
    (tree / "link").symlink_to(outside)
    (tree / "a" / "loop").symlink_to(tree)
    assert sorted(names(data(tree, val_count=0).train_pictures()))[-1] == "link/one.jpg"
    assert len(data(tree, val_count=0).train_pictures()) == 21


def test_unreadable_headers_are_skipped_and_named_in_one_warning(tree, caplog):
    (tree / "page.jpg").write_text("<!DOCTYPE html><title>404</title>")
    (tree / "empty.png").touch()
    folder = data(tree, val_count=0)
    with caplog.at_level(logging.WARNING):
        folder.setup()
        folder.setup("fit")
    (record,) = caplog.records
    assert "2 of 22 pictures" in record.getMessage()
    assert "page.jpg" in record.getMessage()
    assert "HTML" in record.getMessage()
    assert "empty.png" in record.getMessage()
    assert len(folder.train_pictures()) == 20


def test_too_many_unreadable_headers_are_an_error(tree):
    for number in range(5):
        (tree / f"page{number}.jpg").write_text("<html>")
    with pytest.raises(
        StylenetError, match=r"5 of 25 pictures .*fraction of 0\.1: .*and 2 more.*max_unreadable"
    ):
        data(tree).setup()
    data(tree, max_unreadable=0.2).setup()


def test_one_unreadable_header_among_few_is_allowed_unless_the_share_is_0(tmp_path, caplog):
    for number in range(8):
        jpeg(tmp_path / f"{number}.jpg", number)
    (tmp_path / "page0.jpg").write_text("<html>")
    few = data(tmp_path, val_count=0)
    few.setup()
    assert len(few.train_pictures()) == 8
    assert "1 of 9 pictures" in caplog.text
    with pytest.raises(StylenetError, match=r"1 of 9 pictures .* 0 by a fraction of 0: page0"):
        data(tmp_path, max_unreadable=0).setup()
    (tmp_path / "page1.jpg").write_text("<html>")
    (tmp_path / "7.jpg").unlink()
    with pytest.raises(
        StylenetError, match=r"2 of 9 pictures .*at most 1 by a fraction of 0\.1: page"
    ):
        data(tmp_path).setup()


def test_the_only_picture_has_to_be_readable(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    for share in (0.1, 1):
        with pytest.raises(StylenetError, match=r"1 of 1 pictures are .*at most 0 by a fraction"):
            data(tmp_path, max_unreadable=share).setup()


def test_one_truncated_picture_among_few_is_allowed_unless_the_share_is_0(tmp_path):
    for number in range(9):
        jpeg(tmp_path / f"{number}.jpg", number)
    truncated(tmp_path / "4.jpg")
    settings = {"val_count": 0, "batch_size": 1}
    assert len(list(data(tmp_path, **settings).train_dataloader())) == 9
    with pytest.raises(StylenetError, match=r"1 of 9 pictures are unreadable.*4\.jpg"):
        list(data(tmp_path, max_unreadable=0, **settings).train_dataloader())


def spoil_training_picture(folder, number):
    pictures = folder.train_pictures()
    return truncated(pictures.paths[number])


# Torch advises against more workers than cores; a machine may have one.
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_truncated_picture_is_replaced_and_named_once(tree, caplog, num_workers):
    folder = data(tree, val_count=0, batch_size=5, num_workers=num_workers, augment=WholeSquare())
    whole = {n: folder.train_pictures().load(n) for n in range(20)}
    spoilt = 7
    path = spoil_training_picture(folder, spoilt)
    loader = folder.train_dataloader()
    with caplog.at_level(logging.WARNING):
        epochs = [torch.cat(list(loader)) for _ in range(2)]
    (record,) = caplog.records
    assert path.name in record.getMessage()
    assert "truncated" in record.getMessage()
    for epoch, squares in enumerate(epochs):
        expected = [n + (n == spoilt) for n in loader.plan.order.picks(epoch)]
        for square, number in zip(squares, expected, strict=True):
            want = np.asarray(WholeSquare()(whole[number], 16, np.random.default_rng(0))) / 255
            np.testing.assert_allclose(square.permute(1, 2, 0), want, atol=1e-6)


def test_further_truncated_pictures_are_summed_up_at_the_end_of_the_epoch(tree, caplog):
    folder = data(tree, val_count=0, batch_size=1, max_unreadable=0.25)
    for number in (3, 8, 9, 12):
        spoil_training_picture(folder, number)
    loader = folder.train_dataloader()
    with caplog.at_level(logging.WARNING):
        assert [len(list(loader)) for _ in range(3)] == [20] * 3
    first, last = (record.getMessage() for record in caplog.records)
    assert "turned out unreadable" in first
    assert "4 of 20 pictures are unreadable" in last
    assert "and 1 more" in last


@pytest.mark.parametrize("num_workers", [0, 1])
def test_too_many_truncated_pictures_stop_the_training(tree, num_workers):
    folder = data(tree, val_count=0, num_workers=num_workers)
    for number in range(0, 20, 2):
        spoil_training_picture(folder, number)
    with pytest.raises(StylenetError, match=r"\d of 20 pictures are unreadable.*fraction of 0\.1"):
        list(folder.train_dataloader())


@pytest.mark.parametrize("max_unreadable", [0, 1])
def test_when_all_files_vanish_the_error_is_ours(tree, max_unreadable):
    folder = data(tree, val_count=0, max_unreadable=max_unreadable)
    folder.setup()
    shutil.rmtree(tree)
    with pytest.raises(StylenetError, match=r"\d+ of 20 pictures are unreadable.*no such file"):
        list(folder.train_dataloader())


def test_truncated_validation_pictures_are_left_out_with_one_warning(tree, caplog):
    folder = data(tree, val_count=4)
    truncated(folder.val_pictures().paths[1])
    loader = folder.val_dataloader()
    (record,) = caplog.records
    assert "1 of 4 validation pictures" in record.getMessage()
    assert [len(batch) for batch in loader] == [3]
    for path in folder.val_pictures().paths:
        truncated(path)
    with pytest.raises(StylenetError, match=r"Of 4 validation pictures none can be read"):
        folder.val_dataloader()


def test_too_few_pictures_for_a_batch_and_the_remedy(tree):
    with pytest.raises(StylenetError, match=r"3 draws .* batch of 4.*data\.epoch_size"):
        data(tree, limit=3).train_dataloader()
    loader = data(tree, limit=3, epoch_size=9).train_dataloader()
    assert len(list(loader)) == len(loader) == 2


def test_a_missing_empty_or_wrong_root_is_explained(tmp_path):
    with pytest.raises(StylenetError, match=r"data\.root, which is not set.*data=sample"):
        data(None).setup()
    with pytest.raises(StylenetError, match=r"data\.root=.*nowhere does not exist.*start from"):
        data(tmp_path / "nowhere").setup()
    (tmp_path / "file").touch()
    with pytest.raises(StylenetError, match="is a file, expected a folder"):
        data(tmp_path / "file").setup()
    (tmp_path / "empty").mkdir()
    with pytest.raises(StylenetError, match="holds no picture; found were no files at all"):
        data(tmp_path / "empty").setup()
    (tmp_path / "empty" / "a.txt").touch()
    with pytest.raises(StylenetError, match=r"found were 1 x \.txt, expected.*\.jpg"):
        data(tmp_path / "empty").setup()
    jpeg(tmp_path / "one" / "a.jpg", 0)
    with pytest.raises(StylenetError, match="none is left to train on"):
        data(tmp_path / "one").setup()
    with pytest.raises(StylenetError, match=r"data\.val_root=nowhere does not exist"):
        data(tmp_path / "one", val_root="nowhere").setup()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("batch_size", 0),
        ("size", 0),
        ("val_size", 2.5),
        ("epoch_size", 0),
        ("num_workers", -1),
        ("seed", -1),
        ("limit", 0),
        ("val_count", -1),
        ("max_unreadable", 1.5),
    ],
)
def test_settings_out_of_range_are_refused_by_name(setting, value):
    with pytest.raises(StylenetError, match=rf"data\.{setting} is {value}, expected"):
        data(Path(), **{setting: value})
