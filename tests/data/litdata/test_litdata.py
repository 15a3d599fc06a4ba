"""data=litdata on real data sets, in a directory and by way of LitData's downloads."""

import builtins
import io
import pickle
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.data import (
    ChunkOrder,
    FolderData,
    LitData,
    LitDataPictures,
    MemoryPictures,
    Order,
    RandomCrop,
    WholeSquare,
    write_litdata,
)
from stylenet.errors import StylenetError
from stylenet.images import PictureError

COUNT, SIZE = 20, 16

pytestmark = [
    # litdata 0.2.76 leaves a chunk's file to the garbage collector when it goes to the next.
    pytest.mark.filterwarnings("ignore:unclosed file .*chunk-:ResourceWarning"),
    # litdata reads tensors out of a read-only map; they are copied before anything else.
    pytest.mark.filterwarnings("ignore:The given buffer is not writable"),
    # Torch advises against more workers than cores; a machine may have one.
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
]


def picture(seed, size=(40, 30)):
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def sources():
    names = [f"{number:02}.jpg" for number in range(COUNT)]
    return MemoryPictures(names, [picture(n, (40 + n, 30)) for n in range(COUNT)])


@pytest.fixture(scope="module")
def root(sources, tmp_path_factory):
    """Twenty pictures in several chunks."""
    return write_litdata(sources, tmp_path_factory.mktemp("data") / "set", chunk_bytes=6000)


def data(root, **settings):
    given = {"augment": RandomCrop(), "size": SIZE, "val_size": SIZE, "num_workers": 0}
    return LitData(root=None if root is None else str(root), **given | {"batch_size": 2} | settings)


def epochs(module, count=2):
    loader = module.train_dataloader()
    batches = torch.stack([torch.cat(list(loader)) for _ in range(count)])
    module.teardown()
    return batches


def test_what_is_written_is_what_is_read(root, sources, capfd):
    pictures = LitDataPictures(str(root))
    assert len(pictures) == COUNT
    assert len(pictures.chunks()) > 2
    assert sum(pictures.chunks()) == COUNT
    for number in (7, 0, 19, 3):
        read, want = pictures.load(number), sources.load(number)
        assert read.size == want.size
        difference = np.abs(np.asarray(read, float) - np.asarray(want, float))
        assert difference.mean() < 2, "JPEG of quality 95"
    first = pictures.chunks()[0]
    assert pictures.name(0).endswith("item 0")
    assert pictures.name(first - 1).endswith(f"item {first - 1}")
    assert pictures.name(first).endswith("item 0")
    assert len({pictures.name(number) for number in range(COUNT)}) == COUNT
    assert capfd.readouterr().out == ""


def test_held_out_pictures_are_the_last_ones(root):
    module = data(root, val_count=3)
    assert (len(module.train_pictures()), len(module.val_pictures())) == (COUNT - 3, 3)
    every = LitDataPictures(str(root))
    for part, first in ((module.train_pictures(), 0), (module.val_pictures(), COUNT - 3)):
        assert part.name(1) == every.name(first + 1)
        assert part.load(1).tobytes() == every.load(first + 1).tobytes()
        assert sum(part.chunks()) == len(part)
    assert [len(batch) for batch in module.val_dataloader()] == [2, 1]
    assert len(data(root).val_pictures()) == COUNT // 5
    assert len(data(root, val_count=0).train_pictures()) == COUNT
    other = data(root, val_root=str(root), val_count=5)
    assert (len(other.train_pictures()), len(other.val_pictures())) == (COUNT, 5)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_of_a_directory_are_those_of_the_same_pictures_elsewhere(root, num_workers):
    pictures = LitDataPictures(str(root))
    memory = MemoryPictures.of(pictures)

    class Elsewhere(FolderData):
        def find(self):
            return memory, MemoryPictures([], [])

    settings = {"augment": RandomCrop(), "size": SIZE, "val_size": SIZE, "batch_size": 2}
    want = epochs(Elsewhere(root=None, num_workers=0, **settings))
    assert torch.equal(epochs(data(root, val_count=0, num_workers=num_workers)), want)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_from_an_address_the_pictures_come_chunk_by_chunk(root, tmp_path, num_workers):
    far = data(
        f"local:{root}", chunk_folder=str(tmp_path), val_count=3, num_workers=num_workers, seed=3
    )
    pictures = far.train_pictures()
    order = far.train_dataloader().plan.order
    assert order == ChunkOrder(COUNT - 3, COUNT - 3, 3, pictures.chunks())
    near = data(root, val_count=3, seed=3)
    near.order = lambda pictures: order
    assert torch.equal(epochs(far), epochs(near))
    assert list(tmp_path.rglob("chunk-*.bin")), "downloaded to where it was said"


