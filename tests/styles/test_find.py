"""From a name or a path to a picture: the order of the search, the download, the error."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.resources
import inspect
import logging
import os
import re
import shutil
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from stylenet.images import CentreSquare, PictureError, write_image
from stylenet.styles import (
    StyleNotFoundError,
    catalogue,
    find_style,
    find_swatch,
    is_stand_in,
    read_style,
)

ASSETS = Path(__file__).parents[3] / "shared" / "assets" / "styles"


class Server(ThreadingHTTPServer):
    """Serves ``picture`` well or badly, according to the path asked for."""

    picture: bytes
    agents: list[str]
    over: threading.Event


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        self.server.agents.append(self.headers["User-Agent"])
        picture = self.server.picture
        if self.path == "/none.png":
            self.send_error(404)
            return
        if self.path == "/silent.png":
            self.server.over.wait()
            return
        content = b"<!DOCTYPE html><p>Rate limit</p>" if self.path == "/page.png" else picture
        self.send_response(200)
        if self.path != "/unannounced_half.png":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if "half" in self.path else content)
        if "falls_silent" in self.path:
            self.server.over.wait()

    def log_message(self, *args):
        pass


@pytest.fixture
def picture(tmp_path):
    path = write_image(tmp_path / "elsewhere" / "original.png", torch.rand(3, 12, 16))
    return path.read_bytes()


@pytest.fixture
def server(picture):
    with Server(("127.0.0.1", 0), Handler) as server:
        server.picture, server.agents, server.over = picture, [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "styles"


@pytest.fixture
def known(picture):
    """A catalogue of one painting, ``mine``, whose source nobody serves."""
    digest = hashlib.sha256(picture).hexdigest()
    with contextlib.closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/whole.png"
    udnie = catalogue()["udnie"]
    return {"mine": dataclasses.replace(udnie, name="mine", source=address, sha256=digest)}


def at(known, server, path):
    source = f"http://127.0.0.1:{server.server_port}/{path}"
    return {"mine": dataclasses.replace(known["mine"], source=source)}


def not_found(words, style, **settings):
    with pytest.raises(StyleNotFoundError, match=re.compile(words, re.DOTALL)) as caught:
        find_style(style, **settings)
    return caught.value


# --------------------------------------------------------------------- path, folder, bundled


def test_a_path_to_any_picture(tmp_path, cache, monkeypatch):
    path = write_image(tmp_path / "me.png", torch.rand(3, 8, 8))
    found = find_style(str(path), folder=None, cache=cache)
    assert (found.path, found.name, found.entry) == (path, "me", None)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.chdir(tmp_path)
    assert find_style("me.png", folder=None, cache=cache).path == Path("me.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_style("~/me.png", folder=None, cache=cache).path == path


def test_a_path_to_the_very_bytes_of_the_catalogue_has_its_facts(tmp_path, cache, known, picture):
    path = tmp_path / "renamed.png"
    path.write_bytes(picture)
    found = find_style(str(path), folder=None, cache=cache, known=known)
    assert (found.name, found.entry) == ("mine", known["mine"])


def test_a_folder_in_the_way_is_no_style(tmp_path, cache, monkeypatch):
    (tmp_path / "ihc").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_style("ihc", folder=None, cache=cache).path.name == "ihc.png"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".PNG", ".JPEG"])
def test_any_name_and_suffix_in_the_folder(tmp_path, cache, suffix, caplog):
    path = write_image(tmp_path / f"my.own{suffix}", torch.rand(3, 8, 8))
    (tmp_path / "my.own.txt").touch()
    for style in ("my.own", path.name):
        found = find_style(style, folder=tmp_path, cache=cache)
        assert (found.path, found.name, found.entry) == (path, "my.own", None)
    assert not caplog.records


def test_the_folder_comes_before_everything_named(tmp_path, cache, known, picture, caplog):
    own = write_image(tmp_path / "mine.png", torch.rand(3, 8, 8))
    cache.mkdir(parents=True)
    (cache / "mine.png").write_bytes(picture)
    found = find_style("mine", folder=tmp_path, cache=cache, known=known)
    assert (found.path, found.entry) == (own, known["mine"])
    assert found.sha256 != known["mine"].sha256
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert re.search(r"mine\.png is used .* differ from the catalogue's", caplog.text)


def test_the_right_bytes_in_the_folder_are_used_silently(tmp_path, cache, known, picture, caplog):
    (tmp_path / "mine.png").write_bytes(picture)
    found = find_style("mine", folder=tmp_path, cache=cache, known=known)
    assert found.sha256 == known["mine"].sha256
    assert not caplog.records


def test_two_of_one_name_are_mentioned(tmp_path, cache, caplog):
    for suffix in (".png", ".jpg"):
        write_image(tmp_path / f"two{suffix}", torch.rand(3, 8, 8))
    assert find_style("two", folder=tmp_path, cache=cache).path == tmp_path / "two.jpg"
    assert "two.jpg, two.png" in caplog.text


@pytest.mark.parametrize("name", ["ihc", "hubble", "retina"])
def test_some_names_need_no_file(name, cache):
    found = find_style(name, folder=None, cache=cache)
    assert "skimage" in found.path.parts
    assert (found.name, found.sha256) == (name, catalogue()[name].sha256)
    assert not cache.exists()


def test_the_catalogue_from_the_shared_folder(cache, caplog):
    if not ASSETS.is_dir():
        pytest.skip(f"the shared style pictures are not there ({ASSETS})")
    for name, entry in catalogue().items():
        if entry.bundled is None:
            found = find_style(name, folder=ASSETS, cache=cache)
            assert (found.path.stem, found.name) == (entry.formerly or name, name)
            assert found.sha256 == entry.sha256
    assert not caplog.records


# -------------------------------------------------------------------------- cache and download


def test_a_download_is_kept_and_used_again(cache, known, server, picture):
    found = find_style("mine", folder=None, cache=cache, known=at(known, server, "whole.png"))
    assert found.path == cache / "mine.png"
    assert found.path.read_bytes() == picture
    assert [p.name for p in cache.iterdir()] == ["mine.png"]
    assert len(server.agents) == 1
    assert server.agents[0].startswith("stylenet/")
    again = find_style("mine", folder=None, cache=cache, known=known)  # nobody serves it now
    assert again == dataclasses.replace(found, entry=known["mine"])


def test_a_damaged_cache_is_replaced(cache, known, server, picture, caplog):
    cache.mkdir(parents=True)
    (cache / "mine.png").write_bytes(picture[:50])
    found = find_style("mine", folder=None, cache=cache, known=at(known, server, "whole.png"))
    assert found.path.read_bytes() == picture
    assert re.search(r"mine\.png is damaged .* downloaded again", caplog.text)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none.png", "the server answered 404 Not Found"),
        (
            "page.png",
            r"sent a web page \(HTML\), not the picture; SHA-256 of the 32 bytes",
        ),
        ("half.png", r"broke off after \d+ of \d+ bytes|download broke off"),
        ("unannounced_half.png", r"SHA-256 of the \d+ bytes received is [0-9a-f]{64}, expected"),
        ("silent.png", r"no answer came within 0\.2 seconds"),
        ("falls_silent_half.png", r"sent nothing for 0\.2 seconds"),
    ],
)
def test_a_bad_download_leaves_nothing(cache, known, server, path, words):
    known = at(known, server, path)
    settings = {"folder": None, "cache": cache, "known": known}
    # one that no busy machine reaches, where the other is to end the wait
    settings["patience"] = 0.2 if path == "silent.png" else 600
    settings["timeout"] = 0.2 if path == "falls_silent_half.png" else 600
    error = not_found(words, "mine", **settings)
    assert known["mine"].source in str(error)
    assert not cache.exists()


def test_wrong_bytes_are_refused(cache, known, server):
    server.picture = b"other bytes"
    digest = hashlib.sha256(b"other bytes").hexdigest()
    known = at(known, server, "whole.png")
    not_found(f"11 bytes received is {digest}, expected {known['mine'].sha256}", "mine",
              folder=None, cache=cache, known=known)  # fmt: skip
    assert not cache.exists()


def test_an_unwritable_cache_is_said(tmp_path, known, server):
    (tmp_path / "file").touch()
    settings = {"folder": None, "cache": tmp_path / "file" / "cache"}
    known = at(known, server, "whole.png")
    not_found("the cache cannot be written", "mine", **settings, known=known)


def test_no_other_kind_of_address_is_opened(tmp_path, cache, known):
    secret = write_image(tmp_path / "secret.png", torch.rand(3, 8, 8))
    known = {"mine": dataclasses.replace(known["mine"], source=secret.as_uri())}
    not_found("not an http address", "mine", folder=None, cache=cache, known=known)


# ------------------------------------------------------------------------------------ swatches


@pytest.fixture
def swatches(tmp_path):
    """A folder with a swatch of ``mine``."""
    write_image(tmp_path / "swatches" / "mine.jpg", torch.rand(3, 8, 8))
    return tmp_path / "swatches"


def test_a_swatch_is_the_last_resort(tmp_path, cache, known, server, picture, swatches):
    """Take the places away one by one, the foremost first."""
    own = tmp_path / "own"
    path = write_image(own / "mine.png", torch.rand(3, 8, 8))
    cache.mkdir(parents=True)
    (cache / "mine.png").write_bytes(picture)
    (tmp_path / "mine.png").write_bytes(picture)
    settings = {"cache": cache, "swatches": swatches, "known": at(known, server, "whole.png")}

    found = find_style(str(tmp_path / "mine.png"), folder=own, **settings)
    assert (found.path, found.stand_in) == (tmp_path / "mine.png", None)
    found = find_style("mine", folder=own, **settings)
    assert (found.path, found.stand_in) == (path, None)
    found = find_style("mine", folder=None, **settings)
    assert (found.path, found.stand_in) == (cache / "mine.png", None)
    assert server.agents == []
    (cache / "mine.png").unlink()
    found = find_style("mine", folder=None, **settings)
    assert (found.path.read_bytes(), found.stand_in, len(server.agents)) == (picture, None, 1)

    (cache / "mine.png").unlink()
    settings["known"] = at(known, server, "none.png")
    found = find_style("mine", folder=None, **settings)
    assert (found.path, found.name) == (swatches / "mine.jpg", "mine")
    assert found.entry == settings["known"]["mine"]
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert not list(cache.iterdir())


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (None, "cannot be reached"),
        ("none.png", "answered 404"),
        ("page.png", "web page (HTML)"),
        ("silent.png", "no answer came within 0.2 seconds"),
    ],
)
def test_one_line_says_that_and_why_a_swatch_stands_in(path, why, cache, known, server, swatches):
    known = at(known, server, path) if path else known
    settings = {"folder": None, "cache": cache, "known": known}
    settings["patience"] = 0.2 if path == "silent.png" else 600
    found = find_style("mine", swatches=swatches, **settings)
    assert found.stand_in is not None
    assert found.stand_in.startswith(
        "style mine: no picture found in STYLENET_STYLES or paths.styles (it is not set), in the "
        "cache (there is no such file), at its source ("
    )
    assert why in found.stand_in
    assert "using the bundled swatch" in found.stand_in
    assert "\n" not in found.stand_in
    assert is_stand_in(found.stand_in, "mine")
    assert not is_stand_in(found.stand_in, "min")


def test_no_swatch_stands_in_for_a_misspelt_name(cache, known, swatches):
    not_found("no such name", "minne", folder=None, cache=cache, known=known, swatches=swatches)
    (swatches / "other.jpg").write_bytes((swatches / "mine.jpg").read_bytes())
    not_found("no such name", "other", folder=None, cache=cache, known=known, swatches=swatches)


def test_a_style_without_a_swatch_still_fails(cache, known, tmp_path):
    settings = {"folder": None, "cache": cache, "known": known, "swatches": tmp_path}
    not_found("among the swatches: none was made of it", "mine", **settings)


def test_without_a_network_the_swatch_comes_soon(cache, known, swatches, monkeypatch):
    """A name that is looked up for ever, as where packets vanish: patience ends it."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    known = {"mine": dataclasses.replace(known["mine"], source="https://nowhere.test/mine.png")}
    settings = {"folder": None, "cache": cache, "known": known, "swatches": swatches}
    found = find_style("mine", **settings, patience=0.2)
    over.set()
    assert "no answer came within 0.2 seconds" in str(found.stand_in)
    assert inspect.signature(find_style).parameters["patience"].default == 5


