"""RAFT: its own numbers for any size, weights from a file, words where there are none."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from stylenet.apply.video import FlowBlend, Raft, flow_of
from stylenet.errors import StylenetError
from stylenet.motion import DisFlow


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from torchvision.models.optical_flow import raft_small

    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("raft") / "raft_small.pth"
    torch.save(raft_small().state_dict(), file)
    return file


def frames(height: int, width: int) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (2, height, width), dtype=np.uint8))


def test_it_is_torchvisions_on_frames_that_need_no_padding(weights: Path) -> None:
    from torchvision.models.optical_flow import raft_small

    net = raft_small().eval()
    net.load_state_dict(torch.load(weights, weights_only=True))
    here, there = frames(128, 136)
    with torch.inference_mode():
        inputs = [
            torch.from_numpy(f).float()[None, None].repeat(1, 3, 1, 1) / 127.5 - 1
            for f in (here, there)
        ]
        wanted = net(*inputs)[-1][0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(flow_of(str(weights))(here, there), wanted, atol=1e-4)


def test_frames_of_any_size_have_flow(weights: Path) -> None:
    assert Raft.load(weights)(*frames(33, 50)).shape == (33, 50, 2)


def test_it_is_named_in_what_a_clip_that_is_gone_on_with_must_not_change(weights: Path) -> None:
    blend = FlowBlend(0.5, flow_of(str(weights)))
    assert str(weights) in str(blend)
    assert str(blend) == str(FlowBlend(0.5, flow_of(str(weights))))
    assert str(FlowBlend(0.5)) == str(FlowBlend(0.5, flow_of("dis")))
    assert isinstance(flow_of("dis"), DisFlow)


def test_weights_that_are_not_to_be_had_are_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    words = r"raft_small.*\.pth, could not be obtained.*no such file.*no network.*--flow dis"
    with pytest.raises(StylenetError, match=words):
        flow_of("raft")


def test_a_server_that_falls_silent_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise TimeoutError(f"{socket.getdefaulttimeout()} s of silence")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", silent)
    with pytest.raises(StylenetError, match=r"could not be obtained.*20\.0 s of silence"):
        flow_of("raft")
    assert socket.getdefaulttimeout() is None


def test_what_lies_in_torchs_cache_is_taken(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.models.optical_flow import Raft_Small_Weights

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    place = tmp_path / "hub" / "checkpoints" / Raft_Small_Weights.C_T_V2.url.rsplit("/", 1)[-1]
    place.parent.mkdir(parents=True)
    place.write_bytes(weights.read_bytes())
    found = flow_of("raft")
    assert isinstance(found, Raft)
    assert found.source == str(place)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("other.pth", {"a": torch.zeros(1)}, r"holds no weights of torchvision's raft_small"),
        ("text.pth", None, r"text\.pth cannot be read: expected a whole file of tensors"),
    ],
)
def test_files_of_something_else(
    tmp_path: Path, name: str, content: object, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is None:
        Path(name).write_text("text")
    else:
        torch.save(content, name)
    with pytest.raises(StylenetError, match=words):
        flow_of(name)


def test_a_word_that_is_none() -> None:
    with pytest.raises(StylenetError, match=r"Got flow=farneback, expected dis, raft, or a file"):
        flow_of("farneback")
