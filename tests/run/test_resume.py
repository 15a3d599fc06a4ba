"""A resumed run continues with the very losses of the uninterrupted one."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from stylenet.apply import load_model

Script = Callable[..., int]
Losses = Callable[[Path], dict[tuple[int, str], float]]
Parted = Callable[..., tuple[Path, Path]]
ROOT = Path(__file__).parents[2]
# a process of its own has no small photographs, of which fixtures tell only this one
PLAIN = ["loss/style_distance=squared_gram", "comparison=none", "compile=false"]

LEVEL = "task.content_start=1"  # otherwise the content weight falls by the length of the run


@pytest.mark.parametrize(
    ("changed", "stops"),
    [("norm=instance", [3, 5]), ("norm=batch", [5]), ("loss/temporal=stills", [3])],
)
def test_resuming_continues_with_the_same_losses(
    losses: Losses, whole_and_parted: Parted, tiny: list[str], changed: str, stops: list[int]
) -> None:
    """6 pictures in batches of 2: step 3 ends an epoch, 5 lies within the next.

    The same run stops at one after the other.
    """
    often = "trainer.val_check_interval=4"
    common = [*tiny, changed, "logger=none", often, LEVEL]
    whole, parted = whole_and_parted(common, *stops, 8, more=[often])
    expected = losses(whole)
    got = {key: value for key, value in losses(parted).items() if key in expected}
    assert got == expected
    a, b = load_model(whole).net.state_dict(), load_model(parted).net.state_dict()
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_validation_that_a_kill_prevented_is_made_up_for(
    losses: Losses, script: Script, tiny: list[str], tmp_path: Path
) -> None:
    """Its checkpoint is written before it; the end of a run validates once, however often tried."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    common = [*tiny, "logger=none", "trainer.val_check_interval=4", LEVEL]
    assert script("train.py", *common, "trainer.max_steps=8", f"run.dir={whole}") == 0
    assert script("train.py", *common, "trainer.max_steps=4", f"run.dir={killed}") == 0
    lines = (killed / "losses.csv").read_text().splitlines(keepends=True)
    trained = [line for line in lines if ",val/" not in line]
    assert len(trained) < len(lines)
    (killed / "losses.csv").write_text("".join(trained))
    more = ["trainer.max_steps=8", "trainer.val_check_interval=4"]
    assert script("train.py", f"resume={killed}", *more) == 0
    assert losses(killed) == losses(whole)
    assert len((killed / "losses.csv").read_text().splitlines()) == len(losses(whole)) + 1


@pytest.fixture
def run(trained: Callable[..., Path], tiny: list[str], tmp_path: Path) -> Path:
    """A run of one step."""
    return trained(tmp_path / "run", *tiny, "trainer.max_steps=1", "logger=none")


