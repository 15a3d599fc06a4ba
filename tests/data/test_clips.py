"""data=video: frames of clips, each with the one that follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from stylenet.apply.video import VideoError, each_frame
from stylenet.data import ClipData, RandomCrop
from stylenet.errors import StylenetError
from stylenet.motion import Followed, carried

pytest.importorskip("av", reason="the extra video is not installed")
pytest.importorskip("cv2", reason="the extra video is not installed")


def data(root: Path | None, **settings: Any) -> ClipData:
    settings = {"augment": RandomCrop(), "size": 48, "val_size": 48, "num_workers": 0} | settings
    return ClipData(root=None if root is None else str(root), reader=each_frame, **settings)


def frames_in(folder: Path, count: int = 4, step: int = 3, seed: int = 0) -> Path:
    """A walk over a texture of 8 px cells, as images."""
    folder.mkdir(parents=True)
    cells = np.random.default_rng(seed).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    wide = np.asarray(Image.fromarray(cells).resize((192, 128), Image.Resampling.BICUBIC))
    for number in range(count):
        left = step * number
        Image.fromarray(wide[:96, left : left + 96]).save(folder / f"{number + 8}.png")
    return folder


def test_each_frame_comes_with_the_one_that_follows(tmp_path: Path) -> None:
    frames_in(tmp_path / "clips" / "walk")
    clips = data(tmp_path / "clips", batch_size=3)
    pictures = clips.train_pictures()
    assert [pictures.name(n) for n in range(len(pictures))] == ["walk 0", "walk 1", "walk 2"]
    (batch,) = clips.train_dataloader()
    assert isinstance(batch, Followed)
    first, moved = batch
    assert first.shape == moved.image.shape == (3, 3, 48, 48)
    assert moved.grid.shape == (3, 48, 48, 2)
    assert moved.seen.shape == (3, 1, 48, 48)
    found = carried(first, moved.grid)
    # cut, scaled and mirrored alike, or the first frames carried would be no second ones
    assert moved.seen.mean() > 0.7
    error = ((found - moved.image).abs() * moved.seen).sum() / (3 * moved.seen.sum())
    still = ((first - moved.image).abs() * moved.seen).sum() / (3 * moved.seen.sum())
    assert error < 0.25 * still


def test_the_last_frame_of_a_clip_is_followed_by_none_of_the_next(
    tmp_path: Path, clip: Callable[..., Path]
) -> None:
    root = tmp_path / "clips"
    frames_in(root / "a", 3)
    frames_in(root / "deep" / "b", 2, seed=1)
    clip("clips/c.mp4")  # 8 frames
    (root / "notes.txt").write_text("no clip")
    (root / ".hidden").mkdir()
    pictures = data(root, frames=5).train_pictures()
    names = [pictures.name(n) for n in range(len(pictures))]
    assert names == ["a 0", "a 1", "c.mp4 0", "c.mp4 1", "c.mp4 2", "c.mp4 3", "b 0"]


def test_workers_make_what_the_process_itself_does(tmp_path: Path) -> None:
    root = frames_in(tmp_path / "walk")
    alone, others = (data(root, num_workers=count, batch_size=3) for count in (0, 1))
    (own,), (theirs,) = alone.train_dataloader(), others.train_dataloader()
    for a, b in zip((own[0], *own[1]), (theirs[0], *theirs[1]), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    others.teardown()


def test_clips_to_validate_on_are_not_trained_on(tmp_path: Path) -> None:
    root = tmp_path / "clips"
    frames_in(root / "a", 3)
    held_out = frames_in(root / "b", 6, seed=1)
    clips = data(root, val_root=str(held_out), val_count=2, batch_size=2)
    assert {clips.train_pictures().name(n) for n in range(2)} == {"a 0", "a 1"}
    shown = clips.val_pictures()
    assert [shown.name(n) for n in range(len(shown))] == ["b 0", "b 2"]
    loader = clips.val_dataloader()
    assert not isinstance(loader, list)
    (batch,) = loader
    assert isinstance(batch, Followed)
    assert batch.moved.seen.shape == (2, 1, 48, 48)
    with pytest.raises(StylenetError, match=r"All 1 clips of data.root=.* are those of data.val_r"):
        data(held_out, val_root=str(held_out)).setup()


def test_bad_input_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(StylenetError, match=r"data=video needs data.root.*data=folder"):
        data(None).setup()
    with pytest.raises(StylenetError, match=r"nowhere does not exist, expected a folder of clips"):
        data(tmp_path / "nowhere").setup()
    (tmp_path / "empty").mkdir()
    with pytest.raises(StylenetError, match=r"holds no clips: no video.*\.mp4"):
        data(tmp_path / "empty").setup()
    with pytest.raises(StylenetError, match=r"short has 1 frame, expected 2 or more"):
        data(frames_in(tmp_path / "short", 1)).setup()
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    with pytest.raises(VideoError, match=r"broken\.mp4"):
        data(broken).setup()
    uneven = frames_in(tmp_path / "uneven", 2)
    Image.new("RGB", (20, 20)).save(uneven / "99.png")
    with pytest.raises(VideoError, match=r"99\.png has 20 x 20 pixels, but the first one has 96"):
        data(uneven).setup()
    for wrong in ({"frames": 1}, {"val_count": 0}):
        with pytest.raises(StylenetError, match=f"data.{next(iter(wrong))} is ., expected"):
            data(tmp_path, **wrong)
