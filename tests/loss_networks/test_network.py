import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from stylenet.loss_networks import network as networks
from stylenet.loss_networks.architectures import EVERY
from stylenet.loss_networks.errors import LossNetworkError
from stylenet.loss_networks.network import LossNetwork, compact_vgg, vgg16, vgg19
from stylenet.loss_networks.weights import Bundled, RandomWeights, WeightsFile

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def picture(height: int = 36, width: int = 41, seed: int = 0) -> Tensor:
    return torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def compact() -> LossNetwork:
    return compact_vgg(Bundled())


@pytest.fixture(scope="module")
def tiny_vgg16() -> LossNetwork:
    return vgg16(RandomWeights(0))


def steps(features: nn.Sequential, image: Tensor) -> Iterator[Tensor]:
    """Every intermediate value, computed without anything being overwritten."""
    value = (image - MEAN) / DEVIATION
    for layer in features:
        value = layer(value.clone())
        yield value


@pytest.mark.parametrize("name", ["vgg16", "vgg19", "alexnet", "squeezenet1_0", "squeezenet1_1"])
def test_every_layer_equals_torchvisions(name, tmp_path):
    torch.manual_seed(1)
    # Built without its classifier, whose 120 million values would be most of the test's time.
    with torch.device("meta"):
        features = getattr(torchvision.models, name)(weights=None).features
    features = features.to_empty(device="cpu").eval()
    for parameter in features.parameters():
        nn.init.normal_(parameter, std=0.05)
    file = tmp_path / "features.pth"
    torch.save({f"features.{k}": v for k, v in features.state_dict().items()}, file)

    network = getattr(networks, name)(WeightsFile(str(file)))
    image = picture(64, 67)
    with torch.no_grad():
        expected = list(steps(features, image))
        at_once = network(image, network.layer_names)
        assert len(expected) == len(network.layer_names)
        for layer, value in zip(network.layer_names, expected, strict=True):
            torch.testing.assert_close(at_once[layer], value)
        deepest = network.layer_names[-1]  # now with activations in place
        torch.testing.assert_close(network(image, [deepest])[deepest], expected[-1])


