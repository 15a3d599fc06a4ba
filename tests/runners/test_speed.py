"""Compilation and memory: what is chosen, said, refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from stylenet.errors import StylenetError
from stylenet.runners import speed
from stylenet.runners.compiling import CompileLongRuns
from stylenet.runners.speed import settle_compile, tune_allocator


def double(x: torch.Tensor) -> torch.Tensor:
    return 2 * x


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def compiled(monkeypatch) -> list[object]:
    """What was given to a ``torch.compile`` that only notes it."""
    given: list[object] = []

    def note(function, dynamic):
        assert dynamic is False
        given.append(function)
        return function

    monkeypatch.setattr(torch, "compile", note)
    return given


@pytest.mark.parametrize(
    ("wish", "steps", "compiles", "speaks"),
    [
        ("auto", 999, False, False),
        ("auto", 1000, True, True),
        ("auto", float("inf"), True, True),
        (True, 1, True, False),
        (False, 10**9, False, False),
    ],
)
def test_long_runs_are_compiled_and_say_so(wish, steps, compiles, speaks, said, compiled):
    function = CompileLongRuns(wish, 1000, said.append)(double, steps)
    assert float(function(torch.ones(()))) == 2
    assert compiled == [double] * compiles
    assert ["training step compiled" in words for words in said] == [True] * speaks


def test_a_step_that_cannot_be_compiled_runs_as_it_is_and_says_so_once(said, monkeypatch):
    def broken(function, dynamic):
        def fail(*_):
            raise torch._dynamo.exc.TorchDynamoException(
                "no such thing\n\nCommand:\ng++ x.cpp\n\nOutput:\nx.cpp: no header\nmore"
            )

        return fail

    monkeypatch.setattr(torch, "compile", broken)
    function = CompileLongRuns("auto", 1, said.append)(double, 1)
    assert [float(function(torch.ones(()))) for _ in range(3)] == [2, 2, 2]
    assert said[1:] == ["training step not compiled after all: no such thing (x.cpp: no header)"]
    words = "compile=true, but the training step cannot be compiled: no such thing.*compile=false"
    with pytest.raises(StylenetError, match=words):
        CompileLongRuns(True, 1, said.append)(double, 1)(torch.ones(()))


def settled(wish: object, monkeypatch, lacking: str | None):
    monkeypatch.setattr(speed, "lacking_for_compilation", lambda: lacking)
    config = OmegaConf.create({"compile": wish, "trainer": {"accelerator": "cpu"}})
    said: list[str] = []
    settle_compile(config, said.append)
    return config.compile, said


@pytest.mark.parametrize(
    ("wish", "expected"), [("auto", "auto"), (True, True), (False, False), ("True", True)]
)
def test_a_machine_that_can_compile_keeps_the_wish(wish, expected, monkeypatch):
    assert settled(wish, monkeypatch, None) == (expected, [])


def test_a_machine_that_cannot_compile_says_so_and_is_recorded(monkeypatch):
    compiles, said = settled("auto", monkeypatch, "C++ compiler")
    assert compiles is False
    assert said == ["training steps are not compiled, however long the run: no C++ compiler here"]
    assert settled(False, monkeypatch, "C++ compiler") == (False, [])
    with pytest.raises(StylenetError, match=r"no C\+\+ compiler.*g\+\+.*compile=false"):
        settled(True, monkeypatch, "C++ compiler")


def test_other_values_are_refused():
    with pytest.raises(StylenetError, match="compile=fast, expected auto, true or false"):
        settle_compile(OmegaConf.create({"compile": "fast"}), print)


def test_what_compiling_needs_is_looked_for(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert speed.lacking_for_compilation() == "C++ compiler"
    compiler = tmp_path / "g++"
    compiler.touch(mode=0o755)
    monkeypatch.setattr(speed.sysconfig, "get_path", lambda _: str(tmp_path))
    assert "Python.h" in str(speed.lacking_for_compilation())
    (tmp_path / "Python.h").touch()
    assert speed.lacking_for_compilation() is None


FAULTS = """
import resource, sys
sys.path.insert(0, {source!r})
from stylenet.runners.speed import tune_allocator
import torch
torch.set_num_threads(1)
def faults():
    for _ in range(20):  # until the heap has settled
        torch.ones(2**24)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults())
assert tune_allocator()
print(faults())
"""


@pytest.mark.skipif(speed.platform.libc_ver()[0] != "glibc", reason="glibc only")
def test_the_tuned_allocator_keeps_memory_that_is_given_back(monkeypatch):
    """64 MB asked for and freed ten times: 16 000 page faults each time, or once."""
    for name in ("GLIBC_TUNABLES", "MALLOC_ARENA_MAX"):
        monkeypatch.delenv(name, raising=False)
    code = FAULTS.format(source=str(Path(speed.__file__).parents[2]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    untuned, tuned = map(int, done.stdout.split())
    assert tuned < 0.2 * untuned


def test_an_allocator_that_the_user_tunes_is_left_alone(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "4")
    assert not tune_allocator()


@pytest.mark.parametrize(
    ("capabilities", "has"),
    [
        ({}, False),
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx2": True}, False),
    ],
)
def test_bf16_is_what_the_processor_says(capabilities, has, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert speed.cpu_has_bf16() is has


def test_an_older_torch_knows_of_no_bf16(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert speed.cpu_has_bf16() is False
