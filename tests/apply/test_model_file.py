"""A finished net on disk: what is saved is what is loaded, and nothing else gets in."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from stylenet.apply import ModelFileError, load_model, save_model
from stylenet.apply.model_file import DESCRIPTION, TENSORS, build_architecture
from stylenet.errors import StylenetError
from stylenet.run.building import plain

ARCHITECTURE = {
    "_target_": "stylenet.nets.TransformerNet",
    "width": 0.0625,
    "blocks": 1,
    "norm": {"_target_": "torch.nn.InstanceNorm2d", "_partial_": True, "affine": True},
    "padding": {
        "_target_": "stylenet.nets.Padding",
        "margin": 0,
        "mode": "reflect",
        "residual": 1,
    },
    "upsample": {"_target_": "stylenet.nets.NearestUpsample", "_partial_": True},
}


def picture(batch: int = 1) -> Tensor:
    return torch.rand(batch, 3, 21, 18, generator=torch.Generator().manual_seed(0))


def trained(net: nn.Module) -> nn.Module:
    """As after a few steps: no weight and no running statistic is what a new net has."""
    torch.manual_seed(1)
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    with torch.no_grad():
        net.train()(picture(4))
    return net.eval()


@pytest.fixture
def net() -> nn.Module:
    return trained(build_architecture(ARCHITECTURE))


@pytest.fixture
def saved(tmp_path: Path, net: nn.Module) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    save_model(folder, net, {"architecture": ARCHITECTURE, "style": {"name": "udnie"}})
    return folder


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("padding", ["reflect", "reflect40", "zeros"])
@pytest.mark.parametrize("upsample", ["bilinear", "nearest", "transposed"])
def test_round_trip_of_every_configured_net_is_exact(composed, tmp_path, norm, padding, upsample):
    """As Hydra resolves them, ``_partial_`` norms included."""
    margin = ["net.padding.margin=8"] if padding == "reflect40" else []
    config = composed(
        f"norm={norm}",
        f"net/padding={padding}",
        f"net/upsample={upsample}",
        "net.width=0.0625",
        "net.blocks=1",
        *margin,
    )
    net = trained(instantiate(config.net, _convert_="all"))
    save_model(tmp_path, net, {"architecture": plain(config)["net"]})
    loaded = load_model(tmp_path).net
    assert type(loaded) is type(net)
    with torch.inference_mode():
        expected = net(picture())
        assert expected.std() > 0
        assert torch.equal(loaded(picture()), expected)


def test_other_outputs_and_tensors_in_channels_last_come_back(tmp_path):
    output = {"_target_": "stylenet.nets.Affine", "scale": 0.25, "centre": 0.4}
    architecture = {**ARCHITECTURE, "output": output}
    net = trained(build_architecture(architecture)).to(memory_format=torch.channels_last)
    save_model(tmp_path, net, {"architecture": architecture})
    torch.testing.assert_close(load_model(tmp_path).net(picture()), net(picture()).detach())


@pytest.mark.parametrize("given", [".", TENSORS, DESCRIPTION])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_run_directory_or_either_file_may_be_named(saved, net, given, kind):
    model = load_model(kind(saved / given))
    assert torch.equal(model.net(picture()), net(picture()))
    assert model.description["style"] == {"name": "udnie"}
    assert model.path == saved / TENSORS
    assert model.name == "run"


def test_renamed_files_stay_a_pair_and_give_their_name(saved, net):
    for file in (TENSORS, DESCRIPTION):
        (saved / file).rename(saved / f"udnie_0.5{Path(file).suffix}")
    model = load_model(saved / "udnie_0.5.safetensors")
    assert model.name == "udnie_0.5"
    assert torch.equal(model.net(picture()), net(picture()))


def test_a_run_is_named_after_its_directory_from_inside_too(saved, monkeypatch):
    monkeypatch.chdir(saved)
    assert load_model(".").name == "run"
    assert load_model(TENSORS).name == "run"


def test_a_directory_that_looks_like_a_file_is_a_directory(saved, tmp_path):
    saved.rename(tmp_path / "a.safetensors")
    assert load_model(tmp_path / "a.safetensors").name == "a.safetensors"


def test_a_loaded_net_is_ready_to_paint(saved):
    net = load_model(saved).net
    assert not any(module.training for module in net.modules())
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_what_is_written_is_plain(saved, net):
    tensors = load_file(saved / TENSORS)
    assert tensors.keys() == net.state_dict().keys()
    for name, value in net.state_dict().items():
        assert torch.equal(tensors[name], value)
    assert json.loads((saved / DESCRIPTION).read_text()) == {
        "format": 1,
        "architecture": ARCHITECTURE,
        "style": {"name": "udnie"},
    }
    assert sorted(file.name for file in saved.iterdir()) == [DESCRIPTION, TENSORS]


def test_no_pickle_is_read(saved, net, monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was unpickled")

    for module, name in [
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (pickle, "_Unpickler"),
        (torch, "load"),
    ]:
        monkeypatch.setattr(module, name, refuse)
    assert torch.equal(load_model(saved).net(picture()), net(picture()))


def test_a_pickle_in_the_place_of_the_tensors_is_refused(saved, net):
    torch.save(net.state_dict(), saved / TENSORS)
    with pytest.raises(ModelFileError, match="cannot be read as safetensors"):
        load_model(saved)


# --- broken files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [TENSORS, DESCRIPTION])
def test_a_missing_file_is_named(saved, missing):
    (saved / missing).unlink()
    for given in (saved, saved / TENSORS, saved / DESCRIPTION):
        words = f"Got the net {given}, but {saved / missing} does not exist. Name a finished run"
        with pytest.raises(ModelFileError) as caught:
            load_model(given)
        assert str(caught.value).startswith(words)


def test_a_directory_that_does_not_exist_is_named_whole(tmp_path):
    """Dots in names of runs, such as that of a learning rate, are no suffixes."""
    folder = tmp_path / "2026_lr=0.001"
    with pytest.raises(ModelFileError) as caught:
        load_model(folder)
    assert f"{folder}/model.safetensors does not exist" in caught.value.problem


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_truncated_tensors(saved, kept):
    content = (saved / TENSORS).read_bytes()
    (saved / TENSORS).write_bytes(content[:kept])
    with pytest.raises(ModelFileError, match=r"model.safetensors cannot be read .*cut short"):
        load_model(saved)


def test_tensors_of_another_net(saved, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    wider = {**ARCHITECTURE, "width": 0.125}
    save_model(other, build_architecture(wider), {"architecture": wider})
    shutil.copy(other / TENSORS, saved / TENSORS)
    with pytest.raises(ModelFileError, match=r"(?s)do not fit .*size mismatch.*one run together"):
        load_model(saved)


@pytest.mark.parametrize(
    ("change", "words"), [({"blocks": 2}, "Missing key"), ({"blocks": 0}, "Unexpected key")]
)
def test_keys_are_checked_strictly(saved, change, words):
    (saved / DESCRIPTION).write_text(
        json.dumps({"format": 1, "architecture": {**ARCHITECTURE, **change}})
    )
    with pytest.raises(ModelFileError, match=f"(?s)do not fit .*{words}"):
        load_model(saved)


@pytest.mark.parametrize(
    "text",
    ["", "{", "not json", "[]", '"text"', "3", "null", '{"format": 1}', "\udcff"],
)
def test_broken_descriptions(saved, text):
    (saved / DESCRIPTION).write_text(text, errors="surrogateescape")
    with pytest.raises(ModelFileError, match=r"model.json is no description of a net .*Copy both"):
        load_model(saved)


@pytest.mark.parametrize("number", [0, 2, "1", None])
def test_another_format_is_refused(saved, number):
    (saved / DESCRIPTION).write_text(json.dumps({"format": number, "architecture": ARCHITECTURE}))
    with pytest.raises(ModelFileError, match=f"has format {number!r}, expected 1.*'versions'"):
        load_model(saved)


@pytest.mark.parametrize("architecture", [3, None, {}, [], {"_target_": "stylenet.nets.Padding"}])
def test_an_architecture_that_is_no_net(saved, architecture):
    (saved / DESCRIPTION).write_text(json.dumps({"format": 1, "architecture": architecture}))
    with pytest.raises(ModelFileError, match=r"describes no net|Padding cannot be built"):
        load_model(saved)


# --- what an architecture may name ----------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "builtins.exec",
        "subprocess.run",
        "torch.load",
        "torch.hub.load",
        "torch.nn.modules.module.torch.load",
        "torch.nn.functional.relu",
        "stylenet.apply.load_model",
        "stylenet.nets.johnson.TransformerNet",
        "torch.nn.__init__",
        "torch.nn.__class__",
        "eval",
        "",
        ".",
        "torch.nn.",
    ],
)
@pytest.mark.parametrize("where", ["outside", "inside", "list", "partial"])
def test_targets_outside_the_nets_are_refused(saved, target, where):
    evil = {"_target_": target}
    if where == "partial":
        evil["_partial_"] = True
    architecture = evil
    if where == "inside":
        architecture = {**ARCHITECTURE, "output": evil}
    elif where == "list":
        architecture = {**ARCHITECTURE, "output": [[evil]]}
    (saved / DESCRIPTION).write_text(json.dumps({"format": 1, "architecture": architecture}))
    with pytest.raises(ModelFileError, match=r"The architecture('s| names) ") as caught:
        load_model(saved)
    assert f" {target}" in caught.value.problem


def test_a_command_is_not_run(saved, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(os, "system", ran.append)
    evil = {"_target_": "os.system", "command": f"touch {tmp_path / 'trace'}"}
    for architecture in (evil, {**ARCHITECTURE, "norm": evil}):
        (saved / DESCRIPTION).write_text(json.dumps({"format": 1, "architecture": architecture}))
        with pytest.raises(
            ModelFileError, match=r"names os.system, expected .*stylenet.nets or torch.nn.*trust"
        ):
            load_model(saved)
    assert ran == []
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "config",
    [
        {"_target_": "stylenet.nets.NoSuchNet"},
        {"_target_": "torch.nn.init"},
        {"_target_": "stylenet.nets.Padding", "margn": 3},
        {"_target_": "torch.nn.Conv2d", "in_channels": 3, "out_channels": 4, "kernel_size": -1},
        {**ARCHITECTURE, "_args_": [1]},
        {"_target_": "torch.nn.Conv2d", "in_channels": 3, "out_channels": 4, "kernel_size": 3}
        | {"groups": 2},
    ],
)
def test_what_cannot_be_built_is_said_in_words(config):
    with pytest.raises(ModelFileError, match=r"cannot be built \(.*Use the version of stylenet"):
        build_architecture(config)


def test_a_net_s_own_error_comes_through():
    with pytest.raises(StylenetError, match=r"net.width=0, expected more"):
        build_architecture({**ARCHITECTURE, "width": 0})


def test_architectures_nest():
    built = build_architecture(
        {"a": [{"_target_": "torch.nn.ReLU"}, 1, "x", None], "b": {"c": True}}
    )
    assert isinstance(built["a"][0], nn.ReLU)
    assert (built["a"][1:], built["b"]) == ([1, "x", None], {"c": True})
    norm = build_architecture({"_target_": "torch.nn.BatchNorm2d", "_partial_": True, "eps": 0.5})
    assert (norm(3).num_features, norm(3).eps) == (3, 0.5)


# --- interrupted writing --------------------------------------------------------------------------


class DiskFullError(OSError):
    pass


@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_full_disk_leaves_the_old_pair(saved, net, monkeypatch, fails_at):
    before = {file.name: file.read_bytes() for file in saved.iterdir()}
    write_bytes, written = Path.write_bytes, []

    def fill_up(file: Path, content: bytes) -> int:
        written.append(file)
        if len(written) == fails_at:
            write_bytes(file, content[: len(content) // 2])
            raise DiskFullError
        return write_bytes(file, content)

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with torch.no_grad():
        net.encoder[0][0].weight.zero_()
    with pytest.raises(DiskFullError):
        save_model(saved, net, {"architecture": ARCHITECTURE, "style": "another"})
    assert {file.name: file.read_bytes() for file in saved.iterdir()} == before
    assert load_model(saved).description["style"] == {"name": "udnie"}


def test_a_description_that_is_not_plain_data_leaves_the_old_pair(saved, net):
    before = {file.name: file.read_bytes() for file in saved.iterdir()}
    with torch.no_grad():
        net.encoder[0][0].weight.zero_()
    with pytest.raises(TypeError, match="not JSON serializable"):
        save_model(saved, net, {"architecture": ARCHITECTURE, "style": object()})
    assert {file.name: file.read_bytes() for file in saved.iterdir()} == before


def test_saving_again_replaces_both(saved, net):
    with torch.no_grad():
        net.encoder[0][0].weight.zero_()
    path = save_model(str(saved), net, {"architecture": ARCHITECTURE, "style": "another"})
    assert path == saved / TENSORS
    model = load_model(path)
    assert model.description["style"] == "another"
    assert model.net.encoder[0][0].weight.abs().sum() == 0


@pytest.mark.parametrize("name", ["last.ckpt", "udnie.pth"])
def test_a_checkpoint_is_called_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(ModelFileError, match=r"a checkpoint, .* expected a finished net"):
        load_model(tmp_path / name)


def test_names_as_of_several_processes_are_understood(saved: Path, net: nn.Module) -> None:
    tensors = {f"module.{key}": value for key, value in load_file(saved / TENSORS).items()}
    save_file(tensors, saved / TENSORS)
    assert torch.equal(load_model(saved).net(picture()), net(picture()))


def test_a_net_with_a_module_of_that_name_keeps_its_names(tmp_path: Path, net: nn.Module) -> None:
    inside = {"_target_": "torch.nn.DataParallel", "module": ARCHITECTURE}
    save_model(tmp_path, nn.DataParallel(net), {"architecture": inside})
    assert torch.equal(load_model(tmp_path).net(picture()), net(picture()))


@pytest.mark.parametrize("changed", [{"width": 1e5}, {"blocks": 10**6}, {"width": float("inf")}])
def test_a_net_far_larger_than_its_tensors_is_not_built(saved, changed):
    """A stranger's description would otherwise take all memory before a tensor is looked at."""
    architecture = {**ARCHITECTURE, **changed}
    (saved / DESCRIPTION).write_text(json.dumps({"format": 1, "architecture": architecture}))
    with pytest.raises(ModelFileError, match=r"far larger net than|cannot be built"):
        load_model(saved)


def test_a_description_far_too_deep_is_refused(saved):
    (saved / DESCRIPTION).write_text("[" * 200_000)
    with pytest.raises(ModelFileError, match="is no description of a net"):
        load_model(saved)
