"""Downloads from a real server that breaks off, and archives that are not what they should be."""

from __future__ import annotations

import hashlib
import logging
import socket
import subprocess
import sys
from email.message import Message
from pathlib import Path

import numpy as np
import pytest

from stylenet.errors import StylenetError
from stylenet.files import disk, downloads
from stylenet.files.downloads import Patience, download_file
from stylenet.files.progress import ByteProgress
from stylenet.files.small_downloads import announced_length

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SETTING = "data.root"
QUICK = Patience(attempts=3, wait=0.01, timeout=600)


@pytest.fixture
def server(file_server):
    file_server.files["/big.zip"] = CONTENT
    return file_server


@pytest.fixture
def target(tmp_path):
    return tmp_path / "made" / "big.zip"


def get(server, target, **settings):
    settings = {
        "size": len(CONTENT),
        "sha256": SHA256,
        "setting": SETTING,
        "patience": QUICK,
    } | settings
    return download_file(server.url("/big.zip"), target, **settings)


def left(target):
    return sorted(path.name for path in target.parent.iterdir())


@pytest.mark.parametrize("known", [{}, {"size": None}, {"size": None, "sha256": None}])
def test_a_download_that_breaks_off_twice_goes_on_where_it_was(server, target, known):
    server.breaks = 2
    assert get(server, target, **known).read_bytes() == CONTENT
    half, three_quarters = len(CONTENT) // 2, len(CONTENT) // 2 + len(CONTENT) // 4
    assert server.ranges == [None, f"bytes={half}-", f"bytes={three_quarters}-"]
    assert [validator for *_, validator in server.requests] == [None, '"one"', '"one"']
    assert left(target) == ["big.zip"]


def test_a_server_that_cannot_resume_is_asked_for_the_whole_again(server, target, caplog):
    server.resumes, server.breaks = False, 1
    with caplog.at_level(logging.INFO):
        get(server, target)
    assert target.read_bytes() == CONTENT
    assert "it starts over" in caplog.text
    assert len(server.requests) == 2


def test_a_later_call_goes_on_with_what_an_earlier_one_left(server, target):
    server.breaks = 100
    with pytest.raises(StylenetError, match=r"given up after 3 attempts.*broke off.*are kept in"):
        get(server, target, patience=Patience(attempts=3, wait=0.001))
    kept = target.with_name("big.zip.part").stat().st_size
    assert 0 < kept < len(CONTENT)
    assert not target.exists()
    server.breaks, server.requests = 0, []
    get(server, target)
    assert server.ranges == [f"bytes={kept}-"]
    assert target.read_bytes() == CONTENT


def test_a_killed_download_goes_on(server, target, wait_for):
    # Its connection breaks off, and it is killed while it waits to try again. It imports
    # the module without its package, whose torch takes seconds to load.
    server.breaks = 1
    package = Path(downloads.__file__).parent
    code = f"""
import pathlib, sys, types
package = types.ModuleType("stylenet.files")
package.__path__ = [{str(package)!r}]
sys.modules["stylenet.files"] = package
from stylenet.files.downloads import Patience, download_file
url, target = {server.url("/big.zip")!r}, pathlib.Path({str(target)!r})
download_file(url, target, size={len(CONTENT)}, setting="x", patience=Patience(wait=3600))
"""
    half = len(CONTENT) // 2
    part = target.with_name("big.zip.part")
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        wait_for(lambda: part.exists() and part.stat().st_size == half)
        process.kill()
    assert part.stat().st_size == half
    get(server, target)
    assert target.read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={half}-"]


def test_ctrl_c_keeps_what_came_and_says_how_to_go_on(server, target, monkeypatch, caplog):
    def interrupt(self, done):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, caplog.at_level(logging.INFO):
        patch.setattr(ByteProgress, "at", interrupt)
        with pytest.raises(KeyboardInterrupt):
            get(server, target)
    assert "interrupted; the same command resumes from what is kept in" in caplog.text
    kept = target.with_name("big.zip.part").stat().st_size
    assert get(server, target).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={kept}-"]


def test_a_file_that_changed_in_between_is_fetched_from_its_start(server, target):
    server.breaks = 100
    with pytest.raises(StylenetError):
        get(server, target, size=None, sha256=None)
    other = np.random.default_rng(1).bytes(len(CONTENT))
    server.files["/big.zip"], server.etag, server.breaks = other, '"two"', 0
    assert get(server, target, size=None, sha256=None).read_bytes() == other


def test_a_part_of_unknown_origin_is_not_gone_on_with_unless_a_sha256_proves_it(server, target):
    target.parent.mkdir()
    part = target.with_name("big.zip.part")
    part.write_bytes(b"x" * 1000)
    assert get(server, target, sha256=None).read_bytes() == CONTENT
    assert server.ranges == [None]
    target.write_bytes(CONTENT[:1000])  # e.g. by wget
    get(server, target)
    assert server.ranges == [None, "bytes=1000-"]
    assert target.read_bytes() == CONTENT


