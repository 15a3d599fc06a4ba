"""Locks between processes, and checksums."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys

import pytest

from stylenet.errors import StylenetError
from stylenet.files import claimed, locked, sha256_of

HOLD = """
import sys
from stylenet.files import locked
with locked(__import__("pathlib").Path(sys.argv[1]), "waiting"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("how", ["freed", "killed"])
def test_another_process_is_waited_for(tmp_path, caplog, how):
    file = tmp_path / ".lock"
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"

        class Freeing(logging.Handler):
            def emit(self, record):  # it is said while the other still holds it
                said.append(record.getMessage())
                assert process.poll() is None
                if how == "killed":
                    process.kill()
                else:
                    process.stdin.write("\n")
                    process.stdin.flush()

        said, handler = [], Freeing()
        logging.getLogger("stylenet.files.locks").addHandler(handler)
        try:
            with caplog.at_level(logging.INFO), locked(file, "another one: waiting for it"):
                process.wait(30)
        finally:
            logging.getLogger("stylenet.files.locks").removeHandler(handler)
    assert said == ["another one: waiting for it"]


def test_a_free_lock_is_taken_without_a_word(tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            with locked(tmp_path / ".lock", "waiting"):
                pass
    assert caplog.records == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        locked(tmp_path / "file" / ".lock", "waiting")


def test_what_a_process_has_claimed_no_other_gets_until_it_dies(tmp_path):
    file, taken = tmp_path / "run" / ".claim", StylenetError("It is taken.", "Wait.")
    hold = HOLD.replace("locked", "claimed").replace('"waiting"', "None")
    command = [sys.executable, "-c", hold, str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        with pytest.raises(StylenetError, match="It is taken"), claimed(file, taken):
            raise AssertionError("it was not")
        process.kill()
    with claimed(file, taken):
        assert file.exists()
    assert list(file.parent.iterdir()) == []


def test_sha256(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "x").write_bytes(content)
    assert sha256_of(tmp_path / "x") == hashlib.sha256(content).hexdigest()
