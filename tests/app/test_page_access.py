"""Who can use the page: contrast, names, narrow screens, keyboard, password, many at once."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from stylenet.app.limits import Limits
from stylenet.app.studio import Studio
from stylenet.apply import Stylizer
from stylenet.errors import StylenetError
from stylenet.images import read_image

pytest.importorskip("gradio", reason="the page needs gradio, which is not installed")
import gradio_client

from stylenet.app.page import served

# of Gradio, to itself
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PATIENCE = 120.0  # seconds, on a machine that does much else
TABS = ("Paint", "Regions", "Optimise", "Train", "Video")
UNCHANGING = "!document.getAnimations().some(a => a instanceof CSSTransition)"
AUDIT = (Path(__file__).parent / "access.js").read_text()


def go_to(tab: Any, name: str) -> None:
    button = tab.get_by_role("tab", name=name)
    if not button.is_visible():  # Gradio puts tabs that do not fit into a menu
        tab.locator(".overflow-menu > button").click()
        button = tab.locator(".overflow-dropdown button", has_text=name)
    button.click()


def test_text_can_be_read_controls_have_names_and_nothing_is_wider_than_the_screen(
    visitor: Callable[..., Any], photo: Callable[..., Path]
) -> None:
    """Each tab in the light and in the dark, on a wide screen and on a narrow one.

    In one browser, whose window and colours change while the page is open.
    """
    tab = visitor(1280, 900)
    tab.set_input_files("#photo input[type=file]", photo("me.png", 0))
    tab.locator("#said", has_text="pixels").wait_for()
    for words in ("A painting of your own as the style", "Mix several styles", "Colours"):
        tab.get_by_text(words, exact=True).click()
    controls = dict(zip(TABS, ("photo", "editor", "o_go", "t_go", "v_go"), strict=True))
    for (width, height), name in product([(1280, 900), (390, 844)], controls):
        tab.set_viewport_size({"width": width, "height": height})
        go_to(tab, name)
        tab.locator(f"#{controls[name]}").wait_for()
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            tab.locator("body.dark" if scheme == "dark" else "body:not(.dark)").wait_for()
            tab.wait_for_timeout(300)
            tab.wait_for_function(UNCHANGING)  # colours change gradually
            found = tab.evaluate(AUDIT)
            case = (name, width, scheme)
            assert found["count"] > 8
            assert (*case, found["faint"], found["nameless"]) == (*case, [], [])
            assert found["width"] <= width


def test_on_a_narrow_screen_the_painting_is_next_to_the_photo(visitor: Callable[..., Any]) -> None:
    tab = visitor(390, 844)
    places = [tab.locator(f"#{name}").bounding_box()["y"] for name in ("photo", "result", "size")]
    assert places == sorted(places)


def test_styles_and_sliders_obey_the_keyboard(
    visitor: Callable[..., Any], photo: Callable[..., Path]
) -> None:
    tab = visitor()
    tab.set_input_files("#photo input[type=file]", photo("me.png", 0))
    tab.locator("#said", has_text="udnie, 128 x 96 pixels").wait_for()
    tab.focus("#style input")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.locator("#said", has_text=re.compile(r"(Kanagawa|The Scream), 128 x 96 pixels")).wait_for()
    shown = tab.locator("#result img").last
    before = shown.get_attribute("src")
    tab.focus("#strength input[type=range]")
    tab.keyboard.press("ArrowLeft")
    tab.wait_for_function(
        "before => [...document.querySelectorAll('#result img')].at(-1).src != before", arg=before
    )
    assert tab.locator("#strength input[type=number]").input_value() == "0.95"


def test_a_password_is_asked_for(chromium: Any) -> None:
    with served(Studio("cpu"), port=0, auth=("me", "a secret")) as page:
        context = chromium.new_context()
        assert context.request.get(f"{page.address}gradio_api/info").status == 401
        tab = context.new_page()
        tab.goto(page.address)
        for password, then in (("wrong", "text=Incorrect Credentials"), ("a secret", "#sample")):
            tab.get_by_label("username").fill("me")
            tab.get_by_label("password").fill(password)
            tab.get_by_role("button", name="Login").click()
            tab.locator(then).wait_for()
        assert context.request.get(f"{page.address}gradio_api/info").ok
        context.close()


def test_who_has_the_page_open_when_its_server_ends_is_told_so(
    chromium: Any, photo: Callable[..., Path]
) -> None:
    with served(Studio("cpu", Limits(side=128)), port=0) as page:
        tab = chromium.new_page()
        tab.goto(page.address)
        tab.set_input_files("#photo input[type=file]", photo("me.png", 0))
        tab.locator("#said", has_text="pixels").wait_for()
    tab.focus("#strength input[type=range]")
    tab.keyboard.press("ArrowLeft")
    tab.get_by_text(re.compile("connection", re.IGNORECASE)).first.wait_for()
    tab.close()


def test_a_server_that_does_not_answer_in_time_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gradio.networking.url_ok", lambda url: False)
    before = os.environ.get("GRADIO_TEMP_DIR")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    with (
        pytest.raises(StylenetError, match=r"did not begin to answer at port.*may be too busy"),
        served(Studio("cpu"), port=port),
    ):
        raise AssertionError("it was served")
    assert os.environ.get("GRADIO_TEMP_DIR") == before
    socket.create_server(("127.0.0.1", port)).close()  # it does not go on behind


class Net:
    """Stands before `Stylizer.paint`.

    Attributes:
        goes_on: it paints once this is set.
        at_once: how many pictures were painted at the same time, at the most.
        pictures: how many were painted.
    """

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.at_once = self.pictures = self._now = 0
        self._paint, self._lock = Stylizer.paint, threading.Lock()

    def paint(self, stylizer: Stylizer, *args: Tensor) -> Tensor:
        with self._lock:
            self.pictures += 1
            self._now += 1
            self.at_once = max(self.at_once, self._now)
        self.goes_on.wait(60)
        painted = self._paint(stylizer, *args)
        with self._lock:
            self._now -= 1
        return painted


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    net = Net()
    monkeypatch.setattr(Stylizer, "paint", lambda *args: net.paint(*args))
    return net


def test_twenty_visitors_wait_for_their_turn_and_each_gets_the_own_painting(
    photo: Callable[..., Path], net: Net, tmp_path: Path
) -> None:
    files = [photo(f"{n}.png", n) for n in range(20)]
    with served(Studio("cpu", Limits(side=128)), port=0) as page, ThreadPoolExecutor(20) as threads:
        answers = threads.map(lambda f: _painted(page.address, f, tmp_path), files)
        net.goes_on.set()
        shown = list(answers)
    assert (net.at_once, net.pictures) == (1, 20)
    stylizer = Stylizer.load("udnie", "cpu")
    for file, ((_, painting), said, _) in zip(files, shown, strict=True):
        assert said == "Udnie, 128 x 96 pixels"
        # a JPEG for the page; other photos' paintings are far from it
        assert (read_image(painting) - stylizer(read_image(file))).abs().mean() < 0.02


def test_who_comes_when_too_many_wait_is_told_so(
    photo: Callable[..., Path], net: Net, tmp_path: Path, wait_for: Callable[..., bool]
) -> None:
    few = Limits(side=128, waiting=2)
    with served(Studio("cpu", few), port=0) as page, ThreadPoolExecutor(6) as threads:
        asked = [
            threads.submit(_painted, page.address, photo(f"{n}.png", n), tmp_path) for n in range(6)
        ]
        assert wait_for(lambda: sum(a.done() for a in asked) >= 3)  # one painted, two waiting
        net.goes_on.set()
        errors = [str(a.exception()) for a in asked if a.exception() is not None]
    assert len(errors) == 3
    assert all("queue is full" in error.lower() for error in errors)


def _painted(address: str, file: Path, folder: Path) -> Any:
    """Asked for as the page in a browser does: what it would show, and what it would say."""
    client = gradio_client.Client(
        address,
        verbose=False,
        download_files=folder / file.stem,
        httpx_kwargs={"timeout": PATIENCE},
    )
    return client.predict(gradio_client.handle_file(file), api_name="/_take")