def test_a_part_that_was_whole_already_needs_no_more_bytes(server, target):
    target.parent.mkdir()
    target.with_name("big.zip.part").write_bytes(CONTENT)
    assert get(server, target, size=None).read_bytes() == CONTENT  # 416: nothing after it
    assert server.ranges == [f"bytes={len(CONTENT)}-"]
    target.rename(target.with_name("big.zip.part"))
    get(server, target)
    assert len(server.requests) == 1
    target.rename(target.with_name("big.zip.part"))
    with target.with_name("big.zip.part").open("ab") as stream:
        stream.write(b"more")
    assert get(server, target, size=None).read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again(server, target):
    get(server, target)
    get(server, target)
    assert len(server.requests) == 1


def test_wrong_bytes_are_named_and_removed(server, target):
    server.files["/big.zip"] = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(StylenetError, match=rf"have the SHA-256 [0-9a-f]{{64}}, expected {SHA256}"):
        get(server, target)
    assert left(target) == []


def test_a_file_of_another_size_is_refused_before_it_is_fetched(server, target):
    server.files["/big.zip"] = b"<html>please log in</html>"
    with pytest.raises(StylenetError, match=r"has 26 bytes, expected 3000000.*page of something"):
        get(server, target)
    assert left(target) == []


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (2_000_000, "has 2000000 bytes, expected 3000000"),
        (4_000_000, "goes on after 3000000 bytes"),
    ],
)
def test_a_server_that_does_not_say_how_much_comes(server, target, length, words):
    server.announces = False
    get(server, target)
    assert target.read_bytes() == CONTENT
    target.unlink()
    server.files["/big.zip"] = (CONTENT * 2)[:length]
    with pytest.raises(StylenetError, match=words):
        get(server, target, sha256=None)
    assert not target.exists()


def test_a_busy_server_is_asked_again_but_a_missing_file_is_an_error_at_once(server, target):
    server.status = [503, 429]
    get(server, target)
    assert len(server.requests) == 3
    target.unlink()
    server.status, server.requests = [404, 404], []
    with pytest.raises(StylenetError, match=r"could not be obtained: the server answered 404"):
        get(server, target)
    assert len(server.requests) == 1


def test_no_network_is_said_in_words(target):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/big.zip"
        with pytest.raises(StylenetError, match=r"cannot be reached.*proxy.*lay it down as .*big"):
            download_file(url, target, setting=SETTING, patience=QUICK)
    with pytest.raises(StylenetError, match="expected an http address"):
        download_file("file:///etc/passwd", target, setting=SETTING)


def test_a_silent_server_is_given_up(target):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/big.zip"
        patience = Patience(attempts=2, wait=0.01, timeout=0.1)
        with pytest.raises(StylenetError, match="timed out"):
            download_file(url, target, setting=SETTING, patience=patience)


def test_a_disk_without_room_is_noticed_before_a_byte_is_fetched(server, target, monkeypatch):
    usage = disk.shutil.disk_usage(target.parents[1])
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: usage._replace(free=1_000_000))
    with pytest.raises(StylenetError, match=r"big\.zip needs 3\.0 MB, but.* has 1\.0 MB free"):
        get(server, target)
    assert server.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk, on Linux only")
def test_a_disk_that_fills_up_is_said_in_words(server, target):
    target.parent.mkdir()
    target.with_name("big.zip.part").symlink_to("/dev/full")
    with pytest.raises(StylenetError, match=r"the disk is full .*run the same command again"):
        get(server, target)


def test_a_folder_that_cannot_be_made_is_said(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StylenetError, match=r"cannot be written .*Set data\.root"):
        get(server, tmp_path / "file" / "big.zip")


def test_without_a_terminal_progress_is_a_line_every_tenth(caplog):
    with caplog.at_level(logging.INFO), ByteProgress("big.zip", 1000, done=350) as progress:
        for done in range(351, 1001):
            progress.at(done)
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [f"big.zip: {tenth} % of 1.0 kB" for tenth in range(40, 101, 10)]


def test_what_never_ends_is_left_once_it_is_longer_than_it_should_be(file_server, target):
    """A server that goes on for ever once filled a disk with 38 GB."""
    file_server.announces = False
    file_server.files["/big.zip"] = CONTENT * 8
    with pytest.raises(StylenetError, match="goes on after"):
        get(file_server, target, size=100_000)
    assert left(target) == []


@pytest.mark.parametrize(
    ("said", "length"), [("x", None), ("-5", None), ("1e3", None), ("9" * 30, None), ("12", 12)]
)
def test_a_length_that_is_none_counts_as_none_said(said, length):
    headers = Message()
    assert announced_length(headers) is None
    headers["Content-Length"] = said
    assert announced_length(headers) == length