def test_the_bundled_swatches(cache):
    """512 px square JPEGs of paintings that are in the public domain, found by name."""
    folder = Path(str(importlib.resources.files("stylenet.styles") / "swatches"))
    names = {path.stem for path in folder.iterdir()}
    assert names == {*["udnie", "wave", "the_scream", "starry_night", "shipwreck", "night_cafe"]}
    for name in names:
        assert catalogue()[name].public_domain
        found = find_swatch(name, "said before")
        assert (found.name, found.entry, found.stand_in) == (name, catalogue()[name], "said before")
        assert read_style(found).shape == (1, 3, 464, 464)
        assert found.path.stat().st_size < 300_000
    with pytest.raises(StyleNotFoundError, match="none was made of it"):
        find_swatch("rain_princess", "said before")


# ----------------------------------------------------------------------------------- the error


def test_when_nothing_works_everything_is_listed(tmp_path, cache, known, picture):
    cache.mkdir(parents=True)
    (cache / "mine.png").write_bytes(picture[:50])
    error = not_found(
        "No picture was found for the style mine.*as a path.*no such file.*or paths.styles.*none "
        r"of the 0 pictures in .*\.jpg.*in scikit-image.*does not contain.*in the cache.*damaged.*"
        r"at http://127.*cannot be reached.*Give the path of any picture, such as photos/me\.jpg"
        ".*STYLENET_STYLES or paths.styles",
        *("mine",),
        **{"folder": tmp_path, "cache": cache, "known": known},
    )
    assert [where.split(",")[0].split(" http")[0] for where, _ in error.tried] == [
        *(
            "as a path",
            "in STYLENET_STYLES or paths.styles",
            "in scikit-image",
            "in the cache",
            "at",
            "among the swatches",
        )
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("udni", "udnie"),
        ("the-scream", "the_scream"),
        ("Wave", "wave"),
        ("x/starry_nigth.jpg", "starry_night"),
    ],
)
def test_the_nearest_name_is_guessed(written, meant, cache):
    words = f"the catalogue: it has no such name.*Did you mean '{meant}'.*Known names: udnie, wave"
    error = not_found(words, written, folder=None, cache=cache)
    assert "needs no file: ihc, hubble, retina" in error.remedy
    assert ("in STYLENET_STYLES or paths.styles", "it is not set") in error.tried


