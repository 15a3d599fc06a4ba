import dataclasses
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from safetensors.torch import load_file, save_file
from torch import nn

from stylenet.loss_networks import network as networks
from stylenet.loss_networks.architectures import (
    ALEXNET,
    COMPACT_VGG,
    EVERY,
    VGG16,
    VGG16_BUNDLED,
    VGG19,
)
from stylenet.loss_networks.weight_files import WeightsError
from stylenet.loss_networks.weights import Bundled, Pretrained, RandomWeights, WeightsFile

ROOT = Path(__file__).parents[2]
SQUEEZENET = ROOT.parent / "shared/assets/weights/squeezenet1_0.safetensors"


def torchvision_state(architecture) -> dict[str, torch.Tensor]:
    """Random weights under torchvision's keys, with a classifier's key besides."""
    with torch.device("meta"):
        position = {name: index for index, name in enumerate(architecture.build())}
    state = {"classifier.0.weight": torch.zeros(2, 2)}
    for name, value in RandomWeights(5).load(architecture).tensors.items():
        layer, key = name.split(".", 1)
        state[f"features.{position[layer]}.{key}"] = value
    return state


@pytest.fixture(scope="module")
def alexnet_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save(torchvision_state(ALEXNET), path)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "torch/hub/checkpoints"