def test_a_chunk_order_deals_each_picture_once_and_chunk_after_chunk():
    sizes = (5, 3, 4, 1)
    order = ChunkOrder(13, 13, 0, sizes)
    chunk_of = np.repeat(range(4), sizes)
    passes = [order.picks(epoch) for epoch in range(4)]
    for picks in passes:
        assert sorted(picks) == list(range(13))
        assert np.count_nonzero(np.diff(chunk_of[picks])) == 3
    assert len({tuple(picks) for picks in passes}) == 4
    assert len({tuple(chunk_of[picks]) for picks in passes}) > 1
    assert (ChunkOrder(13, 13, 0, sizes).picks(2) == passes[2]).all()
    assert (ChunkOrder(13, 13, 1, sizes).picks(2) != passes[2]).any()
    short = ChunkOrder(13, 5, 0, sizes)
    dealt = np.concatenate([short.picks(epoch) for epoch in range(9)])
    assert (dealt[:39] == np.concatenate(passes)[:39]).all()
    for end in range(1, 46):
        counts = np.bincount(dealt[:end], minlength=13)
        assert counts.max() - counts.min() <= 1


def test_one_chunk_for_each_picture_is_any_other_shuffle():
    picks = ChunkOrder(50, 50, 0, (1,) * 50).picks(0)
    assert sorted(picks) == sorted(Order(50, 50, 0).picks(0))
    assert np.count_nonzero(picks == np.arange(50)) < 8


def test_it_can_be_cached_as_pictures(root, tmp_path):
    settings = {"augment": WholeSquare(), "val_count": 3}
    through = data(root, cache=str(tmp_path / "cache"), **settings)
    assert torch.equal(epochs(through), epochs(data(root, **settings)))


def test_it_is_picklable(root):
    pictures = LitDataPictures(str(root)).part(4, 9)
    copy = pickle.loads(pickle.dumps(pictures))
    assert len(copy) == 5
    assert copy.load(2).tobytes() == pictures.load(2).tobytes()


def encoded(image, kind="PNG", **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize(
    "item",
    [
        encoded(picture(0)),
        {"image": encoded(picture(0)), "label": 3},
        picture(0),
        {"image": picture(0)},
        {"image": torch.from_numpy(np.asarray(picture(0)).copy()).permute(2, 0, 1)},
    ],
    ids=["bytes", "dict of bytes", "Pillow", "dict of Pillow", "dict of a tensor"],
)
def test_items_that_others_wrote(item, tmp_path):
    from litdata.streaming import Cache

    writer = Cache(str(tmp_path), chunk_bytes="1MB")
    for number in range(3):
        writer[number] = item
    writer.done()
    writer.merge()
    read = LitDataPictures(str(tmp_path)).load(1)
    assert read.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(read), np.asarray(picture(0)))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"label": 3}, "it is a dict with label; expected the content"),
        ({"image": 5}, "it is <class 'int'>; expected the content"),
        ({"image": b"<html>"}, "it holds a web page"),
        ({"image": encoded(picture(0), "JPEG")[:-200]}, "truncated"),
    ],
)
def test_items_that_are_no_pictures_are_unreadable_pictures(item, words, tmp_path):
    from litdata.streaming import Cache

    writer = Cache(str(tmp_path), chunk_bytes="1MB")
    for number in range(3):
        writer[number] = item
    writer.done()
    writer.merge()
    with pytest.raises(PictureError, match=rf"chunk-0-0\.bin item 1: .*{words}"):
        LitDataPictures(str(tmp_path)).load(1)
    with pytest.raises(StylenetError, match=rf"pictures are unreadable.*{words}"):
        next(iter(data(tmp_path, val_count=0).train_dataloader()))


