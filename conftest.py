"""One store of bytecode, before anything heavy is loaded; what is smaller or left out in tests."""

from __future__ import annotations

import copy
import functools
import gc
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.dont_write_bytecode:
    # Where PYTHONDONTWRITEBYTECODE is set, as in containers, and packages were installed without
    # bytecode, as uv does, each process compiles torch and the rest anew: ten seconds for each of
    # the thirty that the tests start. The wish was for clean folders, so it lies in pytest's own.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parent / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
gc.disable()  # until all is collected
# torch's compiler would start processes that import torch, to run one C++ compiler at a time
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")


TAKEN = pytest.StashKey[float]()


def _processor_seconds() -> float:
    """What this process and those that it waited for have taken of the processor so far."""
    return sum(os.times()[:4])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note the processor's time: ``tests/times.py`` reads what each test took."""
    item.stash[TAKEN] = _processor_seconds()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Write down what a test took when it is torn down."""
    if call.when == "teardown" and TAKEN in item.stash:
        taken = _processor_seconds() - item.stash[TAKEN]
        item.user_properties.append(("processor", f"{taken:.2f}"))


def pytest_collection_finish() -> None:
    """Take what was imported out of what garbage is looked for among: half a million objects.

    To go through them took 0.3 s of the processor each time. Until then none is looked for, and
    later less often than by Python's own numbers: fifty times in a run of two steps.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    gc.enable()


def pytest_unconfigure() -> None:
    """Let it be collected in the end: extension modules would call it leaks."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def _small_photographs() -> Iterator[None]:
    """Every loss is normalised by two photographs that a loss network reads in no time.

    By six it would take a fifth of a run of two steps to describe them, and its comparison another.
    """
    from stylenet import images

    with pytest.MonkeyPatch.context() as patch:
        photographs = images.reference_photographs(px=64)[:2]
        patch.setattr(images, "reference_photographs", lambda **_: photographs)
        yield


@pytest.fixture(scope="session", autouse=True)
def _small_comparisons() -> Iterator[None]:
    """What every run is compared at is as small as its tests."""
    from stylenet.metrics import Comparison

    own = Comparison.__init__

    @functools.wraps(own)
    def small(self: Any, *arguments: Any, **more: Any) -> None:
        own(self, *arguments, **(more | ({"px": 64} if "px" in more else {})))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Comparison, "__init__", small)
        yield


@pytest.fixture(scope="session", autouse=True)
def _few_usual_styles() -> Iterator[None]:
    """A net for any style learns what is usual from 128 images; 256 take longer than its run."""
    from stylenet.tasks import any_style

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(any_style, "DESCRIBED", 32)
        yield


@pytest.fixture(scope="session", autouse=True)
def _files_of_configuration_are_read_once() -> Iterator[None]:
    """What a text of YAML says is remembered, and each who asks gets a copy.

    A composition reads about forty files of ``conf/`` by a parser in Python, half of its time.
    """
    from omegaconf import OmegaConf

    own = OmegaConf.load
    known: dict[str, Any] = {}

    @functools.wraps(own)
    def load(file: Any) -> Any:
        text = file.read() if hasattr(file, "read") else Path(file).read_text(encoding="utf-8")
        if text not in known:
            known[text] = own(io.StringIO(text))
        return copy.deepcopy(known[text])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OmegaConf, "load", load)
        yield


@pytest.fixture(scope="session", autouse=True)
def _compositions_do_nothing_twice() -> Iterator[None]:
    """Of what Hydra does for each file that it composes, what nobody reads is left out.

    It lists all choices for each, to fill in names of files that are interpolations, whether or
    not there is one. And OmegaConf parses the same few interpolations again and again, by a parser
    in Python; what it makes of a text is only read. Together they took a third of a composition.
    """
    from hydra._internal import defaults_list
    from omegaconf import DictConfig, base

    own = defaults_list._create_interpolation_map

    @functools.wraps(own)
    def only_where_read(overrides: Any, defaults: Any, self_added: bool) -> DictConfig:
        if any(default.is_interpolation() for default in defaults):
            return own(overrides, defaults, self_added)
        return DictConfig({})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(defaults_list, "_create_interpolation_map", only_where_read)
        patch.setattr(base, "parse", functools.cache(base.parse))
        yield


@pytest.fixture(autouse=True)
def _no_folder_is_left_behind() -> Iterator[None]:
    """A temporary folder that our code made in this process is gone when the test ends."""
    made: list[Path] = []
    own = tempfile.mkdtemp

    def noted(*arguments: Any, **more: Any) -> str:
        folder = own(*arguments, **more)
        frame = sys._getframe(1)
        while frame.f_code.co_filename == tempfile.__file__ and frame.f_back:
            frame = frame.f_back
        caller = Path(frame.f_code.co_filename)
        if caller.is_relative_to(Path(__file__).parent) and "site-packages" not in caller.parts:
            made.append(Path(folder))
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "mkdtemp", noted)
        yield
    common = Path(tempfile.gettempdir())
    left = [folder for folder in made if folder.parent == common and folder.exists()]
    assert left == [], "use tmp_path, or tempfile.TemporaryDirectory in a with statement"


@pytest.fixture
def drawn_curves() -> bool:
    """Whether runs really draw ``curves.png``, a sixth of their time; true where that is tried."""
    return False


@pytest.fixture(autouse=True)
def _small_curves(drawn_curves: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not drawn_curves:
        from PIL import Image

        from stylenet.callbacks import curves

        def draw(_: list[list[str]], figure: Path) -> None:
            Image.new("RGB", (1, 1)).save(figure)

        monkeypatch.setattr(curves, "draw_curves", draw)
