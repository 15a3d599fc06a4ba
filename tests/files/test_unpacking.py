"""Archives that are not what they should be, and unpacking that is interrupted."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from stylenet.errors import StylenetError
from stylenet.files import ByteProgress, disk, unpack

CONTENT = np.random.default_rng(0).bytes(7000)


def unpacked(archive, folder):
    return unpack(archive, folder, setting="data.root")


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


FILES = {"train/a.jpg": b"a" * 5000, "train/b.jpg": CONTENT, "notes.txt": b""}


def write(path, content):
    path.write_bytes(content)
    return path


def test_unpacking_writes_each_file_once(tmp_path):
    archive = write(tmp_path / "x.zip", zipped(FILES))
    out = tmp_path / "out"
    assert unpacked(archive, out) == 3
    assert {name: (out / name).read_bytes() for name in FILES} == FILES
    assert unpacked(archive, out) == 0
    (out / "train/b.jpg").write_bytes(b"half")
    (out / "notes.txt").unlink()
    assert unpacked(archive, out) == 2
    assert {name: (out / name).read_bytes() for name in FILES} == FILES
    assert not list(out.rglob("*.part"))


def test_an_interrupted_unpacking_leaves_whole_files_and_goes_on(tmp_path, monkeypatch):
    archive = write(tmp_path / "x.zip", zipped(FILES))
    real, done = ByteProgress.at, []

    def interrupt(self, value):
        real(self, value)
        done.append(value)
        raise KeyboardInterrupt

    monkeypatch.setattr(ByteProgress, "at", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpacked(archive, tmp_path / "out")
    monkeypatch.setattr(ByteProgress, "at", real)
    assert done == [5000]
    assert [p.name for p in (tmp_path / "out").rglob("*.*")] == ["a.jpg"]
    assert unpacked(archive, tmp_path / "out") == 2


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "C:/evil.txt"])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, name):
    archive = write(tmp_path / "x.zip", zipped({"good.txt": b"1", name: b"2"}))
    with pytest.raises(StylenetError, match=r"evil\.txt', which leads out of .*nothing was"):
        unpacked(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("evil.txt"))


def test_links_in_an_archive_are_refused(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc")
    with pytest.raises(StylenetError, match="'link', which leads out"):
        unpacked(write(tmp_path / "x.zip", stream.getvalue()), tmp_path / "out")


def test_damaged_archives_are_named(tmp_path):
    whole = zipped(FILES)
    truncated = write(tmp_path / "truncated.zip", whole[: len(whole) // 2])
    with pytest.raises(StylenetError, match=r"ted\.zip \(\d+ bytes\) is truncated.*not a zip"):
        unpacked(truncated, tmp_path / "out")
    at = whole.index(CONTENT[1000:1100])
    flipped = write(tmp_path / "flipped.zip", whole[:at] + b"\0" * 100 + whole[at + 100 :])
    with pytest.raises(StylenetError, match=r"flipped\.zip .*damaged.*Remove .*flipped\.zip"):
        unpacked(flipped, tmp_path / "out")
    assert not (tmp_path / "out" / "train" / "b.jpg").exists()
    assert not list((tmp_path / "out").rglob("*.part"))
    with pytest.raises(StylenetError, match=r"no archive .*none\.zip"):
        unpacked(tmp_path / "none.zip", tmp_path / "out")


def test_unpacking_needs_room(tmp_path, monkeypatch):
    usage = disk.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: usage._replace(free=10_000))
    with pytest.raises(StylenetError, match=r"Unpacking x\.zip needs 12\.0 kB.* has 10\.0 kB free"):
        unpacked(write(tmp_path / "x.zip", zipped(FILES)), tmp_path / "out")
