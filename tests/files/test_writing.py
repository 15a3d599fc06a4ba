"""Whole or not at all: whatever goes wrong, what was there stays and nothing else is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stylenet.files import part_of, replacing, write_bytes, write_files, write_text


def below(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()
    }


def test_a_file_and_its_folders_are_made_and_replaced(tmp_path):
    write_bytes(tmp_path / "a" / "b" / "x.bin", b"\0one")
    write_bytes(tmp_path / "a" / "b" / "x.bin", b"two")
    longest = "n" * 255  # that a file system takes
    write_bytes(tmp_path / longest, b"3")
    (tmp_path / longest).unlink()
    write_text(tmp_path / "y.txt", "ü\n" + os.fsdecode(b"\xff"))
    assert below(tmp_path) == {"a/b/x.bin": b"two", "y.txt": b"\xc3\xbc\n\xff"}


@pytest.mark.parametrize("method", ["write_bytes", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt()])
def test_files_that_belong_together_stay_as_they_were(tmp_path, monkeypatch, method, error):
    pair = {tmp_path / "one.x": b"old 1", tmp_path / "two.x": b"old 2"}
    write_files(pair)
    real, calls = getattr(Path, method), []

    def failing(self, *arguments):
        calls.append(self)
        if len(calls) == (2 if method == "write_bytes" else 1):
            real(self, b"ha") if method == "write_bytes" else None
            raise error
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, failing)
        with pytest.raises(type(error)):
            write_files(dict.fromkeys(pair, b"new"))
    assert below(tmp_path) == {"one.x": b"old 1", "two.x": b"old 2"}


def test_several_may_write_the_same_file_at_once(tmp_path):
    contents = [bytes([n]) * 200_000 for n in range(8)]
    threads = [threading.Thread(target=write_bytes, args=(tmp_path / "x.x", c)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(below(tmp_path)) == ["x.x"]
    assert (tmp_path / "x.x").read_bytes() in contents


def stop_half_way(path, make):
    with replacing(path) as part:
        make(part)
        raise KeyboardInterrupt


def test_replacing_shows_nothing_before_the_end(tmp_path):
    path = tmp_path / "made" / "x.x"
    with replacing(path) as part:
        assert part == part_of(path) == path.with_name("x.x.part")
        part.write_bytes(b"1")
        assert not path.exists()
    with pytest.raises(KeyboardInterrupt):
        stop_half_way(path, Path.touch)
    assert below(tmp_path) == {"made/x.x": b"1"}


@pytest.mark.parametrize("there", ["nothing", "an empty folder"])
def test_replacing_makes_a_folder_that_a_killed_process_left_half_done(tmp_path, there):
    folder = tmp_path / "set"
    if there == "an empty folder":
        folder.mkdir()
    part_of(folder).mkdir()
    (part_of(folder) / "old.x").touch()
    with pytest.raises(KeyboardInterrupt):
        stop_half_way(folder, Path.mkdir)
    assert below(tmp_path) == {}
    part_of(folder).mkdir()
    (part_of(folder) / "old.x").touch()
    with replacing(folder) as part:
        part.mkdir()
        (part / "new.x").write_bytes(b"1")
    assert below(tmp_path) == {"set/new.x": b"1"}


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from stylenet.files import write_bytes
real, number = Path.write_bytes, int(sys.argv[2])
def interrupted(self, content):
    real(self, content[:2])
    os.kill(os.getpid(), number)
    return real(self, content)
Path.write_bytes = interrupted
write_bytes(Path(sys.argv[1]), b"whole")
print("went on")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_process_waits_for_the_file(tmp_path, number):
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "x.bin"), str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (-number, "", "")
    assert [f.read_bytes() for f in tmp_path.iterdir()] == [b"whole"]
