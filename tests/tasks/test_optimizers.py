"""L-BFGS by single steps, the choice by size, moments carried from size to size."""

from __future__ import annotations

import functools
import itertools
import math

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam

from stylenet.errors import StylenetError
from stylenet.nets.pixels import resized
from stylenet.tasks import LBFGS, OptimizerBySize
from stylenet.tasks.optimizers import LEAP, carry_over


class Valley:
    """A long quadratic valley over four pixels, and how often it was looked at."""

    def __init__(self, unit=1.0):
        self.x = nn.Parameter(torch.tensor([3.0, -2.0, 1.5, 2.0]).reshape(1, 1, 2, 2))
        self.curvature = torch.tensor([1.0, 4.0, 20.0, 100.0]).reshape(1, 1, 2, 2)
        self.unit = unit
        self.evaluations = 0

    def loss(self):
        return self.unit * 0.5 * (self.curvature * self.x**2).sum()

    def run(self, optimizer, steps):
        def closure():
            self.evaluations += 1
            optimizer.zero_grad()
            loss = self.loss()
            loss.backward()
            return loss.detach()  # torch's own L-BFGS warns about a loss with a history

        for _ in range(steps):
            optimizer.step(closure)
        return float(self.loss().detach()) / self.unit


def test_single_steps_are_one_long_step_of_torchs():
    """The values kept between steps change nothing but the number of evaluations."""
    ours, torchs = Valley(), Valley()
    ours.run(LBFGS([ours.x]), 12)
    theirs = torch.optim.LBFGS(
        [torchs.x], max_iter=12, line_search_fn="strong_wolfe", tolerance_change=0, max_eval=1000
    )
    torchs.unit = 2.0 ** round(math.log2(4 / 241))  # as ours: over the mean size of the slope
    torchs.run(theirs, 1)
    assert float(ours.loss().detach()) < 1e-4
    torch.testing.assert_close(ours.x, torchs.x, atol=1e-3, rtol=1e-2)


def test_no_evaluation_is_made_twice():
    ours, torchs = Valley(), Valley()
    ours.run(LBFGS([ours.x]), 6)
    plain = torch.optim.LBFGS([torchs.x], max_iter=1, line_search_fn="strong_wolfe")
    torchs.run(plain, 6)
    assert ours.evaluations <= torchs.evaluations - 5


def test_a_step_of_fixed_length_is_one_evaluation():
    valley = Valley()
    valley.run(LBFGS([valley.x], line_search_fn=None, lr=0.5), 10)
    assert valley.evaluations == 10


class Quartic:
    """Squares of squares, as distances of Gram matrices are: flat at first, and then steep."""

    def __init__(self, seed):
        chance = torch.Generator().manual_seed(seed)
        self.mixing = torch.randn(6, 6, generator=chance)
        self.wanted = 4 * torch.rand(6, generator=chance)
        self.x = nn.Parameter(0.1 * torch.rand(6, generator=chance))

    def run(self, optimizer, steps=30):
        """The loss after each step."""

        def loss():
            return (((self.mixing @ self.x) ** 2 - self.wanted) ** 2).sum()

        def closure():
            optimizer.zero_grad()
            value = loss()
            value.backward()
            return value.detach()

        found = [float(loss().detach())]
        for _ in range(steps):
            optimizer.step(closure)
            found.append(float(loss().detach()))
        return found


def test_steps_of_fixed_length_that_leap_are_taken_back():
    stranded = 0
    for seed in range(12):
        ours, theirs = Quartic(seed), Quartic(seed)
        optimizer = LBFGS([ours.x], line_search_fn=None)
        begun, known = ours.run(optimizer, 1)[0], []
        for _ in range(29):
            known.append(optimizer.state[ours.x]["last"][1])  # where the next step begins
            ended = ours.run(optimizer, 1)[1]
        assert all(b <= LEAP * a + 1e-6 for a, b in itertools.pairwise(known))
        assert ended < 0.1 * begun
        stranded += theirs.run(torch.optim.LBFGS([theirs.x], max_iter=1))[-1] > 0.1 * begun
    assert stranded > 3


def test_a_step_that_is_taken_back_leaves_a_loss_that_is_a_number():
    ours = Quartic(0)
    ours.mixing *= 1e9  # the first leap is to infinity
    losses = ours.run(LBFGS([ours.x], line_search_fn=None))
    assert math.isfinite(losses[-1])