def test_a_missing_chunk_is_named(sources, tmp_path):
    root = write_litdata(sources, tmp_path / "set", chunk_bytes=6000)
    sorted(root.glob("chunk-*.bin"))[1].unlink()
    pictures = LitDataPictures(str(root))
    with pytest.raises(PictureError, match=r"chunk-0-1\.bin item 0: LitData cannot fetch it"):
        pictures.load(pictures.chunks()[0])
    pictures.load(0)


def test_writing_leaves_out_what_is_unreadable_and_names_it(tmp_path, caplog):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(4):
        picture(number).save(folder / f"{number}.png")
    source = FolderData(root=str(folder), val_count=0, augment=RandomCrop()).train_pictures()
    (folder / "2.png").write_bytes((folder / "2.png").read_bytes()[:200])
    root = write_litdata(source, tmp_path / "set")
    assert "1 of 4 pictures are unreadable and left out: 2.png (" in caplog.text
    assert len(LitDataPictures(str(root))) == 3
    assert not list(tmp_path.glob("*.part"))


def test_writing_never_leaves_a_half_and_never_overwrites(sources, tmp_path, monkeypatch):
    root = tmp_path / "set"

    class Breaks(MemoryPictures):
        def load(self, number):
            if number == 9:
                raise KeyboardInterrupt
            return super().load(number)

    with pytest.raises(KeyboardInterrupt):
        write_litdata(Breaks(sources.names, sources.images), root, chunk_bytes=6000)
    assert not root.exists()
    write_litdata(sources, root, chunk_bytes=6000)
    assert len(LitDataPictures(str(root))) == COUNT
    with pytest.raises(StylenetError, match=r"something is there; expected a new or empty"):
        write_litdata(sources, root)
    with pytest.raises(StylenetError, match="Of 0 pictures none can be read"):
        write_litdata(MemoryPictures([], []), tmp_path / "other")


def test_a_missing_data_set_is_explained(tmp_path, root):
    with pytest.raises(StylenetError, match=r"data=litdata needs data\.root.*write_litdata"):
        data(None).setup()
    with pytest.raises(StylenetError, match=r"not a data set in LitData's format \(no index\.json"):
        data(tmp_path).setup()
    (tmp_path / "index.json").write_text('{"chunks": [')
    with pytest.raises(StylenetError, match=r"not a data set in LitData's format \(JSONDecode"):
        data(tmp_path).setup()
    with pytest.raises(StylenetError, match=r"not a data set in LitData's format \("):
        data(f"local:{tmp_path / 'nowhere'}", chunk_folder=str(tmp_path / "chunks")).setup()
    with pytest.raises(StylenetError, match=r"data\.val_count is -1, expected a whole number of 0"):
        data(root, val_count=-1)


def test_without_the_package_it_says_how_to_get_it(root, sources, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "litdata":
            raise ModuleNotFoundError("No module named 'litdata'")
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.partition(".")[0] == "litdata"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StylenetError, match=r"pip install 'stylenet\[litdata\]'"):
        data(root).setup()
    with pytest.raises(StylenetError, match=r"pip install 'stylenet\[litdata\]'"):
        write_litdata(sources, tmp_path / "set")
    assert not (tmp_path / "set").exists()
