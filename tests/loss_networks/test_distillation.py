"""What a student learns: laws, and independent references in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from stylenet.errors import StylenetError
from stylenet.loss_networks import Distillation, Student
from stylenet.loss_networks import network as networks
from stylenet.loss_networks.architectures import SQUEEZENET1_0
from stylenet.loss_networks.classifiers import ConvolutionalClassifier
from stylenet.loss_networks.distillation import softened
from stylenet.loss_networks.errors import LossNetworkError
from stylenet.loss_networks.network import LossNetwork
from stylenet.loss_networks.student import compact_vgg
from stylenet.loss_networks.weights import LoadedWeights, RandomWeights

WIDTHS = ((4, 5), (6, 6))
PAIRS = {"relu1_2": "relu1_2", "relu2_2": "relu2_2"}


class WithClassifier:
    """Random weights and a classifier of three classes."""

    def load(self, architecture):  # type: ignore[no-untyped-def]
        loaded = RandomWeights().load(architecture)
        weight = torch.randn(3, 512, 1, 1, generator=torch.Generator().manual_seed(5))
        classifier = ConvolutionalClassifier(weight, torch.zeros(3))
        return LoadedWeights(loaded.tensors, "random", classifier=classifier)


def pictures(count: int = 3, side: int = 24) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(2, 3, side, side, generator=generator) for _ in range(count)]


def pair(seed: int = 1) -> tuple[Student, LossNetwork]:
    teacher = networks.compact_vgg(RandomWeights(seed=0), widths=WIDTHS)
    return compact_vgg(RandomWeights(seed=seed), WIDTHS), teacher


def test_a_student_that_is_the_teacher_has_nothing_to_learn() -> None:
    student, teacher = pair(seed=0)
    distillation = Distillation(student, teacher, PAIRS)
    distillation.fit(student, pictures())
    total, terms = distillation(student, pictures()[0])
    assert set(terms) == set(PAIRS)
    assert total < 1e-3


def test_the_first_map_is_that_of_least_squares() -> None:
    student, teacher = pair()
    distillation = Distillation(student, teacher, {"relu2_2": "relu2_2"})
    distillation.fit(student, pictures())
    batch = torch.cat(pictures())
    with torch.no_grad():
        x = student(batch, ["relu2_2"])["relu2_2"].movedim(1, -1).flatten(0, -2).numpy()
        y = teacher(batch, ["relu2_2"])["relu2_2"].movedim(1, -1).flatten(0, -2).numpy()
        given, wanted = distillation.predict(student, batch)["relu2_2"]
        _, terms = distillation(student, batch)
    deviation = y.std(0)
    alive = deviation > 1e-3 * deviation.mean()
    standardised = np.where(alive, (y - y.mean(0)) / np.where(alive, deviation, 1), 0)
    rows = wanted.movedim(1, -1).flatten(0, -2).numpy()
    np.testing.assert_allclose(rows, standardised, rtol=1e-3, atol=1e-4)
    design = np.concatenate([x, np.ones_like(x[:, :1])], 1)
    best = design @ np.linalg.lstsq(design, standardised, rcond=None)[0]
    least = ((best - standardised) ** 2).mean()
    assert 0.9999 * least < float(terms["relu2_2"]) < 1.01 * least + 1e-4
    assert given.shape == wanted.shape


def test_the_total_is_the_weighted_sum_and_reaches_the_student_alone() -> None:
    student = compact_vgg(RandomWeights(seed=1), ((4, 4), (4, 4), (4, 4)))
    teacher = LossNetwork(SQUEEZENET1_0, WithClassifier())
    pairs = {"relu2_2": "relu1", "relu3_2": "fire4"}
    distillation = Distillation(student, teacher, pairs, {"relu3_2": 3.0}, logit_weight=0.5)
    distillation.fit(student, pictures(side=72))
    assert distillation.head is not None
    nn.init.ones_(distillation.head.weight)
    total, terms = distillation(student, pictures(side=72)[0])
    expected = terms["relu2_2"] + 3 * terms["relu3_2"] + 0.5 * terms["logits"]
    torch.testing.assert_close(total, expected)
    total.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in student.parameters())
    assert all(p.grad is None for p in teacher.parameters())
    assert not any("teacher" in key for key in distillation.state_dict())


def test_without_a_classifier_there_is_no_logit_term() -> None:
    student, teacher = pair()
    assert teacher.classifier is None
    assert Distillation(student, teacher, PAIRS, logit_weight=1.0).head is None


def test_softened_logits_are_zero_for_equals_and_as_defined() -> None:
    generator = torch.Generator().manual_seed(2)
    given, wanted = torch.randn(2, 5, 7, generator=generator)
    assert softened(wanted, wanted + 3, 2.0).abs() < 1e-6
    p, q = (np.exp(x.numpy() / 2) for x in (wanted, given))
    p, q = p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
    expected = 4 * (p * np.log(p / q)).sum(1).mean()
    assert float(softened(given, wanted, 2.0)) == pytest.approx(expected, rel=1e-5)


def test_a_classifier_is_read_from_a_file_only_where_it_takes_any_size() -> None:
    weight, bias = torch.randn(4, 6, 1, 1), torch.randn(4)
    found = ConvolutionalClassifier.of({"classifier.1.weight": weight, "classifier.1.bias": bias})
    assert found is not None
    features = torch.rand(2, 6, 5, 3)
    expected = functional.relu(torch.einsum("oi,nihw->nohw", weight[..., 0, 0], features)
                               + bias[:, None, None]).mean((2, 3))  # fmt: skip
    torch.testing.assert_close(found(features), expected)
    dense = {
        f"classifier.{n}.{key}": torch.rand(2, 2) for n in (0, 3) for key in ("weight", "bias")
    }
    assert ConvolutionalClassifier.of(dense) is None
    assert ConvolutionalClassifier.of({"features.0.weight": weight}) is None


def test_layers_that_are_not_there_are_named() -> None:
    student, teacher = pair()
    with pytest.raises(StylenetError, match=r"compact_vgg has no layer relu9_1"):
        Distillation(student, teacher, {"relu9_1": "relu1_2"})
    with pytest.raises(LossNetworkError, match="has no layer 'relu9_1'"):
        Distillation(student, teacher, {"relu1_2": "relu9_1"})


def test_other_widths_are_loaded_as_a_loss_network_and_others_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from safetensors.torch import save_file

    from stylenet.loss_networks.weights import WeightsError, WeightsFile

    student, _ = pair()
    file = tmp_path / "student.safetensors"
    save_file(student.tensors(), file)
    network = networks.compact_vgg(WeightsFile(str(file)), widths=WIDTHS)
    image = pictures()[0]
    with torch.no_grad():
        mine, theirs = student(image, ["relu2_2"]), network(image, ["relu2_2"])
    torch.testing.assert_close(mine, theirs)
    assert network.layer_names[-1] == "relu2_2"
    with pytest.raises(WeightsError, match="does not fit compact_vgg"):
        networks.compact_vgg(WeightsFile(str(file)))