@contextmanager
def serve(content: bytes, status: int = 200, declared: int | None = None) -> Iterator[str]:
    """Address of a server that answers every request with ``content``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(declared or len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_random_weights_are_he_normal_and_repeatable():
    before = torch.get_rng_state()
    tensors = RandomWeights(3).load(VGG16).tensors
    again = RandomWeights(3).load(VGG16).tensors
    networks.alexnet(RandomWeights(3))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(again[name], value) for name, value in tensors.items())
    assert not torch.equal(
        RandomWeights(4).load(ALEXNET).tensors["conv1.weight"], again["conv1_1.weight"]
    )
    assert tensors["conv4_2.weight"].std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)
    assert not tensors["conv4_2.bias"].any()
    assert networks.alexnet(RandomWeights(3)).weights_source == "random(seed=3)"


@pytest.mark.skipif(not SQUEEZENET.exists(), reason=f"{SQUEEZENET} is not here")
def test_the_real_squeezenet():
    network = networks.squeezenet1_0(WeightsFile(str(SQUEEZENET)))
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert network.weights_source.startswith(f"file {SQUEEZENET} sha256:bb788a3f")


def test_bundled_only_what_is_bundled():
    assert {v.dtype for v in Bundled().load(COMPACT_VGG).tensors.values()} == {torch.float32}
    with pytest.raises(WeightsError, match=r"No weights of vgg16 come with stylenet.*pretrained"):
        Bundled().load(VGG16)


def test_filters_of_8_bits_are_whole_numbers_of_their_scale():
    file = Path(networks.__file__).with_name("vgg16_bundled.safetensors")
    stored = load_file(file)
    loaded = Bundled().load(VGG16_BUNDLED)
    assert file.stat().st_size < 3e6
    assert list(VGG16_BUNDLED.build())[-1] == "relu4_1"
    for layer in (name for name in VGG16_BUNDLED.build() if name.startswith("conv")):
        weight, whole = loaded.tensors[f"{layer}.weight"], stored[f"{layer}.weight"]
        assert whole.dtype == torch.int8
        scales = stored[f"{layer}.scale"]
        for number in (0, len(scales) - 1):
            expected = whole[number].float() * scales[number]
            torch.testing.assert_close(weight[number], expected)
            assert whole[number].abs().max() == 127


def test_the_bundled_vgg16_takes_bgr_in_0_to_255():
    network = networks.vgg16_bundled(Bundled())
    assert network.is_caffe
    red = torch.zeros(1, 3, 8, 8)
    red[:, 0] = 1.0
    tensors = Bundled().load(VGG16_BUNDLED).tensors
    mean = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    image = torch.tensor([0.0, 0.0, 255.0]).view(1, 3, 1, 1) - mean
    expected = nn.functional.conv2d(
        image.expand(1, 3, 8, 8), tensors["conv1_1.weight"], tensors["conv1_1.bias"]
    ).relu()
    found = network(red, ["relu1_1"])["relu1_1"][..., 1:-1, 1:-1]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_file_by_layer_names_or_torchvisions(tmp_path, name, alexnet_file):
    path = tmp_path / name
    by_layer = RandomWeights(5).load(ALEXNET).tensors
    if path.suffix == ".pth":
        torch.save(by_layer, path, _use_new_zipfile_serialization=False)  # as files of 2017 are
    else:
        save_file({k: v.half() for k, v in by_layer.items()}, path)
    loaded, torchvisions = (WeightsFile(str(p)).load(ALEXNET) for p in (path, alexnet_file))
    for key, value in by_layer.items():
        torch.testing.assert_close(loaded.tensors[key], value, rtol=2e-3, atol=1e-6)
        assert torch.equal(torchvisions.tensors[key], value)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert loaded.source == f"file {path} sha256:{digest}"


def test_the_prefix_of_parallel_training_is_left_out(tmp_path):
    path = tmp_path / "parallel.pth"
    by_layer = RandomWeights(5).load(ALEXNET).tensors
    torch.save({f"module.{key}": value for key, value in by_layer.items()}, path)
    loaded = WeightsFile(str(path)).load(ALEXNET).tensors
    assert loaded.keys() == by_layer.keys()
    assert all(torch.equal(loaded[key], value) for key, value in by_layer.items())


@pytest.mark.parametrize("weights", [WeightsFile, Pretrained])
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cut.pth", None, r"cannot be read.*cut off"),
        ("cut.safetensors", b"\x08\0\0\0\0\0\0\0{}      ...", r"cannot be read.*cut off"),
        ("page.pth", b"\n<!DOCTYPE html><html>404</html>", r"is a web page.*error page"),
        ("page.safetensors", b"<html>" + b" " * 200, r"is a web page.*error page"),
        ("empty.pth", b"", r"is empty"),
        ("other.pth", [torch.zeros(1)], r"something else than tensors by name.*state_dict"),
        ("code.pth", {"features.0.weight": os.getcwd}, r"cannot be read"),
    ],
)
def test_damaged_files(tmp_path, alexnet_file, weights, name, content, words):
    path = tmp_path / name
    if isinstance(content, list | dict):
        torch.save(content, path)
    else:
        path.write_bytes(alexnet_file.read_bytes()[:1_000_000] if content is None else content)
    with pytest.raises(WeightsError, match=f"{name}.*{words}"):
        networks.alexnet(weights(str(path)))


def test_missing_files(tmp_path):
    with pytest.raises(WeightsError, match=r"no\.pth cannot be opened: No such file.*compact_vgg"):
        WeightsFile(str(tmp_path / "no.pth")).load(ALEXNET)
    with pytest.raises(WeightsError, match=r"Is a directory"):
        Pretrained(str(tmp_path)).load(ALEXNET)
    with pytest.raises(WeightsError, match=r"No file.*loss_network\.weights\.path=<file>"):
        WeightsFile().load(ALEXNET)


def test_another_networks_file(tmp_path, alexnet_file):
    with pytest.raises(WeightsError, match=r"not fit vgg16: .*shape.*It fits loss_network=alexnet"):
        WeightsFile(str(alexnet_file)).load(VGG16)
    path = tmp_path / "vgg19.pth"
    torch.save(torchvision_state(VGG19), path)
    with pytest.raises(WeightsError, match=r"'features\.17\.weight'.*fits loss_network=vgg19"):
        WeightsFile(str(path)).load(VGG16)
    torch.save(RandomWeights().load(VGG19).tensors, path)  # holds all of VGG-16's names, and more
    with pytest.raises(WeightsError, match=r"'conv3_4\.weight' besides.*fits loss_network=vgg19"):
        WeightsFile(str(path)).load(VGG16)
    torch.save({"backbone.weight": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match=r"neither 'conv1_1\.weight' nor 'features\.0\.weight'"):
        WeightsFile(str(path)).load(VGG16)


def test_caffe_weights_are_not_taken_for_torchvisions(alexnet_file):
    digest = hashlib.sha256(alexnet_file.read_bytes()).hexdigest()
    published = dataclasses.replace(ALEXNET, caffe_urls=(f"http://x/alexnet-{digest[:8]}.pth",))
    with pytest.raises(WeightsError, match=r"Caffe weights.*loss_network/weights=caffe"):
        WeightsFile(str(alexnet_file)).load(published)


def test_download_is_verified_kept_and_used_again(alexnet_file, cache):
    content = alexnet_file.read_bytes()
    name = f"alexnet-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    with serve(content) as address:
        architecture = dataclasses.replace(ALEXNET, url=f"{address}/{name}")
        loaded = Pretrained().load(architecture)
    assert loaded.source == f"torchvision IMAGENET1K_V1 ({name})"
    assert [path.name for path in cache.iterdir()] == [name]
    again = Pretrained().load(architecture)  # the server is gone
    assert torch.equal(again.tensors["conv1.weight"], loaded.tensors["conv1.weight"])
    assert socket.getdefaulttimeout() is None

    (cache / name).write_bytes(content[:1000])
    words = (
        f"{name} does not hold the published.*expected {name[8:16]}.*delete it and fetch it again"
    )
    with pytest.raises(WeightsError, match=words):
        Pretrained().load(architecture)


def test_a_mirrors_file_is_verified_whatever_its_name(alexnet_file, cache):
    content = alexnet_file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    published = dataclasses.replace(ALEXNET, url=f"http://x/alexnet-{digest[:8]}.pth")
    with serve(content) as address:
        mirror = Pretrained(url=f"{address}/weights.pth")
        with pytest.raises(WeightsError, match=r"invalid hash value"):
            mirror.load(ALEXNET)  # torchvision's own hash, which these weights do not have
        with pytest.raises(WeightsError, match=r"invalid hash value"):
            Pretrained(url=f"{address}/alexnet-{digest[:8]}.pth").load(ALEXNET)
        assert list(cache.iterdir()) == []
        assert mirror.load(published).source == f"{address}/weights.pth"
    mirror.load(published)  # from the cache
    with pytest.raises(WeightsError, match=r"weights\.pth does not hold .* alexnet.*delete it"):
        mirror.load(ALEXNET)


def test_the_caches_file_is_verified(alexnet_file, cache):
    cache.mkdir(parents=True)
    file = cache / "alexnet-0123abcd.pth"
    file.write_bytes(alexnet_file.read_bytes())  # whole and fitting, but not what was published
    published = dataclasses.replace(ALEXNET, url="http://127.0.0.1:9/alexnet-0123abcd.pth")
    with pytest.raises(WeightsError, match=r"expected 0123abcd.*delete it.*weights\.path=<file>"):
        Pretrained().load(published)
    file.unlink()
    file.mkdir()
    with pytest.raises(WeightsError, match=r"0123abcd\.pth cannot be opened: Is a directory"):
        Pretrained().load(published)


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        ({"content": b"<html>sign in</html>"}, "invalid hash value"),
        ({"content": b"cut off", "declared": 1000}, "invalid hash value"),
        ({"content": b"gone", "status": 404}, "HTTP Error 404"),
    ],
)
def test_bad_downloads_leave_nothing_behind(cache, server, reason):
    with serve(**server) as address:
        url = f"{address}/alexnet-0123abcd.pth"
        with pytest.raises(WeightsError, match=reason) as caught:
            Pretrained(url=url).load(ALEXNET)
    for words in (url, str(cache / "alexnet-0123abcd.pth"), "no such file", "compact_vgg", "path="):
        assert words in str(caught.value)
    assert list(cache.iterdir()) == []


def test_an_interrupted_download_leaves_nothing_behind(cache, monkeypatch):
    def interrupt(*_: object) -> None:
        assert [path.suffix for path in cache.iterdir()] == [".partial"]
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.hub.tqdm, "update", interrupt)
    with serve(b"x" * 10_000) as address, pytest.raises(KeyboardInterrupt):
        Pretrained(url=f"{address}/alexnet-0123abcd.pth").load(ALEXNET)
    assert list(cache.iterdir()) == []
    assert socket.getdefaulttimeout() is None


def test_no_server_and_a_silent_one():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/vgg16-0123abcd.pth"
        with pytest.raises(WeightsError, match="timed out"):
            Pretrained(url=url, timeout=0.1).load(VGG16)
    with pytest.raises(WeightsError, match=r"vgg16-0123abcd\.pth.*refused"):
        Pretrained(url=url).load(VGG16)
    assert socket.getdefaulttimeout() is None


def test_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "torch").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match=r"Not a directory"):
        Pretrained(url="http://127.0.0.1:9/vgg16-0123abcd.pth").load(VGG16)


def test_nothing_published_for_compact_vgg():
    with pytest.raises(WeightsError, match=r"no weights for compact_vgg.*weights=bundled"):
        Pretrained().load(COMPACT_VGG)


def configured(*overrides: str):
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose(overrides=list(overrides)).loss_network


CONFIGS = sorted(path.stem for path in (ROOT / "conf/loss_network").glob("[!_]*.yaml"))


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration_builds_a_network_with_its_layers(name):
    config = configured(f"+loss_network={name}", "loss_network/weights=random")
    network = instantiate(config.network)
    assert config.name == name
    assert name.removesuffix("_caffe") == network.name
    for layers in (config, config.squared):
        for layer in (*layers.content_layers, *layers.style_layers):
            assert layer == "pixels" or network.resolve(layer) == layer
    assert {*config} == {
        *("name", "network", "weights", "pooling", "padding", "content_layers"),
        *("content_layer_weights", "style_layers", "content_weight", "style_weight", "tv_weight"),
        *("learning_rate", "squared", "optimised"),  # of loss=squared and for single images
    }


def test_every_architecture_is_configured():
    assert {*CONFIGS} == {a.name for a in EVERY} | {"vgg16_caffe", "vgg19_caffe"}


def test_configured_weights(alexnet_file):
    assert instantiate(configured("+loss_network=compact_vgg").network).weights_source.startswith(
        "bundled"
    )
    chosen = ("loss_network/weights=random", "loss_network.weights.seed=3")
    network = instantiate(configured("+loss_network=alexnet", *chosen).network)
    assert network.weights_source == "random(seed=3)"
    for kind in ((), ("loss_network/weights=file",)):
        path = f"loss_network.weights.path={alexnet_file}"
        network = instantiate(configured("+loss_network=alexnet", *kind, path).network)
        assert network.weights_source.startswith(f"file {alexnet_file}")


def test_configured_pooling():
    random = ("+loss_network=alexnet", "loss_network/weights=random")
    assert isinstance(instantiate(configured(*random).network).layers.pool1, nn.MaxPool2d)
    average = instantiate(configured(*random, "loss_network/pooling=average").network)
    assert isinstance(average.layers.pool1, nn.AvgPool2d)
    compact = ("+loss_network=compact_vgg", "loss_network/pooling=max")
    assert isinstance(instantiate(configured(*compact).network).layers.pool1, nn.MaxPool2d)


@pytest.mark.parametrize("architecture", [a for a in EVERY if a.url], ids=lambda a: a.name)
def test_published_weights_are_those_that_torchvision_names(architecture):
    published = torchvision.models.get_model_weights(architecture.name)
    assert architecture.url == published.IMAGENET1K_V1.url
