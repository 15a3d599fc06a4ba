"""What may never end is not read: pipes and devices in place of files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stylenet.apply.checkpoints import import_checkpoint
from stylenet.apply.video.reading import FileSource
from stylenet.data.coco.instances import read_instances
from stylenet.errors import StylenetError
from stylenet.files import is_stream
from stylenet.images import read_image
from stylenet.loss_networks.weight_files import read_tensors


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_pipes_and_devices_are_told_from_files_and_folders(pipe: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(pipe)
    assert [is_stream(p) for p in (pipe, tmp_path / "link", Path("/dev/null"))] == [True] * 3
    assert [is_stream(p) for p in (tmp_path, tmp_path / "file", tmp_path / "no")] == [False] * 3


READERS: dict[str, Callable[[Path], object]] = {
    "image": read_image,
    "weights": read_tensors,
    "checkpoint": lambda file: import_checkpoint(file, "old"),
    "clip": FileSource,
    "instances": lambda file: read_instances(file, lambda entry: entry),
}


@pytest.mark.parametrize("reader", READERS)
def test_nothing_waits_for_a_pipe(reader: str, pipe: Path) -> None:
    if reader == "clip":
        pytest.importorskip("av", reason="the extra video is not installed")
    with pytest.raises(StylenetError, match="device or a pipe"):
        READERS[reader](pipe)
