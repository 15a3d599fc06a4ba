"""Cells' centres against what gradients say, and features of one grid read on another."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from stylenet.loss_networks import network as networks
from stylenet.loss_networks.architectures import (
    COMPACT_VGG,
    EVERY,
    SQUEEZENET1_0,
    Architecture,
)
from stylenet.loss_networks.geometry import Grid, align, align_whole_cells, grid_of, overlap
from stylenet.loss_networks.layers import Window
from stylenet.loss_networks.network import LossNetwork
from stylenet.loss_networks.weights import LoadedWeights

SIDE = 224


class Even:
    """Weights that average: then a cell's gradient is its receptive field, and symmetric."""

    def load(self, architecture: Architecture) -> LoadedWeights:
        tensors = {
            f"{layer}.{name}": torch.full(shape, 1 / max(1, shape[1:].numel()))
            for layer, shapes in architecture.shapes().items()
            for name, shape in shapes.items()
        }
        return LoadedWeights(tensors, "even", nn.Identity())


def measured(network: LossNetwork, layer: str) -> tuple[Tensor, int]:
    """What a middle cell of ``layer`` sees of each row of a picture, and the cell's index."""
    image = torch.ones(1, 3, SIDE, SIDE, requires_grad=True)
    features = network(image, [layer])[layer]
    cell = features.shape[2] // 2
    features[0, :, cell, cell].sum().backward()
    assert image.grad is not None
    return image.grad.sum((0, 1, 3)), cell


# deep enough for every stride, and seen whole by a cell in the middle of 224 px
LAYERS = {
    "vgg16": ("relu2_2", "pool3", "relu4_3"),
    "vgg16_bundled": ("pool3", "relu4_1"),
    "vgg19": ("relu3_1",),
    "compact_vgg": ("relu2_2", "relu3_2", "relu4_2", "relu5_1"),
    "alexnet": ("relu1", "pool1", "relu2", "relu5"),
    "squeezenet1_0": ("relu1", "fire4", "fire8"),
    "squeezenet1_1": ("relu1", "fire3", "fire8"),
}


@pytest.mark.parametrize("architecture", EVERY, ids=lambda a: a.name)
def test_a_cells_gradient_is_symmetric_around_its_centre(architecture):
    # average pooling: of equal values a maximum would choose the first
    network = LossNetwork(architecture, Even(), nn.AvgPool2d)
    for layer in LAYERS[architecture.name]:
        rows, cell = measured(network, layer)
        centre = network.grid(layer).first + cell * network.grid(layer).stride
        seen = rows.nonzero().flatten()
        assert 0 < seen[0] <= seen[-1] < SIDE - 1, "the picture cuts the field"
        assert (seen[0] + seen[-1]) / 2 == centre
        field = rows[seen[0] : seen[-1] + 1]
        torch.testing.assert_close(field, field.flip(0), rtol=1e-3, atol=0)


def test_the_last_layers_too_and_keras_names():
    squeezenet = LossNetwork(SQUEEZENET1_0, Even())
    assert squeezenet.grid("relu1") == (2, 3)
    assert squeezenet.grid("fire4") == (4, 5)
    assert squeezenet.grid("fire9") == (16, 17)
    compact = LossNetwork(COMPACT_VGG, Even())
    assert compact.grid("block4_conv2") == compact.grid("relu4_2") == (8, 3.5)
    with pytest.raises(networks.LossNetworkError, match="no layer 'fire9'"):
        compact.grid("fire9")


def test_layers_without_a_window_keep_the_grid():
    assert grid_of([]) == grid_of([None, Window(3, 1, 1, False)]) == Grid(1, 0)
    assert grid_of([Window(2, 2, 0, False), None, Window(2, 2, 0, True)]) == Grid(4, 1.5)


def ramp(grid: Grid, height: int, width: int) -> Tensor:
    """Cells that hold where they are: their centre's row, and their column."""
    rows = (grid.first + grid.stride * torch.arange(height)).float()
    columns = (grid.first + grid.stride * torch.arange(width)).float()
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij"))[None]


@pytest.mark.parametrize("own", [Grid(2, 0.5), Grid(4, 1.5), Grid(1, 0)])
@pytest.mark.parametrize("target", [Grid(2, 3), Grid(4, 5), Grid(8, 9)])
def test_aligned_cells_hold_the_targets_places(own, target):
    features = ramp(own, 128 // own.stride, 160 // own.stride)
    size = (96 // target.stride, 128 // target.stride)
    torch.testing.assert_close(align(features, own, target, size), ramp(target, *size))


def test_beyond_the_last_cell_it_is_repeated():
    own = Grid(2, 0.5)
    aligned = align(ramp(own, 3, 3), own, Grid(2, -3.5), (7, 7))
    assert aligned[0, 0, :, 0].tolist() == [0.5, 0.5, 0.5, 2.5, 4.5, 4.5, 4.5]


def test_the_own_grid_changes_nothing():
    features = torch.rand(2, 3, 5, 7).bfloat16()
    assert torch.equal(align(features, Grid(4, 1.5), Grid(4, 1.5), (5, 7)), features)


def test_snapped_grids_take_whole_cells():
    own, target = Grid(2, 0.5), Grid(2, 3)
    assert own.snapped(target) == Grid(2, 1)  # off by 0.5 px, a quarter of a cell
    features = torch.rand(1, 2, 9, 9)
    aligned = align_whole_cells(features, own, target, (6, 7))
    assert torch.equal(aligned, features[:, :, 1:7, 1:8])
    for grid in (Grid(4, 1.5), Grid(8, 3.5), Grid(16, 7.5)):
        other = Grid(grid.stride, grid.stride + 1)
        moved = grid.snapped(other)
        assert abs(moved.first - grid.first) <= grid.stride / 2
        assert (other.first - moved.first) % grid.stride == 0


def test_gradients_pass():
    features = torch.rand(1, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    read = lambda x: align(x, Grid(2, 0.5), Grid(2, 1), (3, 3))  # noqa: E731
    assert torch.autograd.gradcheck(read, features)


def test_where_both_have_cells_those_of_equal_stride_are_paired_with_the_nearest():
    mine, theirs = Grid(8, 3.5), Grid(8, 9)
    a, b = overlap(ramp(mine, 16, 14), mine, ramp(theirs, 15, 15), theirs)
    assert a.shape == b.shape == (1, 2, 15, 13)
    assert torch.all(b - a == 9 - 11.5)  # less than half a stride apart
    back, forth = overlap(ramp(theirs, 15, 15), theirs, ramp(mine, 16, 14), mine)
    assert torch.equal(back, b)
    assert torch.equal(forth, a)


@pytest.mark.parametrize(("mine", "theirs"), [(Grid(2, 0), Grid(8, 9)), (Grid(8, 3.5), Grid(2, 3))])
def test_where_both_have_cells_nothing_is_repeated(mine, theirs):
    a, b = overlap(ramp(mine, 20, 20), mine, ramp(theirs, 20, 20), theirs)
    assert a.shape == b.shape
    assert a.shape[2] > 3
    shift = (b - a)[0, 0, 0, 0]
    assert abs(shift) <= mine.stride / 2
    torch.testing.assert_close(a + shift, b)  # linear features are interpolated exactly