def test_compact_vgg_is_what_its_metadata_says(compact):
    path = Path(networks.__file__).with_name("compact_vgg.safetensors")
    values = {name: value.float() for name, value in load_file(path).items()}
    image = picture()
    value = (image - MEAN) / DEVIATION
    expected = {}
    for layer in ("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "4_1", "4_2", "5_1"):
        if layer.endswith("_1") and layer != "1_1":
            value = value.unfold(2, 2, 2).unfold(3, 2, 2).mean((-2, -1))
        weight, bias = values[f"conv{layer}.weight"], values[f"conv{layer}.bias"]
        expected[f"conv{layer}"] = value = functional.conv2d(value, weight, bias, padding=1)
        expected[f"relu{layer}"] = value = value.clamp(min=0)
    features = compact(image, expected)
    assert list(features) == list(expected)
    for layer, value in expected.items():
        rounding = 2e-6 * value.abs().max().item()  # noise makes filters loud that seldom fire
        torch.testing.assert_close(features[layer], value, rtol=2e-6, atol=rounding)
    assert compact.layer_names[-1] == "relu5_1"


def test_convolution_before_and_activation_after(tiny_vgg16):
    features = tiny_vgg16(picture(), ["relu2_2", "conv2_2"])
    assert features["conv2_2"].min() < 0
    assert torch.equal(features["relu2_2"], features["conv2_2"].relu())
    assert torch.equal(tiny_vgg16(picture(), ["conv2_2"])["conv2_2"], features["conv2_2"])


def test_keras_names_mean_the_activation():
    image, network = picture(), vgg19(RandomWeights(0))
    features = network(image, ["block5_conv2", "relu5_2", "block5_pool", "pool5", "conv5_2"])
    assert list(features) == ["block5_conv2", "relu5_2", "block5_pool", "pool5", "conv5_2"]
    assert torch.equal(features["block5_conv2"], features["relu5_2"])
    assert torch.equal(features["block5_pool"], features["pool5"])
    assert not torch.equal(features["block5_conv2"], features["conv5_2"])
    assert networks.alexnet(RandomWeights()).resolve("pool1") == "pool1"
    with pytest.raises(LossNetworkError):
        networks.alexnet(RandomWeights()).resolve("block1_pool")


def test_fire_modules_and_pools_have_their_papers_numbers():
    assert networks.squeezenet1_0(RandomWeights()).layer_names == (
        *("conv1", "relu1", "pool1", "fire2", "fire3", "fire4", "pool4", "fire5", "fire6"),
        *("fire7", "fire8", "pool8", "fire9"),
    )
    assert networks.squeezenet1_1(RandomWeights()).layer_names == (
        *("conv1", "relu1", "pool1", "fire2", "fire3", "pool3", "fire4", "fire5", "pool5"),
        *("fire6", "fire7", "fire8", "fire9"),
    )


def test_computes_no_further_than_the_deepest_layer(tiny_vgg16):
    ran = []
    handles = [
        layer.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, layer in tiny_vgg16.layers.items()
        if isinstance(layer, nn.Conv2d)
    ]
    try:
        tiny_vgg16(picture(), ["relu3_3", "relu1_2"])
        assert ran == [f"conv{i}" for i in ("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3")]
        ran.clear()
        assert tiny_vgg16(picture(), []) == {}
        assert ran == []
    finally:
        for handle in handles:
            handle.remove()


def test_average_pooling_keeps_the_geometry():
    image = picture(65, 70)
    for name in ("vgg16", "alexnet", "squeezenet1_0", "squeezenet1_1"):
        factory = getattr(networks, name)
        trained, average = factory(RandomWeights(0)), factory(RandomWeights(0), nn.AvgPool2d)
        features, averaged = (n(image, n.layer_names) for n in (trained, average))
        assert {k: v.shape for k, v in features.items()} == {
            k: v.shape for k, v in averaged.items()
        }
        before = trained.layer_names[trained.layer_names.index("pool1") - 1]
        pool = trained.layers["pool1"]
        expected = functional.avg_pool2d(
            features[before], pool.kernel_size, pool.stride, ceil_mode=pool.ceil_mode
        )
        torch.testing.assert_close(averaged["pool1"], expected)
        assert not torch.equal(features["pool1"], averaged["pool1"])
    with_max = compact_vgg(RandomWeights(0), nn.MaxPool2d)(image, ["relu1_2", "pool1"])
    assert torch.equal(with_max["pool1"], functional.max_pool2d(with_max["relu1_2"], 2, 2))


def test_gradients_reach_the_picture_and_nothing_else(compact):
    image = picture(16, 16).double().requires_grad_()
    network = compact_vgg(RandomWeights(2)).double()
    layers = ["relu1_1", "conv2_1", "relu2_2", "relu3_1"]
    sum(v.square().mean() for v in network(image, layers).values()).backward()
    gradient = image.grad
    assert gradient is not None
    assert all(not p.requires_grad and p.grad is None for p in network.parameters())

    image.grad = None
    value = (image - MEAN.double()) / DEVIATION.double()
    loss = torch.zeros((), dtype=torch.double)
    for name in network.layer_names[: network.layer_names.index("relu3_1") + 1]:
        layer = network.layers[name]
        value = value.clamp(min=0) if isinstance(layer, nn.ReLU) else layer(value)
        loss = loss + (value.square().mean() if name in layers else 0)
    loss.backward()
    torch.testing.assert_close(gradient, image.grad)


def test_the_picture_is_left_as_it_was(compact):
    image = picture()
    before = image.clone()
    compact(image, ["relu1_1"])
    assert torch.equal(image, before)


def test_always_in_evaluation_mode(compact):
    holder = nn.Sequential(compact).train()
    assert holder.training
    assert not any(module.training for module in compact.modules())


def test_stays_out_of_checkpoints(compact):
    holder = nn.ModuleDict({"loss": compact, "net": nn.Conv2d(3, 3, 1)})
    state = holder.state_dict()
    assert set(state) == {"net.weight", "net.bias"}
    before = compact(picture(), ["relu3_1"])["relu3_1"]
    holder.load_state_dict(state, strict=True)
    assert torch.equal(compact(picture(), ["relu3_1"])["relu3_1"], before)
    with pytest.raises(RuntimeError, match=r"net\.bias"):
        holder.load_state_dict({"net.weight": state["net.weight"]})


def test_unknown_layer_names_the_nearest(compact, tiny_vgg16):
    with pytest.raises(
        LossNetworkError, match=r"no layer 'relu2_3'.*mean 'relu2_2'.*conv1_1, relu"
    ):
        compact(picture(), ["relu1_1", "relu2_3"])
    with pytest.raises(LossNetworkError, match=r"Did you mean 'block5_conv3'"):
        tiny_vgg16.resolve("block5_conv4")


@pytest.mark.parametrize("architecture", EVERY, ids=lambda a: a.name)
def test_smallest_picture(architecture):
    network = getattr(networks, architecture.name)(RandomWeights())
    for layer in (next(n for n in network.layer_names if "pool" in n), network.layer_names[-1]):
        with pytest.raises(
            LossNetworkError, match=f"1x80 .* too small for layer {layer}"
        ) as caught:
            network(torch.rand(1, 3, 1, 80), [layer])
        smallest = int(caught.value.problem.rstrip(".").split("x")[-1])
        assert min(network(torch.rand(1, 3, smallest, 80), [layer])[layer].shape) == 1
        with pytest.raises(LossNetworkError, match=f"at least {smallest}x{smallest}"):
            network(torch.rand(1, 3, 80, smallest - 1), [layer])
        upto = list(network.layers.values())[: network.layer_names.index(layer) + 1]
        with pytest.raises(RuntimeError):  # torch agrees
            nn.Sequential(*upto)(torch.rand(1, 3, smallest - 1, 80))


@pytest.mark.parametrize(
    "image", [torch.rand(3, 32, 32), torch.rand(1, 1, 32, 32), torch.ones(1, 3, 32, 32).byte()]
)
def test_only_batches_of_rgb(compact, image):
    with pytest.raises(LossNetworkError, match=r"shape \(N,3,H,W\)"):
        compact(image, ["relu1_1"])


def test_channels_last_is_kept(compact):
    image = picture().to(memory_format=torch.channels_last)
    for value in compact(image, ["conv1_2", "relu1_1", "pool1", "relu3_1"]).values():
        assert value.is_contiguous(memory_format=torch.channels_last)
    expected = compact(picture(), ["relu3_1"])["relu3_1"]
    rounding = 2e-6 * expected.abs().max().item()
    got = compact(image, ["relu3_1"])["relu3_1"]
    torch.testing.assert_close(got, expected, rtol=2e-6, atol=rounding)


def test_autocast(compact):
    exact = compact(picture(), ["relu3_1"])["relu3_1"]
    with torch.autocast("cpu", torch.bfloat16):
        value = compact(picture(), ["relu3_1"])["relu3_1"]
    assert value.dtype == torch.bfloat16
    assert (value.float() - exact).norm() < 0.02 * exact.norm()


def test_the_record_of_a_run(compact):
    assert compact.name == "compact_vgg"
    assert compact.weights_source.startswith("bundled compact_vgg.safetensors sha256:5da9be9c")
    assert not compact.is_caffe


def test_lowered_layers_give_the_features_that_autocast_gives(compact):
    lowered = compact_vgg(Bundled()).lower(torch.bfloat16)
    layers = ["relu1_2", "conv3_1", "relu5_1"]
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        expected = compact(picture(), layers)
        got = lowered(picture(), layers)
    with torch.no_grad():
        alone = lowered(picture(), layers)  # no autocast needed
    for layer in layers:
        assert got[layer].dtype == alone[layer].dtype == torch.bfloat16
        torch.testing.assert_close(got[layer], expected[layer], rtol=0, atol=0)
        torch.testing.assert_close(alone[layer], expected[layer], rtol=0, atol=0)
    assert lowered.input.mean.dtype == torch.float32


def test_a_network_on_another_device_takes_pictures_of_the_cpu(compact):
    """Lightning moves it with its task; style pictures read at a later stage lie on the CPU."""
    moved = copy.deepcopy(compact).to("meta")
    (features,) = moved(torch.rand(1, 3, 32, 32), ["relu2_2"]).values()
    assert features.device.type == "meta"
