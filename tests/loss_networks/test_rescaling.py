"""Rescaled channels: the same network, with means of 1."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from stylenet.errors import StylenetError
from stylenet.loss_networks.rescaling import deviation, mean_activations, rescale, to_half
from stylenet.loss_networks.student import Student, compact_vgg
from stylenet.loss_networks.weights import RandomWeights

WIDTHS = ((4, 5), (6,), (7, 3))
RELUS = ("relu1_1", "relu1_2", "relu2_1", "relu3_1", "relu3_2")


@pytest.fixture
def student() -> Student:
    student = compact_vgg(RandomWeights(seed=1), WIDTHS)
    with torch.no_grad():  # biases that matter
        for name, value in student.named_parameters():
            if name.endswith("bias"):
                value.uniform_(-0.1, 0.2, generator=torch.Generator().manual_seed(2))
    return student


def pictures() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.rand(2, 3, 16, 16, generator=generator) for _ in range(3)]


def load(student: Student, tensors: dict[str, torch.Tensor]) -> None:
    student.layers.load_state_dict(tensors)


def test_every_channel_keeps_its_features_up_to_its_factor(student: Student) -> None:
    with torch.no_grad():
        before = student(pictures()[0], RELUS)
        means = mean_activations(student, pictures())
        tensors, factors = rescale(dict(student.layers.items()), student.tensors(), means)
        load(student, tensors)
        after = student(pictures()[0], RELUS)
    for name in RELUS:
        expected = before[name].double() * factors[name][:, None, None]
        torch.testing.assert_close(after[name].double(), expected, rtol=1e-4, atol=1e-5)


def test_the_means_are_one_afterwards(student: Student) -> None:
    means = mean_activations(student, pictures())
    tensors, factors = rescale(dict(student.layers.items()), student.tensors(), means)
    load(student, tensors)
    for name, mean in mean_activations(student, pictures()).items():
        living = means[name] > 0
        assert living.any()
        torch.testing.assert_close(mean[living], torch.ones_like(mean[living]), rtol=1e-4, atol=0)
        assert torch.all(factors[name][~living] == 1)


def test_means_are_those_of_all_cells_of_all_pictures(student: Student) -> None:
    with torch.no_grad():
        features = student(torch.cat(pictures()), ["relu2_1"])["relu2_1"]
    found = mean_activations(student, pictures())["relu2_1"]
    torch.testing.assert_close(found, features.double().mean((0, 2, 3)))


def test_a_dead_channel_is_left_alone(student: Student) -> None:
    convolution = student.layers["conv2_1"]
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    with torch.no_grad():
        convolution.weight[2] = 0
        convolution.bias[2] = -1
    before = student.tensors()
    means = mean_activations(student, pictures())
    assert means["relu2_1"][2] == 0
    tensors, factors = rescale(dict(student.layers.items()), before, means)
    assert factors["relu2_1"][2] == 1
    assert tensors["conv2_1.bias"][2] == -1
    assert torch.isfinite(tensors["conv3_1.weight"]).all()


def test_layers_that_mix_scales_are_refused(student: Student) -> None:
    layers = {"conv1_1": nn.Conv2d(3, 4, 3), "norm": nn.BatchNorm2d(4)}
    with pytest.raises(StylenetError, match="rescaled through conv1_1, a Conv2d"):
        rescale(layers, student.tensors(), {})


def test_half_precision_is_refused_where_it_overflows() -> None:
    values = {"weight": torch.linspace(-3, 3, 1000)}
    assert to_half(values)["weight"].dtype == torch.float16
    with pytest.raises(StylenetError, match=r"values up to 7e\+04 of at most 65504"):
        to_half({"weight": torch.tensor([1.0, 7e4])})


def test_the_deviation_is_that_of_the_features(student: Student) -> None:
    image, tensors = pictures()[0], student.tensors()
    assert deviation(student, tensors, image) == 0
    assert 1e-6 < deviation(student, to_half(tensors), image) < 1e-2
    # the last layer alone is twice as large: by as much as it was
    last = {k: 2 * v if k.startswith("conv3_2") else v for k, v in tensors.items()}
    assert deviation(student, last, image) == pytest.approx(1, rel=1e-5)


def test_the_dead_are_revived_and_nobody_else_is_touched(student: Student) -> None:
    convolution = student.layers["conv3_1"]
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.bias is not None
    with torch.no_grad():
        convolution.bias[5] = -100
    before = student.tensors()
    means = mean_activations(student, pictures())
    dead = {name: mean < 1e-3 * mean.mean() for name, mean in means.items()}
    assert dead["relu3_1"][5]
    assert student.revive(means, seed=0) == sum(int(d.sum()) for d in dead.values())
    assert mean_activations(student, pictures())["relu3_1"][5] > 0
    living = ~dead["relu3_1"]
    after = student.tensors()
    assert torch.equal(after["conv3_1.weight"][living], before["conv3_1.weight"][living])
    assert torch.equal(after["conv3_1.bias"][living], before["conv3_1.bias"][living])
