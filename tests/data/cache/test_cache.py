"""data.cache: the same batches without decoding, whatever happens to the sources or the builder."""

import itertools
import logging
import multiprocessing
import os
import pickle
import shutil
import sys
import threading
from collections import namedtuple

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.data import (
    CachedPictures,
    CentreSquare,
    FolderData,
    MemoryPictures,
    RandomCrop,
    SampleData,
    WholeSquare,
    cached,
)
from stylenet.data.cache import building
from stylenet.data.cache.file import INDEX
from stylenet.data.reduction import MiddleSquare, ShorterSide, Squeezed
from stylenet.errors import StylenetError
from stylenet.images import PictureError

SIZE = 16
COUNT = 12


def write(path, seed, size=(60, 44)):
    """A smooth picture, so that resizing it twice differs little from resizing it once."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        write(folder / f"{number:02}.png", number, (60 + 3 * number, 44 + number))
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, "stylenet")
    return caplog


def data(root, cache=None, **settings):
    given = {"augment": RandomCrop(), "size": SIZE, "val_size": SIZE, "num_workers": 0}
    given |= {"val_count": 0, "batch_size": 3, "cache": cache and str(cache)}
    return FolderData(root=str(root), **given | settings)


def epochs(folder, count=2):
    loader = folder.train_dataloader()
    return torch.stack([torch.cat(list(loader)) for _ in range(count)])


def decodings(monkeypatch):
    """The paths that are decoded from now on, in this process."""
    paths = []
    real = sys.modules["stylenet.data.pictures"].open_image
    monkeypatch.setattr(
        "stylenet.data.pictures.open_image", lambda path: paths.append(path) or real(path)
    )
    return paths


@pytest.mark.parametrize(
    ("augment", "tolerance"),
    [
        (RandomCrop((0.1, 1.0)), 0),  # 16 / 0.1 is more than the pictures have: nothing is resized
        (WholeSquare(flip=0.5), 0),
        (CentreSquare(), 0),
        # resized to 20, then cropped: two bicubic filters instead of one
        (RandomCrop((0.8, 1.0)), 16 / 255),
    ],
)
def test_batches_are_those_without_a_cache(root, cache, augment, tolerance):
    plain = epochs(data(root, augment=augment))
    through = epochs(data(root, cache, augment=augment))
    again = epochs(data(root, cache, augment=augment))
    assert torch.equal(through, again)
    assert (through - plain).abs().max() <= tolerance
    if tolerance:
        assert (through - plain).abs().mean() < 1.5 / 255
        assert not torch.equal(through, plain)
    assert not torch.equal(plain[0], plain[1])


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
def test_worker_processes_read_the_same(root, cache):
    plain = epochs(data(root, cache))
    folder = data(root, cache, num_workers=2)
    assert torch.equal(epochs(folder), plain)
    folder.teardown()


def test_nothing_is_decoded_once_the_cache_is_built(root, cache, monkeypatch):
    paths = decodings(monkeypatch)
    epochs(data(root, cache), 3)
    assert len(paths) == COUNT
    epochs(data(root, cache), 3)
    assert len(paths) == COUNT
    epochs(data(root), 3)
    assert len(paths) == 4 * COUNT


def test_pictures_are_kept_no_larger_than_needed_and_never_enlarged():
    wide, small = Image.new("RGB", (300, 200)), Image.new("RGB", (30, 20))
    for reduction, size in ((ShorterSide(50), (75, 50)), (Squeezed(50), (50, 50))):
        assert reduction(wide).size == size
        assert reduction(small) is small
    assert MiddleSquare(50)(wide).size == (50, 50)
    assert MiddleSquare(50)(small) is small
    assert RandomCrop((0.5, 1)).reduction(256) == ShorterSide(512)
    assert RandomCrop((0.533, 0.6)).reduction(256) == ShorterSide(481)
    assert WholeSquare().reduction(256) == Squeezed(256)
    assert CentreSquare().reduction(256) == MiddleSquare(256)
    assert Squeezed(50)(Image.new("RGB", (300, 20))).size == (50, 20)


def test_it_says_what_it_does_and_is_silent_when_all_is_there(root, cache, said):
    data(root, cache).setup()
    first, last = [record.getMessage() for record in said.records]
    assert f"Caching {COUNT} pictures (shorter side 32) in {cache}" in first
    assert f"{COUNT} pictures are cached, " in last
    said.clear()
    data(root, cache).setup()
    assert not said.records


def test_changed_new_and_removed_pictures(root, cache, said, monkeypatch):
    data(root, cache).setup()
    write(root / "03.png", 99)
    write(root / "extra.png", 98)
    (root / "05.png").unlink()
    said.clear()
    paths = decodings(monkeypatch)
    through = epochs(data(root, cache, augment=RandomCrop((0.5, 1))))
    assert sorted(path.name for path in paths) == ["03.png", "extra.png"]
    assert "lacks 1, and 1 changed since they were put in" in said.text
    assert (through - epochs(data(root))).abs().max() < 0.2


def test_a_time_of_change_alone_counts_as_a_change(root, cache, monkeypatch):
    data(root, cache).setup()
    paths = decodings(monkeypatch)
    found = (root / "03.png").stat()
    os.utime(root / "03.png", ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    data(root, cache).setup()
    assert [path.name for path in paths] == ["03.png"]


@pytest.mark.parametrize("settings", [{"size": 24}, {"augment": WholeSquare()}])
def test_other_settings_build_it_anew_and_say_which(root, cache, said, settings):
    data(root, cache).setup()
    said.clear()
    through = epochs(data(root, cache, **settings))
    assert "holds pictures of shorter side 32, this run needs" in said.text
    assert "rebuilt" in said.text
    assert (through - epochs(data(root, **settings))).abs().max() < 0.1
    assert len(list(cache.glob("*.rgb"))) == 1


def test_settings_that_leave_the_kept_pixels_alone_keep_the_cache(root, cache, monkeypatch):
    data(root, cache).setup()
    paths = decodings(monkeypatch)
    data(root, cache, augment=RandomCrop((0.5, 0.7), flip=0), batch_size=2, seed=4).setup()
    data(root, cache, limit=3).setup()
    data(root, cache).setup()
    assert paths == []


def test_a_cache_mostly_out_of_date_does_not_grow_for_ever(root, cache, said):
    data(root, cache).setup()
    size = next(cache.glob("*.rgb")).stat().st_size
    for path in root.iterdir():
        os.utime(path, ns=(1, 1))
    data(root, cache).setup()
    assert "Most of it is out of date" in said.text
    assert next(cache.glob("*.rgb")).stat().st_size == size


def test_unreadable_pictures_are_remembered_and_reported_as_without_a_cache(
    root, cache, caplog, monkeypatch
):
    whole = (root / "04.png").read_bytes()
    (root / "04.png").write_bytes(whole[: len(whole) // 2])
    plain = epochs(data(root, augment=WholeSquare()))
    (before,) = [record.getMessage() for record in caplog.records]
    caplog.clear()
    through = epochs(data(root, cache, augment=WholeSquare()))
    assert [record.getMessage() for record in caplog.records] == [before]
    assert "04.png (the file is truncated" in before
    assert torch.equal(plain, through)
    paths = decodings(monkeypatch)
    with pytest.raises(StylenetError, match=r"1 of 12 pictures are unreadable.*04\.png"):
        epochs(data(root, cache, augment=WholeSquare(), max_unreadable=0))
    assert paths == []
    (root / "04.png").write_bytes(whole)
    epochs(data(root, cache, augment=WholeSquare(), max_unreadable=0))
    assert [path.name for path in paths] == ["04.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_right_that_was_missing_and_is_given_is_noticed(root, cache):
    (root / "04.png").chmod(0)
    first = data(root, cache, augment=WholeSquare()).train_pictures()
    number = next(n for n in range(COUNT) if first.name(n) == "04.png")
    with pytest.raises(PictureError, match="permission"):
        first.load(number)
    (root / "04.png").chmod(0o600)
    assert first.load(number).size == (SIZE, SIZE)


def test_a_file_out_of_reach_is_not_remembered_as_bad(root, cache):
    pictures = data(root, augment=WholeSquare()).train_pictures()
    moved = pictures.paths[2].rename(root.parent / "moved.png")
    through = cached(pictures, cache, Squeezed(SIZE))
    with pytest.raises(PictureError, match="no such file"):
        through.load(2)
    moved.rename(pictures.paths[2])
    assert through.load(2).size == (SIZE, SIZE)


def test_it_is_picklable_and_the_map_stays_behind(root, cache):
    through = data(root, cache).train_pictures()
    assert isinstance(through, CachedPictures)
    pixels = [np.asarray(through.load(number)) for number in range(COUNT)]
    size = len(pickle.dumps(through))
    assert size < 10_000
    copy = pickle.loads(pickle.dumps(through))
    for number in reversed(range(COUNT)):
        np.testing.assert_array_equal(np.asarray(copy.load(number)), pixels[number])
    for number in range(COUNT):
        want = np.asarray(ShorterSide(32)(through.sources.load(number)))
        np.testing.assert_array_equal(pixels[number], want)


@pytest.mark.parametrize("cut", [1, 20, 400])
@pytest.mark.parametrize("file", ["index", "pixels"])
def test_a_cache_cut_off_anywhere_is_completed(root, cache, file, cut, monkeypatch):
    plain = epochs(data(root, cache))
    path = cache / INDEX if file == "index" else next(cache.glob("*.rgb"))
    os.truncate(path, path.stat().st_size - cut)
    paths = decodings(monkeypatch)
    assert torch.equal(epochs(data(root, cache)), plain)
    assert 1 <= len(paths) < COUNT
    assert torch.equal(epochs(data(root, cache)), plain)


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 0}\n', b"\xff\xfe\n", b"[]\n"])
def test_an_index_that_is_none_is_replaced(root, cache, content):
    plain = epochs(data(root, cache))
    (cache / INDEX).write_bytes(content)
    assert torch.equal(epochs(data(root, cache)), plain)
    assert len(list(cache.glob("*.rgb"))) == 1


FORK = multiprocessing.get_context("fork")


def build(root, cache, go_on):
    real, opened = sys.modules["stylenet.data.pictures"].open_image, itertools.count()

    def open_image(path):
        if next(opened) >= COUNT // 2:
            go_on.wait()
        return real(path)

    sys.modules["stylenet.data.pictures"].open_image = open_image
    building._AT_ONCE = 2
    data(root, cache).setup()


def another_process(root, cache, go_on):
    """Another process that builds the cache; half-way it waits for ``go_on``."""
    # Forked, as starting Python and Lightning anew takes longer than all tests here.
    process = FORK.Process(target=build, args=(root, cache, go_on))
    process.start()
    return process


FORKS = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@FORKS
def test_after_a_kill_the_next_run_goes_on(root, cache, said, monkeypatch, wait_for):
    plain = epochs(data(root, augment=RandomCrop((0.5, 1.0))))
    killed = another_process(root, cache, FORK.Event())
    wait_for(lambda: (cache / INDEX).exists() and len((cache / INDEX).read_bytes()) > 250)
    killed.kill()
    killed.join()
    there = len((cache / INDEX).read_text().splitlines()) - 1
    assert 2 <= there < COUNT
    paths = decodings(monkeypatch)
    through = epochs(data(root, cache))
    assert len(paths) == COUNT - there
    assert f"lacks {COUNT - there}, and 0 changed" in said.text
    assert (through - plain).abs().max() < 0.1


@FORKS
def test_two_processes_at_once_share_the_work(root, cache, said, monkeypatch, wait_for):
    go_on = FORK.Event()
    other = another_process(root, cache, go_on)
    wait_for((cache / INDEX).exists)

    def let_go():
        wait_for(lambda: "Another process is building the cache" in said.text)
        go_on.set()

    threading.Thread(target=let_go).start()
    paths = decodings(monkeypatch)
    through = data(root, cache)
    through.setup()
    other.join()
    assert other.exitcode == 0
    assert "Another process is building the cache" in said.text
    assert paths == []
    assert len((cache / INDEX).read_text().splitlines()) == COUNT + 1
    shutil.rmtree(cache)
    assert torch.equal(epochs(data(root, cache)), epochs(data(root, cache)))


def test_a_reader_keeps_what_it_had_when_another_run_builds_anew(root, cache):
    old = data(root, cache)
    before = epochs(old)
    data(root, cache, size=24).setup()
    assert torch.equal(epochs(old)[0], before[0])
    fresh = pickle.loads(pickle.dumps(old.train_pictures()))
    with pytest.raises(PictureError, match=r"the cache .* cannot be read .*Start again"):
        fresh.load(0)


def test_too_small_a_disk_is_found_out_before_it_is_full(root, cache, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(building, "_AT_ONCE", 4)
    monkeypatch.setattr(building.shutil, "disk_usage", lambda folder: usage(20_000))
    # 12 pictures of 44 x 32 pixels or so, 3 bytes each
    with pytest.raises(StylenetError, match=r"20\.0 kB left; 12 pictures need about \d\d\.\d kB"):
        data(root, cache).setup()
    assert next(cache.glob("*.rgb")).stat().st_size == 0


def test_a_disk_that_fills_up_loses_nothing(root, cache, monkeypatch):
    monkeypatch.setattr(building, "_AT_ONCE", 4)
    real, calls = building.Appender.add, []

    def full(self, pictures):
        if calls:
            self._pixels.write(b"half")
            raise OSError(28, "No space left on device")
        calls.append(real(self, pictures))

    monkeypatch.setattr(building.Appender, "add", full)
    with pytest.raises(StylenetError, match=r"The disk of data\.cache=.* left; .*what is cached"):
        data(root, cache).setup()
    monkeypatch.undo()
    paths = decodings(monkeypatch)
    assert torch.equal(epochs(data(root, cache)), epochs(data(root, cache)))
    assert len(paths) == COUNT - 4


def test_a_folder_that_cannot_be_made_is_explained(root, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StylenetError, match=r"data\.cache=.*file.* cannot be used .*cache=null"):
        data(root, tmp_path / "file").setup()
    with pytest.raises(StylenetError, match=r"SampleData has its pictures in memory.*cache=null"):
        SampleData(augment=RandomCrop(), cache=str(tmp_path / "other")).setup()
    assert isinstance(SampleData(augment=RandomCrop()).train_pictures(), MemoryPictures)


def test_prepare_data_builds_and_setup_after_it_only_reads(root, cache, monkeypatch):
    first, second = data(root, cache), data(root, cache)
    data(root).prepare_data()
    assert not cache.exists()
    first.prepare_data()
    assert (cache / INDEX).is_file()
    paths = decodings(monkeypatch)
    second.setup("fit")
    assert torch.equal(epochs(first), epochs(second))
    assert paths == []
    assert first.prepare_data_per_node, "each machine's first process, as a cache may be local"
