"""What is transparent stays so, where the file that is written has transparency."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from stylenet.apply.video import ClipOptions, VideoError, paint_clip
from stylenet.apply.video.encoders import ProRes
from stylenet.apply.video.libraries import pyav
from stylenet.images import LongerSide

av = pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")

Scene = Callable[..., list[NDArray[np.uint8]]]
PLAIN = ClipOptions(blend=None)


def alpha_of(number: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """A ramp, and a hole that moves."""
    alpha = np.linspace(40, 255, width).astype(np.uint8)[None].repeat(height, 0)
    alpha[10:30, 4 * number : 4 * number + 16] = 0
    return alpha


@pytest.fixture
def frames(scene: Scene, tmp_path: Path) -> Path:
    """A folder of three frames."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, pixels in enumerate(scene(3)):
        four = np.concatenate([pixels, alpha_of(number)[..., None]], -1)
        Image.fromarray(four).save(folder / f"{number}.png")
    return folder


def inverted(image: Tensor) -> Tensor:
    return 1 - image


def read_alpha(folder: Path) -> list[NDArray[np.uint8]]:
    return [np.asarray(Image.open(f).getchannel("A")) for f in sorted(folder.glob("*.png"))]


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_from_frames_to_a_clip_and_back(frames: Path, tmp_path: Path, suffix: str) -> None:
    clip = tmp_path / f"clear{suffix}"
    said: list[str] = []
    paint_clip(frames, clip, inverted, PLAIN, say=said.append)
    paint_clip(clip, tmp_path / "again" / "%d.png", inverted, PLAIN, say=said.append)
    assert said == []
    with av.open(str(clip)) as source:
        assert source.streams.video[0].codec_context.name == "prores"
    for number, alpha in enumerate(read_alpha(tmp_path / "again")):
        assert np.abs(1.0 * alpha - alpha_of(number)).max() < 3
    with Image.open(tmp_path / "again" / "2.png") as painted, Image.open(frames / "1.png") as one:
        white = Image.alpha_composite(Image.new("RGBA", one.size, "white"), one).convert("RGB")
        apart = np.abs(1.0 * np.asarray(painted.convert("RGB")) - np.asarray(white))
    opaque = alpha_of(1) > 250
    assert apart[opaque].mean() < 6


def test_frames_stay_clear_at_another_size(frames: Path, tmp_path: Path) -> None:
    paint_clip(frames, tmp_path / "small", lambda image: LongerSide(32)(image), PLAIN)
    (alpha, *_) = read_alpha(tmp_path / "small")
    assert alpha.shape == (24, 32)
    expected = alpha_of(0).reshape(24, 2, 32, 2).mean((1, 3))
    assert np.abs(alpha - expected).max() < 2


def test_a_gif_is_clear_or_not_and_an_opaque_one_stays_opaque(
    frames: Path, scene: Scene, tmp_path: Path
) -> None:
    paint_clip(frames, tmp_path / "out.gif", inverted, PLAIN)
    paint_clip(tmp_path / "out.gif", tmp_path / "back" / "%d.png", inverted, PLAIN)
    for number, alpha in enumerate(read_alpha(tmp_path / "back")):
        assert set(np.unique(alpha)) == {0, 255}
        assert (alpha[12:28, 4 * number + 2 : 4 * number + 14] == 0).all()
        assert (alpha[:, 50:] == 255).all()
    said: list[str] = []
    for number, pixels in enumerate(scene(3)):
        Image.fromarray(pixels).save(frames / f"{number}.png")
    paint_clip(frames, tmp_path / "opaque.gif", inverted, PLAIN)
    paint_clip(tmp_path / "opaque.gif", tmp_path / "opaque.mov", inverted, PLAIN, say=said.append)
    with av.open(str(tmp_path / "opaque.mov")) as source:
        assert source.streams.video[0].codec_context.name == "h264"
    assert said == []


def test_where_there_is_none_it_is_said(frames: Path, tmp_path: Path) -> None:
    said: list[str] = []
    painted: list[Tensor] = []
    paint_clip(
        frames, tmp_path / "out.mp4", lambda x: painted.append(x) or x, PLAIN, say=said.append
    )
    assert said == [f"{tmp_path}/out.mp4: transparency lies on white; .mov and .mkv keep it"]
    torch.testing.assert_close(painted[0][:, 15, 5], torch.ones(3))


def test_without_the_encoder_it_is_said_before_anything_is_painted(
    frames: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyav(), "codecs_available", pyav().codecs_available - {ProRes.name})
    with pytest.raises(VideoError, match="needs the encoder prores_ks, which is not built"):
        paint_clip(frames, tmp_path / "out.mov", inverted, PLAIN)
    assert [file.name for file in tmp_path.iterdir()] == ["frames"]
