"""One photo in a style that ships is painted without torch, as torch paints it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from stylenet.apply import quick
from stylenet.apply.memory import free_memory
from stylenet.cli.backend import BackendName, runtime_of
from stylenet.images import read_image, sample_photographs

pytest.importorskip("onnx", reason="nets are written by onnx, which is not installed")
RUNTIMES = ["onnxruntime", "openvino"]
Command = Callable[..., SimpleNamespace]

# paint by each command line, and say whether torch came with it
CODE = """
import json, sys
from stylenet.cli import main
for sys.argv in json.loads(sys.argv[1]):
    try: main()
    except SystemExit as end: print(end.code, 'torch' in sys.modules)
"""
SIZES = {"own": [], "64": ["--size", "64"], "203": ["--size", "203"]}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Real, of 131 x 98 pixels: no multiples of 4; turned by its EXIF, half transparent."""
    with Image.open(sample_photographs()["chelsea"]) as image:
        small = image.convert("RGB").resize((98, 131))
    small.putalpha(Image.linear_gradient("L").resize(small.size))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a cat"
    small.save(tmp_path / "me.png", exif=exif)
    return tmp_path / "me.png"


def apart(a: Path, b: Path) -> float:
    return float((read_image(a) - read_image(b)).abs().max())


@pytest.mark.parametrize("backend", ["auto", *RUNTIMES])
def test_torch_is_not_imported_and_the_painting_is_torchs(
    stylenet: Command, photo: Path, backend: str
) -> None:
    """At its own size, smaller and larger: one process paints all three."""
    if backend != "auto":
        pytest.importorskip(backend)
    words = ["stylize", str(photo), "--style", "udnie"]
    lines = [
        ["stylenet", *words, *more, "--backend", backend, "-o", f"quick_{name}.png"]
        for name, more in SIZES.items()
    ]
    child = [sys.executable, "-c", CODE, json.dumps(lines)]
    done = subprocess.run(child, capture_output=True, text=True, cwd=photo.parent)
    assert (done.stdout, done.returncode) == ("0 False\n" * len(SIZES), 0), done.stderr
    for name, more in SIZES.items():
        quick, eager = (photo.parent / f"{how}_{name}.png" for how in ("quick", "eager"))
        assert stylenet(*words, *more, "--backend", "eager", "-o", eager).status == 0
        assert apart(quick, eager) <= 1 / 255 + 1e-6
        with Image.open(quick) as ours, Image.open(eager) as wanted:
            assert ours.size == wanted.size
            assert ours.getexif() == wanted.getexif()
            assert np.array_equal(ours.getchannel("A"), wanted.getchannel("A"))
            assert ours.info["icc_profile"] == wanted.info["icc_profile"]


def test_the_net_is_kept_and_read_again(stylenet: Command, photo: Path) -> None:
    def paint() -> int:
        words = ("stylize", photo, "--style", "wave", "-o", "out.png")
        return int(stylenet(*words, "--backend", "onnxruntime").status)

    pytest.importorskip("onnxruntime")
    assert paint() == 0
    (kept,) = (photo.parent / "cache" / "exports").iterdir()
    written = kept.stat().st_mtime_ns
    assert paint() == 0
    assert kept.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "words",
    [
        ["--style", "udnie", "--strength", "0.5"],
        ["--style", "udnie:0.5,wave:0.5"],
        ["--style", "udnie", "--keep-colours"],
        ["--style", "udnie", "--hue", "90"],
        ["--style", "udnie", "--saturation", "0"],
        ["--style", "udnie", "--brightness", "0.5"],
        ["--style", "udnie", "--backend", "eager"],
        ["--style", "me.png"],
        ["--model", "udnie"],
    ],
    ids=" ".join,
)
def test_all_else_is_left_to_torch(
    stylenet: Command, photo: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def used(self: quick.Quick, photograph: object) -> None:
        raise AssertionError("painted quickly")

    monkeypatch.setattr(quick.Quick, "paint", used)
    done = stylenet("stylize", photo, *words, "-o", "out.png", "--size", "32")
    assert done.status == 0, done.said


def test_a_painting_of_the_name_of_a_net_is_a_painting(
    stylenet: Command, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo.rename("udnie")
    assert quick.quick("udnie", None, lambda written, threads: None, lambda: None) is None
    assert quick.quick("wave", None, lambda written, threads: None, lambda: None) is not None
    assert quick.quick("any", None, lambda written, threads: None, lambda: None) is None


def test_errors_are_those_of_torch_in_words(stylenet: Command, photo: Path) -> None:
    tiny = Image.new("RGB", (3, 3))
    tiny.save("tiny.png")
    done = stylenet("stylize", "tiny.png", "--style", "udnie", "-o", "out.png")
    assert (done.status, "but this net needs at least 5 px" in done.said) == (2, True), done.said
    (photo.parent / "no.png").write_text("no image")
    done = stylenet("stylize", "no.png", "--style", "udnie", "-o", "out.png")
    assert (done.status, "it is not a picture" in done.said) == (2, True), done.said
    done = stylenet("stylize", photo, "--style", "udnei", "-o", "out.png")
    assert (done.status, "udnie" in done.said) == (2, True), done.said
    assert not Path("out.png").exists()


@pytest.mark.parametrize("backend", RUNTIMES)
def test_what_is_not_installed_is_said(
    stylenet: Command, photo: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setitem(sys.modules, backend, None)
    words = ("stylize", photo, "--style", "udnie", "-o", "out.png", "--backend", backend)
    done = stylenet(*words)
    assert done.status == 2
    assert f"{backend} is needed for" in done.said
    assert "pip install 'stylenet[" in done.said


def test_auto_takes_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"onnx", "onnxruntime", "openvino"}
    monkeypatch.setattr(quick, "installed", lambda *names: set(names) <= there)
    assert runtime_of(BackendName.AUTO) is quick.onnxruntime_session
    there.remove("onnxruntime")
    assert runtime_of(BackendName.AUTO) is quick.openvino_session
    there.remove("onnx")
    assert runtime_of(BackendName.AUTO) is None
    assert runtime_of(BackendName.EAGER) is runtime_of(BackendName.COMPILED) is None


def test_large_images_and_little_memory_are_left_to_torch(
    stylenet: Command, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = quick.quick("udnie", None, lambda written, threads: None, lambda: None)
    assert found is not None
    assert (free_memory() or 2**40) > 0
    monkeypatch.setattr(quick, "free_memory", lambda: None)
    assert found.can(2048, 2048)
    assert not found.can(2049, 2048)
    assert not found.can(15, 512)
    monkeypatch.setattr(quick, "free_memory", lambda: 512 * 512 * quick.BYTES)
    assert found.can(512, 512)
    assert not found.can(513, 512)
