"""Which clip goes where; times and rates in words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from stylenet.apply.video import ClipOptions, plan_clips, rate_of, seconds_of
from stylenet.apply.video.libraries import pyav
from stylenet.errors import StylenetError


def targets(*paths: str) -> list[str]:
    return [job.target.as_posix() for job in plan_clips(paths)]


def test_the_last_path_is_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("frames").mkdir()
    assert targets("a.avi", "b.mp4") == ["b.mp4"]
    assert targets("a.mp4", "f/%05d.png") == ["f/%05d.png"]
    assert targets("a.avi", "painted/") == ["painted/a.mp4"]
    assert targets("a.mkv", "x/a.mkv", "b.webm", "painted") == [
        "painted/a.mkv",
        "painted/a_2.mkv",
        "painted/b.mp4",
    ]
    assert targets("frames", "painted") == ["painted"]
    assert targets("frames", "a.gif", "painted") == ["painted/frames", "painted/a.gif"]
    with pytest.raises(StylenetError, match="Got 2 clips and the file c"):
        targets("a.mp4", "b.mp4", "c.mp4")
    with pytest.raises(StylenetError, match="Got 1 path, expected a clip and where"):
        targets("a.mp4")


@pytest.mark.parametrize(
    ("text", "seconds"), [("83.5", 83.5), ("1:23.5", 83.5), ("1:01:00", 3660), (".5", 0.5)]
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == Fraction(seconds)


def test_rates_are_read() -> None:
    assert rate_of("25") == 25
    assert rate_of("30000/1001") == Fraction(30000, 1001)
    for text in ("0", "fast", "25/0", "-1"):
        with pytest.raises(StylenetError, match="expected frames a second"):
            rate_of(text)
    with pytest.raises(StylenetError, match="Got the time 'soon'"):
        seconds_of("soon")


def test_options_that_cannot_be_are_refused() -> None:
    with pytest.raises(StylenetError, match="Got a clip from 2 s to 1 s"):
        ClipOptions(Fraction(2), Fraction(1))
    with pytest.raises(StylenetError, match="Got crf=60, expected 0"):
        ClipOptions(crf=60)


def test_without_pyav_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(StylenetError, match=r"PyAV, which cannot be imported.*stylenet\[video\]"):
        pyav()
