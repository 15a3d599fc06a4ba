"""data=sample: pictures of scikit-image's wheel, and nothing fetched."""

import multiprocessing
import os
import signal
import socket
import sys

import pytest
import torch

from stylenet.data import RandomCrop, SampleData
from stylenet.errors import StylenetError
from stylenet.images import samples


def data(**settings):
    settings = {"augment": RandomCrop(), "size": 32, "num_workers": 0, "epoch_size": 24} | settings
    return SampleData(**settings)


def test_trains_on_four_colour_photographs_and_validates_on_two_others(monkeypatch):
    def no_network(*args, **kwargs):
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", no_network)
    pictures = data()
    train, val = pictures.train_pictures(), pictures.val_pictures()
    assert (len(train), len(val)) == (4, 2)
    assert {train.name(n) for n in range(4)}.isdisjoint(val.name(n) for n in range(2))
    for some in (train, val):
        for number in range(len(some)):
            assert some.load(number).mode == "RGB"
            assert min(some.load(number).size) >= 300
            assert some.load(number) is some.load(number), "decoded once"
    (batch,) = pictures.val_dataloader()
    assert batch.shape == (2, 3, 256, 256)


def test_an_epoch_draws_each_picture_equally_often_and_never_the_same_square():
    loader = data().train_dataloader()
    squares = torch.cat(list(loader))
    assert squares.shape == (24, 3, 32, 32)
    assert len({square.numpy().tobytes() for square in squares}) == 24
    assert sorted(loader.plan.order.picks(0)) == sorted([0, 1, 2, 3] * 6)


# Torch advises against more workers than cores; here they are few on purpose.
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("num_workers", [1, 3])
def test_batches_do_not_depend_on_the_number_of_workers(num_workers):
    alone, helped = data().train_dataloader(), data(num_workers=num_workers).train_dataloader()
    for _ in range(2):
        for one, other in zip(alone, helped, strict=True):
            assert torch.equal(one, other)
    other_seed = torch.cat(list(data(seed=1).train_dataloader()))
    assert not torch.equal(other_seed, torch.cat(list(data().train_dataloader())))


@pytest.mark.parametrize("num_workers", [0, 1])
def test_no_global_generator_is_touched_or_heeded(num_workers):
    epochs = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        epochs.append(torch.cat(list(data(num_workers=num_workers).train_dataloader())))
        assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(*epochs)


def test_an_abandoned_epoch_leaves_the_next_one_whole():
    fresh = data(num_workers=1).train_dataloader()
    want = [list(fresh), list(fresh)]
    loader = data(num_workers=1).train_dataloader()
    for batch in loader:
        assert torch.equal(batch, want[0][0])
        break
    unused = iter(loader)
    assert all(map(torch.equal, loader, want[1]))
    assert unused is not None


def test_workers_outlive_signals_meant_for_the_main_process_but_not_for_long(wait_for):
    loader = data(num_workers=1).train_dataloader()
    batches = iter(loader)
    next(batches)
    (worker,) = multiprocessing.active_children()
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        os.kill(worker.pid, number)
    assert len(list(batches)) == 5
    assert worker.is_alive()
    assert wait_for(lambda: not worker.is_alive())
    assert worker.exitcode == 0


def test_workers_end_with_their_loader(wait_for):
    loader = data(num_workers=1).train_dataloader()
    batches = iter(loader)
    next(batches)
    (worker,) = multiprocessing.active_children()
    del batches, loader
    assert wait_for(lambda: not worker.is_alive())
    assert worker.exitcode == 0


def test_missing_photographs_are_named_with_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(samples, "_skimage_data", lambda: tmp_path)
    with pytest.raises(StylenetError, match=r"astronaut\.png, .*are not in .*data=folder"):
        data().setup()


def test_the_photographs_are_found_without_importing_the_downloader(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.data", None)  # importing it would now fail
    data().setup()
