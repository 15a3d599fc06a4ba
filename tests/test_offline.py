"""README's first command on a bare machine without a network, and what the wheel brings for it."""

from __future__ import annotations

import ensurepip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder
from PIL import Image

from stylenet import __version__

ROOT = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = ["train.py", "style=udnie", "norm=instance"]
# In a network of its own, a machine has a loopback and even that is down. W&B's own service, on
# this machine, needs it: bring it up, as `ip link set lo up` does where there is an ip.
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def without_network(*arguments: str, python: str = sys.executable) -> list[str]:
    """``python`` with ``arguments``, where no address but this machine's own can be reached.

    Skips the test where a process may not have a network of its own.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare (util-linux) is not there, which cuts the network")
    cut = [unshare, "-rn", python, "-c", LOOPBACK_UP]
    tried = subprocess.run([*cut, "-c", ""], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"unshare -rn is not permitted here: {tried.stderr.strip()[-200:]}")
    return [*cut, *arguments]


@pytest.fixture
def run(finish: Callable[[subprocess.Popen[str]], tuple[str, str]]) -> Run:
    """``run(command, env=..., cwd=...)``: ended, with what it said; nobody types anything."""

    def start(command: list[str], **settings: Any) -> subprocess.CompletedProcess[str]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **settings,
        )
        out, err = finish(process)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    return start


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user: an empty home, none of this project's or W&B's settings.

    But for a W&B key, which must not make the run wait for a server either.
    """
    home = tmp_path / "home"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("STYLENET", "WANDB", "XDG"))}
    for name in ("NETRC", "MPLCONFIGDIR", "TORCH_HOME", "HYDRA_FULL_ERROR"):
        kept.pop(name, None)
    return kept | {"HOME": str(home), "WANDB_API_KEY": "0" * 40, "OMP_NUM_THREADS": "1"}


def test_the_cut_network_is_cut(run: Run, bare: dict[str, str]) -> None:
    connect = "import socket; socket.create_connection(('1.1.1.1', 443), timeout=5)"
    tried = run(without_network("-c", connect), env=bare)
    assert tried.returncode != 0
    assert "unreachable" in tried.stderr
    own = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(s.getsockname(), timeout=5)"
    )
    assert run(without_network("-c", own), env=bare).returncode == 0


def test_a_swatch_is_found_within_seconds(run: Run, bare: dict[str, str], tmp_path: Path) -> None:
    look_up = (
        "import pathlib; from stylenet.styles import find_style;"
        f"found = find_style('udnie', folder=None, cache=pathlib.Path({str(tmp_path)!r}));"
        "print(found.stand_in)"
    )
    done = run(without_network("-c", look_up), env=bare)
    # after five seconds it would say that no answer came
    assert "the server cannot be reached" in done.stdout