@pytest.mark.parametrize("unit", [2.0**-40, 2.0**20])
def test_the_path_does_not_depend_on_the_unit_of_the_loss(unit):
    one, other = Valley(), Valley(unit)
    for valley in (one, other):
        valley.run(LBFGS([valley.x]), 8)
    assert torch.equal(one.x, other.x)
    stuck = Valley(2.0**-40)
    plain = torch.optim.LBFGS([stuck.x], max_iter=1, line_search_fn="strong_wolfe")
    stuck.run(plain, 8)
    assert float(stuck.loss().detach()) / 2.0**-40 > 10  # torch's own takes it for flat


def test_at_the_bottom_nothing_moves_and_nothing_breaks():
    valley = Valley()
    with torch.no_grad():
        valley.x.zero_()
    assert valley.run(LBFGS([valley.x]), 3) == 0
    assert torch.equal(valley.x, torch.zeros_like(valley.x))
    assert valley.evaluations >= 3  # the trainer hears of each step's loss


def test_a_resumed_run_takes_the_same_path():
    whole, parted = Valley(), Valley()
    whole.run(LBFGS([whole.x]), 8)
    first = LBFGS([parted.x])
    parted.run(first, 5)
    second = LBFGS([parted.x])
    second.load_state_dict(first.state_dict())
    parted.run(second, 3)
    assert torch.equal(whole.x, parted.x)
    assert parted.evaluations == whole.evaluations


def test_the_history_is_cut_to_the_memory():
    pixels = nn.Parameter(torch.zeros(1, 3, 64, 64))
    one = 2 * 3 * 64 * 64 * 4 / 2**30
    assert LBFGS([pixels]).param_groups[0]["history_size"] == 20
    assert LBFGS([pixels], memory_gib=7.5 * one).param_groups[0]["history_size"] == 7
    with pytest.raises(StylenetError, match=r"holds 2 steps.*memory_gib=.*adam_pixels"):
        LBFGS([pixels], memory_gib=2.5 * one)


def test_the_optimiser_is_chosen_by_size():
    choose = OptimizerBySize(LBFGS, functools.partial(Adam, lr=0.02), px=32)
    assert type(choose([nn.Parameter(torch.zeros(1, 3, 16, 64))])) is LBFGS
    assert type(choose([nn.Parameter(torch.zeros(1, 3, 17, 64))])) is Adam


def test_moments_are_carried_over_and_resized():
    small, large = (nn.Parameter(torch.rand(1, 3, n, n)) for n in (4, 6))
    old, new = Adam([small], lr=0.1), Adam([large], lr=0.1)
    for _ in range(3):
        small.grad = torch.full_like(small, 0.5)
        old.step()
    carry_over(old, new, lambda moments: resized(moments, 6, 6))
    got, before = new.state[large], old.state[small]
    assert float(got["step"]) == 3
    for key in ("exp_avg", "exp_avg_sq"):
        expected = before[key][0, 0, 0, 0].expand(1, 3, 6, 6)  # constant: resizing keeps it
        torch.testing.assert_close(got[key], expected)
        assert (got["exp_avg_sq"] >= 0).all()
    large.grad = torch.full_like(large, 0.5)
    new.step()  # of the right shape


def test_what_belongs_to_one_size_or_kind_is_left_behind():
    small, large = (nn.Parameter(torch.rand(1, 3, n, n)) for n in (4, 6))
    valley = Valley()
    old = LBFGS([valley.x])
    valley.run(old, 3)
    new = LBFGS([large])
    carry_over(old, new, lambda moments: resized(moments, 6, 6))
    assert not new.state
    sgd = SGD([small], lr=1, momentum=0.9)
    small.grad = torch.ones_like(small)
    sgd.step()
    carry_over(sgd, new, lambda moments: resized(moments, 6, 6))
    assert not new.state


def test_keras_schedule_is_its_formula():
    from torch.optim.lr_scheduler import ExponentialLR

    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=100.0)
    schedule = ExponentialLR(optimizer, gamma=0.9995918607)
    for _ in range(250):
        optimizer.step()
        schedule.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(100 * math.pow(0.96, 2.5), rel=1e-6)
