"""The table of what the tests of each room take."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

REPORT = """<testsuites><testsuite>
<testcase classname="tests.run.test_train" name="test_a[x.y]" time="2.5">
<properties><property name="processor" value="1.25"/><property name="other" value="9"/></properties>
</testcase>
<testcase classname="tests.run.test_resume" name="test_b" time="1">
<properties><property name="processor" value="2.50"/></properties></testcase>
<testcase classname="tests.test_readme.Commands" name="test_c" time="20">
<properties><property name="processor" value="9.00"/></properties></testcase>
<testcase classname="tests.test_readme" name="test_skipped" time="0"/>
</testsuite></testsuites>"""


def test_rooms_and_the_slowest_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "tests.xml"
    report.write_text(REPORT)
    monkeypatch.setattr(sys, "argv", ["times.py", str(report), "--slow", "2"])
    runpy.run_path(str(Path(__file__).with_name("times.py")), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == [
        "| test_readme | 2 | 20 | 9 |",
        "| run | 2 | 4 | 4 |",
        "| all | 4 | 24 | 13 |",
        "    9.0    20.0 test_readme.Commands.test_c",
        "    2.5     1.0 run.test_resume.test_b",
    ]
