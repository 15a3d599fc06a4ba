"""Laws of the order: what is drawn at (seed, epoch, index)."""

import pickle

import numpy as np
import pytest
import torch

from stylenet.data import BatchPlan, Draw, Order, augment_rng
from stylenet.errors import StylenetError


def test_an_epoch_of_one_draw_a_picture_is_a_permutation():
    order = Order(pictures=17, epoch_size=17, seed=3)
    for epoch in (0, 1, 1000):
        assert sorted(order.picks(epoch)) == list(range(17))


def test_epochs_and_seeds_differ_and_equal_ones_agree():
    picks = {
        (seed, epoch): tuple(Order(30, 30, seed).picks(epoch))
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(set(picks.values())) == 4
    assert picks[0, 1] == tuple(Order(30, 30, 0).picks(1))


@pytest.mark.parametrize("epoch_size", [1, 3, 5, 7, 12, 50])
def test_pictures_are_dealt_like_cards_whatever_the_epoch_size(epoch_size):
    order = Order(pictures=7, epoch_size=epoch_size, seed=0)
    epochs = [order.picks(epoch) for epoch in range(30)]
    assert all(len(picks) == epoch_size for picks in epochs)
    run = np.concatenate(epochs)
    whole = len(run) - len(run) % 7
    for shuffle in run[:whole].reshape(-1, 7):
        assert sorted(shuffle) == list(range(7))
    # The deal does not know of epochs: one long epoch is the same run.
    assert list(run) == list(Order(7, len(run), 0).picks(0))


def test_order_leaves_the_global_generators_alone_and_does_not_listen_to_them():
    torch.manual_seed(1)
    np.random.seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = list(Order(9, 9, 0).picks(4)), augment_rng(0, 4, 2).random()
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])
    torch.manual_seed(2)
    np.random.seed(2)
    assert (list(Order(9, 9, 0).picks(4)), augment_rng(0, 4, 2).random()) == first


def test_random_numbers_of_a_draw_differ_in_each_part_of_its_name():
    names = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 1, 0)]
    assert len({augment_rng(*name).random() for name in names}) == len(names)


@pytest.mark.parametrize(("pictures", "size", "seed"), [(0, 4, 0), (4, 0, 0), (4, 4, -1)])
def test_impossible_orders_are_refused(pictures, size, seed):
    with pytest.raises(StylenetError, match=r"got \w+=-?\d, expected [01] or more"):
        Order(pictures, size, seed)


def test_a_plan_goes_through_the_epoch_batch_by_batch():
    order = Order(10, 10, 0)
    plan = BatchPlan(order, 4)
    plan.begin(2, 0)
    batches = list(plan)
    assert len(plan) == len(batches) == 2
    picks = order.picks(2)
    assert batches[1] == [Draw(2, i, picks[i]) for i in range(4, 8)]
    assert pickle.loads(pickle.dumps(batches)) == batches


def test_drop_last_false_keeps_the_remainder():
    plan = BatchPlan(Order(10, 10, 0), 4, drop_last=False)
    assert [len(batch) for batch in plan] == [4, 4, 2]
    assert len(plan) == 3


def test_beginning_later_yields_the_rest_of_the_same_epoch():
    plan = BatchPlan(Order(20, 20, 0), 4)
    plan.begin(1, 0)
    whole = list(plan)
    plan.begin(1, 3)
    assert list(plan) == whole[3:]
    assert len(plan) == 5, "its length is the epoch's, which Lightning counts against"


def test_two_processes_see_what_one_with_twice_the_batch_sees():
    order = Order(21, 21, 0)
    shares = [list(BatchPlan(order, 4, rank=r, world_size=2, drop_last=False)) for r in (0, 1)]
    together = [first + second for first, second in zip(*shares, strict=True)]
    assert together == list(BatchPlan(order, 8))


def test_an_epoch_without_a_batch_is_an_error_that_names_the_remedies():
    with pytest.raises(StylenetError, match=r"3 draws .* one batch of 4.*data\.epoch_size"):
        BatchPlan(Order(3, 3, 0), 4)
    assert len(BatchPlan(Order(3, 8, 0), 4)) == 2
    assert len(BatchPlan(Order(3, 3, 0), 4, drop_last=False)) == 1