def test_a_finished_run_says_that_it_is(
    script: Script, run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("train.py", f"resume={run}") == 2
    assert "is finished" in capfd.readouterr().err


@pytest.mark.parametrize("end", ["stopped in its last step", "killed before its last file"])
@pytest.mark.parametrize("task", ["feedforward", "gatys"])
def test_a_run_whose_last_step_is_done_is_resumed_for_its_end(
    losses: Losses,
    script: Script,
    trained: Callable[..., Path],
    tiny: list[str],
    tmp_path: Path,
    task: str,
    end: str,
) -> None:
    """The last validation, results and figures; not a step more."""
    image = [word for word in tiny if not word.startswith(("data", "net"))]
    small = ["content_size.px=32", "loss.style_layers=[relu1_2]"]
    of_image = ["task=gatys", "data=iterations", *small, *image]
    words = tiny if task == "feedforward" else [*of_image, image[-1].replace("style", "content")]
    run = trained(tmp_path / "run", *words, "logger=none", "trainer.max_steps=2")
    expected, figures = losses(run), _figures(run)
    assert figures["to_minimise"] is not None
    (run / "metrics.json").unlink()  # the last file of all
    (run / "curves.png").unlink()
    if end.startswith("stopped"):
        results = run / ("model.json" if task == "feedforward" else "result.json")
        results.write_text(results.read_text().replace('"finished": true', '"finished": false'))
        lines = (run / "losses.csv").read_text().splitlines(keepends=True)
        (run / "losses.csv").write_text("".join(line for line in lines if ",val/" not in line))
    assert script("train.py", f"resume={run}") == 0
    assert losses(run) == expected
    assert _figures(run) == figures
    assert (run / "curves.png").is_file()
    assert script("train.py", f"resume={run}") == 2  # now it is finished


def _figures(run: Path) -> dict[str, object]:
    """What does not depend on the machine's speed."""
    found: dict[str, object] = json.loads((run / "metrics.json").read_text())
    return {k: v for k, v in found.items() if "second" not in k}


def test_a_run_of_epochs_is_resumed_by_epochs(script: Script, run: Path) -> None:
    assert script("train.py", f"resume={run}", "trainer.max_epochs=2") == 0
    assert load_model(run).description["training"]["steps"] == 2 * 3
    assert script("train.py", f"resume={run}") == 2
    assert script("train.py", f"resume={run}", "trainer.max_steps=6") == 2
    assert script("train.py", f"resume={run}", "trainer.max_steps=7") == 0
    assert load_model(run).description["training"]["steps"] == 7


def test_ctrl_c_leaves_a_checkpoint_to_resume_from(
    steps_done: Callable[[Path], int],
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    finish: Callable[[subprocess.Popen[str]], tuple[str, str]],
    wait_for: Callable[..., bool],
) -> None:
    """A real process with a worker; the signal goes to the whole group, as a terminal sends it.

    SIGTERM goes to one in tests/run/test_ddp.py, SIGHUP below.
    """
    run = tmp_path / "run"
    arguments = [*tiny, *PLAIN, "data.num_workers=1", "trainer.max_steps=100000"]
    arguments.append(f"run.dir={run}")
    process = subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", str(ROOT / "train.py"), *arguments],
        env={**os.environ, "WANDB_MODE": "offline"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: steps_done(run) >= 3 or process.poll() is not None)
    os.killpg(process.pid, signal.SIGINT)
    out, err = finish(process)
    assert process.returncode == 128 + signal.SIGINT, err
    assert "Traceback" not in err
    assert "resume=" in out + err
    done = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    assert done >= 3
    assert load_model(run).description["training"]["finished"] is False
    assert script("train.py", f"resume={run}", f"trainer.max_steps={done + 1}") == 0
    assert load_model(run).description["training"]["steps"] == done + 1


def test_a_closed_terminal_leaves_a_checkpoint_of_the_last_step(
    steps_done: Callable[[Path], int],
    tiny: list[str],
    tmp_path: Path,
    wait_for: Callable[..., bool],
) -> None:
    """Writing to a terminal that is gone fails: the bar of the run must not bring it down."""
    run = tmp_path / "run"
    settings = [*PLAIN, "trainer.max_steps=100000", "logger=none", f"run.dir={run}"]
    terminal, its_end = pty.openpty()
    own_terminal = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", own_terminal, str(ROOT / "train.py"), *tiny, *settings],
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
    )
    os.close(its_end)
    try:
        assert wait_for(lambda: os.read(terminal, 2**16) and steps_done(run) >= 3)
        os.close(terminal)
        assert wait_for(lambda: process.poll() is not None)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 128 + signal.SIGHUP
    assert load_model(run).description["training"]["finished"] is False
    done = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    assert load_model(run).description["training"]["steps"] == done >= 3


def test_a_run_that_this_version_cannot_build_names_the_commit_that_can(
    script: Script, run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = OmegaConf.load(run / "config.yaml")
    config.loss.terms.tv.softness = 3
    OmegaConf.save(config, run / "config.yaml")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "commit": "abc123"}))
    assert script("train.py", f"resume={run}", "trainer.max_steps=2") == 2
    said = capfd.readouterr().err
    assert "another version of stylenet: this one cannot build it" in said
    assert "'softness'" in said
    assert "Continue it with its own (commit abc123), or start a new run." in said


def test_a_damaged_file_of_a_run_is_named(
    script: Script, run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    last = run / "checkpoints" / "last.ckpt"
    config = (run / "config.yaml").read_bytes()
    for file, content in (
        (last, last.read_bytes()[:-1000]),
        (last, b""),
        (run / "config.yaml", b"a: [\n"),
        (run / "config.yaml", b"a: 1\n"),
        (run / "config.yaml", b"a: &a [x]\nb: *a\n"),
        (run / "config.yaml", b"[" * 100_000),
        (run / "config.yaml", config.replace(b"weights:", b"w:")),
        (run / "config.yaml", config.replace(b"  max_steps: 1\n", b"")),  # of trainer
        (run / "config.yaml", config.replace(b"seed: ", b"sed: ")),
        (run / "config.yaml", config.replace(b"log_every_n_steps:", b"log_ev_n_steps:")),
        (run / "config.yaml", config.replace(b"stand_ins: {}", b"stand_ins: 5")),
        (run / "run.json", b"{"),
        (run / "run.json", b'{"stand_ins": 1.5}'),
    ):
        sound = file.read_bytes()
        file.write_bytes(content)
        assert script("train.py", f"resume={run}", "trainer.max_steps=2") == 2
        said = capfd.readouterr().err
        assert f"Error: The run cannot be resumed: {file} is damaged (" in said
        assert "Traceback" not in said
        file.write_bytes(sound)
    assert script("train.py", f"resume={run}", "trainer.max_steps=2") == 0
