"""Tabs in which something takes minutes, in Chromium; trainings are played by a shell script."""

from __future__ import annotations

import dataclasses
import functools
import re
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import Tensor

from stylenet.app import child_runs
from stylenet.apply import Stylizer, load_model
from stylenet.apply.zoo import shipped_model
from stylenet.images import read_image

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
# of Gradio, to itself
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SCRIPT = """#!/bin/sh
for word; do case "$word" in run.dir=*) run="${word#run.dir=}";; esac; done
mkdir -p "$run/pictures" "$run/snapshots"
cp "%(picture)s" "$run/pictures/step_000020.png"
cp "%(picture)s" "$run/snapshots/step_000020.png"
printf 'step,name,value\\r\\n5,train/loss/total,20\\r\\n20,train/loss/total,10\\r\\n' \\
    > "$run/losses.csv"
cp "%(net)s.json" "$run/model.json"
cp "%(net)s.safetensors" "$run/model.safetensors"
cp "%(picture)s" "$run/style.png"
cp "%(picture)s" "$run/result.png"
"""


@pytest.fixture
def trained(photo: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings come to the net ``udnie``, whatever they are to learn."""
    script = tmp_path / "train"
    net = str(shipped_model("udnie")).removesuffix(".safetensors")
    script.write_text(SCRIPT % {"picture": photo("grid.png", 5), "net": net})
    script.chmod(0o755)
    monkeypatch.setattr(child_runs, "sys", SimpleNamespace(executable=str(script)))


def test_a_net_of_ones_own_is_trained_downloaded_and_painted_with(
    visitor: Callable[..., Any],
    photo: Callable[..., Path],
    trained: None,
    tmp_path: Path,
) -> None:
    tab, other = visitor(), visitor()
    tab.get_by_role("tab", name="Train").click()
    tab.set_input_files("#t_own input[type=file]", photo("sunset.png", 1))
    tab.wait_for_function("document.querySelector('#t_style input').value == 'Your sunset'")
    tab.click("#t_style input")
    sunset = tab.get_by_role("option", name="Your sunset")
    sunset.wait_for()
    assert "data:image" in sunset.evaluate("o => getComputedStyle(o).backgroundImage")
    tab.keyboard.press("Escape")
    tab.click("#t_go")
    tab.locator("#t_said", has_text="20 steps").locator("em", has_text="net of sunset").wait_for()
    tab.wait_for_function("document.querySelector('#t_grid img').naturalWidth == 128")
    assert _points(tab, "#t_losses") == {"total": 2}
    for kind in ("safetensors", "json"):
        with tab.expect_download() as started:
            tab.locator("#t_files a", has=tab.locator("visible=true")).locator(
                f"xpath=self::*[contains(@download, '{kind}')]"
            ).first.click()
        started.value.save_as(tmp_path / "mine" / started.value.suggested_filename)
    assert load_model(tmp_path / "mine" / "sunset_net.safetensors").name == "sunset_net"

    tab.get_by_role("tab", name="Paint").click()
    file = photo("me.png", 0)
    tab.set_input_files("#photo input[type=file]", file)
    tab.click("#style input")
    tab.get_by_role("option", name="Your net of sunset").click()
    tab.locator("#said", has_text="Your net of sunset, 128 x 96 pixels").wait_for()
    with tab.expect_download() as started:
        tab.click("#png")
    assert started.value.suggested_filename == "me_sunset_net.png"
    expected = Stylizer.load("udnie", "cpu")(read_image(file))
    found = read_image(started.value.path())
    assert (found - expected).abs().max() <= 1 / 255

    other.click("#style input")
    assert other.get_by_role("option", name=re.compile("sunset")).count() == 0


def test_an_optimisation_shows_its_picture_and_its_losses(
    visitor: Callable[..., Any], photo: Callable[..., Path], trained: None
) -> None:
    tab = visitor()
    tab.get_by_role("tab", name="Optimise").click()
    tab.click("#o_go")
    tab.locator("#o_said", has_text="There is no photo yet. Choose one first.").wait_for()
    tab.get_by_role("tab", name="Paint").click()
    tab.set_input_files("#photo input[type=file]", photo("me.png", 0))
    tab.locator("#said", has_text="128 x 96 pixels").wait_for()
    tab.get_by_role("tab", name="Optimise").click()
    tab.click("#o_go")
    tab.locator("#o_said", has_text="20 of 100 steps: finished").wait_for()
    assert _points(tab, "#o_losses") == {"total": 2}
    with tab.expect_download() as started:
        tab.click("#o_save")
    assert started.value.suggested_filename == "me_optimised.png"


def test_an_optimisation_that_is_stopped_can_be_downloaded_as_it_is(
    visitor: Callable[..., Any], photo: Callable[..., Path], trained: None, tmp_path: Path
) -> None:
    script = tmp_path / "train"
    script.write_text(script.read_text() + "exec sleep 60\n")
    tab = visitor()
    file = photo("me.png", 0)
    tab.set_input_files("#photo input[type=file]", file)
    tab.locator("#said", has_text="128 x 96 pixels").wait_for()
    tab.get_by_role("tab", name="Optimise").click()
    tab.click("#o_go")
    tab.locator("#o_said", has_text="20 of 100 steps").wait_for()
    assert tab.locator("#o_save").is_disabled()
    begun = time.monotonic()
    tab.click("#o_stop")
    tab.locator("#o_said", has_text="Stopped after 20 of 100 steps.").wait_for()
    with tab.expect_download() as started:
        tab.click("#o_save")
    assert time.monotonic() - begun < 40  # the script sleeps for a minute
    assert started.value.suggested_filename == "me_optimised.png"
    found = read_image(started.value.path())
    assert (found - read_image(photo("grid.png", 5))).abs().max() <= 1 / 255


@pytest.fixture
def moving(
    clip: Callable[..., Path], scene: Callable[..., Sequence[NDArray[np.uint8]]]
) -> Callable[[str], Path]:
    """``moving(name)``: eight frames of 48 x 32 with sound."""
    pytest.importorskip("cv2", reason="the extra video is not installed")
    return lambda name: clip(name, scene(8, 32, 48), sound=True)


def test_a_clip_is_painted_as_stylizer_does_and_keeps_its_sound(
    visitor: Callable[..., Any],
    moving: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from stylenet.app.video_tab import VideoTab
    from stylenet.apply.video import ClipOptions, paint_clip
    from stylenet.apply.video.libraries import pyav

    # without losses: x264 makes 3 of 255 levels of a rounding of 1e-4, by its own crf of 18
    part = VideoTab._part
    exact = functools.partial(dataclasses.replace, crf=0)
    monkeypatch.setattr(VideoTab, "_part", lambda tab, *asked: exact(part(tab, *asked)))
    tab = visitor()
    tab.get_by_role("tab", name="Video").click()
    tab.click("#v_go")
    tab.locator("#v_said", has_text="Choose a clip first").wait_for()
    bad = tmp_path / "bad.mp4"
    bad.write_text("no clip")
    _choose(tab, bad)
    tab.click("#v_go")
    tab.locator("#v_said", has_text=re.compile(r"^\s*bad\.mp4 cannot be read")).wait_for()

    file = moving("walk.mp4")
    tab.reload()
    tab.get_by_role("tab", name="Video").click()
    _choose(tab, file)
    tab.click("#v_go")
    tab.locator("#v_said", has_text="8 frames, 48 x 32 pixels").wait_for()
    with tab.expect_download() as started:
        tab.locator("#v_result a[download]").click()
    assert started.value.suggested_filename == "walk_udnie.mp4"
    found = Path(started.value.path())
    expected = tmp_path / "expected.mp4"
    options = exact(ClipOptions(end=Fraction(5)))
    paint_clip(file, expected, Stylizer.load("udnie", "cpu"), options)
    with pyav().open(str(found)) as ours, pyav().open(str(expected)) as theirs:
        assert len(ours.streams.audio) == 1
        frames = [[f.to_ndarray(format="rgb24") for f in c.decode(video=0)] for c in (ours, theirs)]
    assert len(frames[0]) == 8
    # the server's threads add up in another order
    assert np.abs(np.subtract(*frames, dtype=float)).mean() < 0.5


def test_a_clip_is_stopped(
    visitor: Callable[..., Any], moving: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    paint, begun, goes_on = Stylizer.paint, threading.Event(), threading.Event()

    def slowly(self: Stylizer, *args: Tensor) -> Tensor:
        begun.set()
        goes_on.wait(60)
        return paint(self, *args)

    monkeypatch.setattr(Stylizer, "paint", slowly)
    tab = visitor()
    tab.get_by_role("tab", name="Video").click()
    _choose(tab, moving("walk.mp4"))
    tab.click("#v_go")
    assert begun.wait(60)
    tab.click("#v_stop")
    tab.locator("#v_said", has_text="Stopping").wait_for()
    goes_on.set()
    tab.locator("#v_said", has_text="It was stopped; nothing is left of it").wait_for()


def _choose(tab: Any, clip: Path) -> None:
    tab.set_input_files("#clip input[type=file]", clip)
    tab.locator("#clip video").wait_for(state="attached")


def _points(tab: Any, plot: str) -> dict[str, int]:
    """How many points each term's curve has, of the curves that are seen."""
    tab.locator(f"{plot} path[data-term]").first.wait_for()
    found: dict[str, int] = tab.evaluate(
        """plot => Object.fromEntries([...document.querySelectorAll(`${plot} path[data-term]`)]
        .filter(p => p.getBoundingClientRect().height > 5 && getComputedStyle(p).stroke != 'none')
        .map(p => [p.dataset.term, p.getAttribute('d').split('L').length]))""",
        plot,
    )
    return found
