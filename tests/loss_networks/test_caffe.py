import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from scipy.io import savemat
from torch.nn import functional

from stylenet.loss_networks.architectures import ALEXNET, VGG16
from stylenet.loss_networks.caffe import CaffeWeights
from stylenet.loss_networks.layers import CaffeInput
from stylenet.loss_networks.network import vgg16
from stylenet.loss_networks.weight_files import WeightsError
from stylenet.loss_networks.weights import RandomWeights

RGB = (123.68, 116.779, 103.939)
VGG16_LAYERS = [
    *("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1", "relu2_1", "conv2_2"),
    *("relu2_2", "pool2", "conv3_1", "relu3_1", "conv3_2", "relu3_2", "conv3_3", "relu3_3"),
    *("pool3", "conv4_1", "relu4_1", "conv4_2", "relu4_2", "conv4_3", "relu4_3", "pool4"),
    *("conv5_1", "relu5_1", "conv5_2", "relu5_2", "conv5_3", "relu5_3", "pool5", "fc6", "prob"),
]


@pytest.fixture(scope="module")
def filters() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Filters (height, width, in, out) and biases as matconvnet keeps them."""
    values = RandomWeights(1).load(VGG16).tensors
    generator = np.random.default_rng(0)
    return {
        name.split(".")[0]: (
            np.ascontiguousarray(weight.numpy().transpose(2, 3, 1, 0)),
            generator.normal(size=(1, len(weight))).astype(np.float32),
        )
        for name, weight in values.items()
        if name.endswith("weight")
    }


def write_mat(path: Path, filters, beta16: bool, mean=RGB) -> str:
    layers = []
    for name in VGG16_LAYERS:
        if name.startswith("conv") and name not in filters:
            continue
        layer = {"name": name, "type": name.rstrip("_12345678")}
        if name in filters or name == "fc6":
            weight, bias = filters.get(name, (np.zeros((7, 7, 2, 3), np.float32), np.zeros((1, 3))))
            if beta16:
                layer |= {"filters": weight, "biases": bias}
            else:
                layer["weights"] = np.empty((1, 2), dtype=object)
                layer["weights"][0, 0], layer["weights"][0, 1] = weight, bias
        layers.append(layer)
    model = {"layers": np.array(layers, dtype=object).reshape(1, -1)}
    shape = (224, 224, 3) if beta16 else (1, 1, 3)
    image = np.zeros(2) if mean is None else np.broadcast_to(np.float32(mean), shape)
    normalization = {"averageImage": image, "imageSize": np.array([[224.0, 224, 3]])}
    model |= (
        {"normalization": normalization} if beta16 else {"meta": {"normalization": normalization}}
    )
    savemat(path, model, oned_as="row")
    return str(path)


def by_hand(filters, image: torch.Tensor, bgr_filters: bool) -> dict[str, torch.Tensor]:
    """Features of the first two blocks, the picture prepared in the order the filters have."""
    value = np.moveaxis(image.numpy().astype(np.float64), 1, -1) * 255 - np.array(RGB)
    if bgr_filters:
        value = value[..., ::-1]
    value = torch.from_numpy(np.moveaxis(value, -1, 1).copy())
    features = {}
    for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2"):
        weight, bias = (torch.from_numpy(array).double() for array in filters[name])
        if name == "conv2_1":
            value = functional.max_pool2d(value, 2)
        value = functional.conv2d(value, weight.permute(3, 2, 0, 1), bias[0], padding=1)
        features[name], features["relu" + name[4:]] = value, value.relu()
        value = value.relu()
    return features


@pytest.mark.parametrize("beta16", [True, False], ids=["beta16", "beta17"])
@pytest.mark.parametrize(
    ("mean", "bgr_filters"),
    [(RGB, False), (None, False), (RGB[::-1], True)],
    ids=["rgb", "no mean", "bgr"],
)
def test_matconvnet(tmp_path, filters, beta16, mean, bgr_filters):
    network = vgg16(CaffeWeights(write_mat(tmp_path / "vgg.mat", filters, beta16, mean)))
    image = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(3))
    expected = by_hand(filters, image, bgr_filters)
    for layer, value in network(image, expected).items():
        torch.testing.assert_close(value.double(), expected[layer], rtol=1e-3, atol=2e-2)
    assert network.is_caffe
    assert network.weights_source.startswith(f"Caffe, file {tmp_path / 'vgg.mat'} sha256:")


@pytest.mark.parametrize("prefix", ["features", "layer"])
def test_converted(tmp_path, filters, prefix):
    state = {"classifier.1.weight": torch.zeros(2, 2)}
    for name, (weight, bias) in filters.items():
        known = name if prefix == "layer" else f"features.{VGG16_LAYERS.index(name)}"
        state[f"{known}.weight"] = torch.from_numpy(weight).permute(3, 2, 0, 1).contiguous()
        state[f"{known}.bias"] = torch.from_numpy(bias[0])
    torch.save(state, tmp_path / "vgg_conv.pth", _use_new_zipfile_serialization=False)
    network = vgg16(CaffeWeights(str(tmp_path / "vgg_conv.pth")))
    image = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(3))
    expected = by_hand(filters, image, bgr_filters=True)
    for layer, value in network(image, expected).items():
        torch.testing.assert_close(value.double(), expected[layer], rtol=1e-3, atol=2e-2)


def test_caffe_input():
    image = torch.rand(1, 3, 2, 2)
    value = CaffeInput()(image)
    for channel, mean in enumerate((103.939, 116.779, 123.68)):
        torch.testing.assert_close(value[:, channel], image[:, 2 - channel] * 255 - mean)
    assert CaffeInput()(image.bfloat16()).dtype == torch.float32


def test_another_models_mean_is_refused(tmp_path, filters):
    path = write_mat(tmp_path / "other.mat", filters, beta16=False, mean=(122.7, 116.7, 104.0))
    with pytest.raises(WeightsError, match=r"minus \(122\.\d+.*not the VGG of the publications"):
        CaffeWeights(path).load(VGG16)


def test_damaged_and_other_files(tmp_path, filters):
    path = tmp_path / "vgg.mat"
    write_mat(path, filters, beta16=False)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"cannot be read as a model of matconvnet.*cut off"):
        CaffeWeights(str(path)).load(VGG16)
    savemat(path, {"something": np.zeros(3)})
    with pytest.raises(WeightsError, match=r"cannot be read as a model.*KeyError: 'layers'"):
        CaffeWeights(str(path)).load(VGG16)
    write_mat(path, {k: v for k, v in filters.items() if k != "conv5_3"}, beta16=True)
    with pytest.raises(WeightsError, match=r"does not fit vgg16: it has neither 'conv5_3\.weight'"):
        CaffeWeights(str(path)).load(VGG16)
    path.write_bytes(b"<html>moved</html>")
    with pytest.raises(WeightsError, match=r"is a web page"):
        CaffeWeights(str(path)).load(VGG16)
    with pytest.raises(WeightsError, match=r"no Caffe weights for alexnet.*vgg16_caffe"):
        CaffeWeights(str(path)).load(ALEXNET)


def test_torchvisions_weights_are_not_taken_for_caffes(tmp_path):
    path = tmp_path / "vgg.pth"
    torch.save(RandomWeights().load(VGG16).tensors, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    published = dataclasses.replace(VGG16, url=f"http://x/vgg16-{digest[:8]}.pth")
    with pytest.raises(WeightsError, match=r"holds torchvision's vgg16.*not comparable"):
        CaffeWeights(str(path)).load(published)


def test_without_a_file_says_where_to_get_it_and_what_else_runs():
    with initialize_config_dir(str(Path(__file__).parents[2] / "conf"), version_base="1.3"):
        config = compose(overrides=["+loss_network=vgg19_caffe"]).loss_network
        named = compose(
            overrides=["+loss_network=vgg16_caffe", "loss_network.weights.path=/no.mat"]
        )
    with pytest.raises(InstantiationException) as caught:
        instantiate(config.network)
    error = caught.value.__cause__
    assert isinstance(error, WeightsError)
    for words in (
        "imagenet-vgg-verydeep-19.mat or vgg19-d01eb7cb.pth: no file was named",
        "https://www.vlfeat.org/matconvnet/models/imagenet-vgg-verydeep-19.mat",
        "loss_network.weights.path=<file>",
        "loss_network=vgg19 (torchvision's weights) and loss_network=compact_vgg (bundled)",
        "not comparable",
    ):
        assert words in str(error)
    with pytest.raises(InstantiationException, match=r"there is no file /no\.mat"):
        instantiate(named.loss_network.network)
