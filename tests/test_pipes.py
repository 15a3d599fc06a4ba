"""What is written into a pipe whose reader has left goes nowhere, and the work goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WORK = """
import logging, sys
from pathlib import Path
from stylenet.pipes import outlive_readers
outlive_readers()
outlive_readers()
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
sys.stdin.readline()
for number in range(5000):
    logging.info("line %d", number)
    print("printed")
Path(sys.argv[1]).write_text("done")
"""


def test_a_reader_that_leaves_ends_nothing_and_leaves_no_trace(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(tmp_path / "result")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(b"\n", timeout=300)
    assert said == b""
    assert process.returncode == 0
    assert (tmp_path / "result").read_text() == "done"