def test_readmes_first_command_without_a_network(
    run: Run, bare: dict[str, str], tmp_path: Path
) -> None:
    """All defaults but the time: nothing is asked for, nothing is waited for."""
    assert "python train.py style=udnie norm=instance" in (ROOT / "README.md").read_text()
    train = [str(ROOT / COMMAND[0]), *COMMAND[1:]]
    short = "trainer.budget_minutes=0.0001"
    done = run([*without_network(*train), short], env=bare, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    (folder,) = (f for f in (tmp_path / "runs").iterdir() if not f.is_symlink())
    record = json.loads((folder / "run.json").read_text())
    assert record["steps"] == 1
    grid = folder / "pictures" / "step_000001.png"
    with Image.open(grid) as picture:
        assert picture.width > 3 * 256
    assert str(grid.relative_to(folder)) in done.stdout

    said = "style udnie: no picture found in STYLENET_STYLES or paths.styles (it is not set)"
    notes = record["messages"]
    (words,) = [note for note in notes if note.startswith(said)]
    assert "at its source (the server cannot be reached" in words
    assert "using the bundled swatch" in words
    assert done.stdout.count(words) == 1
    (wandb,) = [note for note in notes if note.startswith("W&B")]
    assert wandb.startswith("W&B offline: https://api.wandb.ai gave no answer")
    style = json.loads((folder / "model.json").read_text())["style"]
    assert (style["name"], style["artist"]) == ("udnie", "Francis Picabia")
    assert style["stand_in"] == words
    assert list((tmp_path / "runs").glob("*/wandb/offline-run-*"))


def test_a_misspelt_style_fails_without_a_network(
    run: Run, bare: dict[str, str], tmp_path: Path
) -> None:
    done = run(without_network(str(ROOT / "train.py"), "style=udni"), env=bare, cwd=tmp_path)
    assert done.returncode == 2
    assert "Did you mean 'udnie'?" in done.stderr
    assert not list((tmp_path / "runs").glob("*/style.png"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    (file,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return Path(file)


def test_the_wheel_brings_the_loss_network_the_swatches_and_conf(wheel: Path) -> None:
    package = ROOT / "src"
    with zipfile.ZipFile(wheel) as archive:
        files = {info.filename: info.file_size for info in archive.infolist()}
    needed = [*package.glob("stylenet/loss_networks/*.safetensors")]
    needed += [*package.glob("stylenet/styles/statistics/*/*.safetensors")]
    needed += [*package.glob("stylenet/app/static/*")]
    needed += [*package.glob("stylenet/styles/swatches/*.jpg"), *package.glob("**/*.yaml")]
    assert len(needed) > 7
    for file in needed:
        assert files[file.relative_to(package).as_posix()] == file.stat().st_size
    conf = {f"stylenet/{f.relative_to(ROOT).as_posix()}" for f in ROOT.glob("conf/**/*.yaml")}
    assert {name for name in files if name.startswith("stylenet/conf/")} == conf


def test_an_editable_install_reads_the_clones_conf(bare: dict[str, str], tmp_path: Path) -> None:
    """And not the copy that such a wheel brings, which is out of date tomorrow."""
    shutil.copytree(ROOT / "conf", tmp_path / "stylenet" / "conf")
    where = "from stylenet.settings.folder import conf_folder; print(conf_folder())"
    done = subprocess.run(
        [sys.executable, "-c", where],
        env=bare | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(ROOT / "conf")


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The folder of the commands of an environment with the wheel, and without this repository.

    What the wheel depends on is looked for where these tests found it: nothing is downloaded.
    """
    venv.create(tmp_path / "environment")
    commands = tmp_path / "environment" / ("Scripts" if os.name == "nt" else "bin")
    # run from Python's own archive of it: it need not be unpacked and compiled first
    own = Path(ensurepip.__file__).parent / "_bundled"
    wheels = Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or own)  # Debian's lie elsewhere
    (pip,) = wheels.glob("pip-*.whl")
    install = [str(pip / "pip"), "install", "-q", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([str(commands / "python"), *install, str(wheel)], check=True)
    (own,) = (tmp_path / "environment").glob("**/site-packages")
    packages = [path for path in map(Path, sys.path) if any(path.glob("*.dist-info"))]
    assert not [path for path in packages if (path / "stylenet" / "__init__.py").exists()]
    (own / "others.pth").write_text("\n".join(map(str, packages)))
    return commands


def test_the_wheel_trains_and_paints_in_an_empty_folder_without_a_network(
    installed: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    """In two processes, which the command ``stylenet train`` starts as it was started itself."""
    folder = tmp_path / "empty"
    folder.mkdir()
    bare.pop("PYTHONPATH", None)  # the wheel, and nothing of this repository

    def run(*arguments: str) -> str:
        done = subprocess.run(
            without_network(*arguments, python=str(installed / "python")),
            env=bare,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    where = "import stylenet; from stylenet.settings.folder import conf_folder; "
    places = run("-c", f"{where}print(stylenet.__file__, conf_folder())")
    (own,) = (tmp_path / "environment").glob("**/site-packages/stylenet")
    assert places.split() == [str(own / "__init__.py"), str(own / "conf")]

    stylenet = str(installed / "stylenet")
    tiny = ["data.size=48", "data.val_size=48", "data.batch_size=1", "data.num_workers=0"]
    tiny += ["net.width=0.125", "net.blocks=1", "style_size.px=32", "trainer.max_steps=2"]
    tiny += ["comparison.px=64", "+comparison.style.distance.photographs.px=64"]
    tiny += ["+loss.style_distance.photographs.px=64"]
    two = ["trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2"]
    run(stylenet, "train", "style=udnie", "run.dir=trained", "logger=csv", *tiny, *two)
    record = json.loads((folder / "trained" / "run.json").read_text())
    assert record["command"][1:4] == ["train", "style=udnie", "run.dir=trained"]
    assert (record["steps"], record["versions"]["stylenet"]) == (2, __version__)
    Image.new("RGB", (64, 48), "red").save(folder / "me.png")
    run(stylenet, "evaluate", "model=trained", "content=me.png", "out=painted")
    with Image.open(folder / "painted" / "trained" / "me.png") as picture:
        assert picture.size == (64, 48)
    assert (folder / "painted" / "metrics.csv").is_file()