@pytest.mark.parametrize(
    "style", ["", ".", "..", "../outside", "~nobody_here/x", "a\0b", "x" * 5000]
)
def test_odd_styles_are_errors_like_any_other(style, tmp_path, cache):
    write_image(tmp_path / "outside.png", torch.rand(3, 8, 8))
    (tmp_path / "inside").mkdir()
    not_found("No picture was found", style, folder=tmp_path / "inside", cache=cache)
    not_found("there is no folder", style, folder=tmp_path / "none", cache=cache)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_locked_folder_is_said(tmp_path, cache):
    (tmp_path / "locked").mkdir(mode=0)
    not_found("Permission denied", "mine", folder=tmp_path / "locked", cache=cache)


# ------------------------------------------------------------------------------------- reading


def test_a_style_is_read_at_its_size(cache):
    found = find_style("ihc", folder=None, cache=cache)
    assert read_style(found).shape == (1, 3, 512, 512)
    small = read_style(found, CentreSquare(64))
    assert small.shape == (1, 3, 64, 64)
    assert 0 <= small.min() < small.max() <= 1
    with pytest.raises(PictureError, match="limit of 1000"):
        read_style(found, max_pixels=1000)


def test_a_former_name_finds_the_painting_under_its_name(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (tmp_path / "own").mkdir()
    for folder in (None, tmp_path / "own"):
        found = find_style("cafe_terrace", folder=folder, cache=tmp_path, timeout=0.1, patience=0.1)
        assert found.name == "night_cafe"
        assert found.stand_in is not None
    assert "style cafe_terrace is called night_cafe now" in caplog.text
    shutil.copy(found.path, tmp_path / "own" / "cafe_terrace.jpg")
    for name in ("night_cafe", "cafe_terrace"):
        own = find_style(name, folder=tmp_path / "own", cache=tmp_path)
        assert own.path == tmp_path / "own" / "cafe_terrace.jpg"
        assert own.name == "night_cafe"
    assert find_swatch("cafe_terrace", "why").name == "night_cafe"
