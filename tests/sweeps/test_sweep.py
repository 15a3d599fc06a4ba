"""Sweeps through the real train.py: what they leave, failures and stops included."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from PIL import Image

from stylenet.cli import main
from stylenet.errors import StylenetError
from stylenet.files import claimed
from stylenet.run import training
from stylenet.settings.config_file import CLAIM, CONFIG_FILE
from stylenet.sweeps import sheet
from stylenet.sweeps.jobs import FINISHED, UNFINISHED, Job, read_jobs
from stylenet.sweeps.recording import JobRecord, check_sweep, going_on
from stylenet.sweeps.table import means_over_seeds

Script = Callable[..., int]
ROOT = Path(__file__).parents[2]
QUICK = ["logger=none", "callbacks=none", "trainer.max_steps=1", "loss.style_layers=[relu1_2]"]


@pytest.fixture
def sweep(script: Script, tiny: list[str], tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """``sweep(*overrides) -> exit status, folder``: of the only one in this test."""

    def run(*overrides: str) -> tuple[int, Path]:
        status = script("train.py", "-m", *tiny, *QUICK, *overrides)
        (folder,) = (tmp_path / "runs").glob("*_sweep")
        return status, folder

    return run


def table(folder: Path, name: str = "table.csv") -> list[dict[str, str]]:
    with (folder / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_sweep_leaves_and_prints_what_differs(
    sweep: Callable[..., tuple[int, Path]],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status, folder = sweep("norm=instance,batch", "seed=0,1")
    assert status == 0
    rows = table(folder)
    assert [(row["norm"], row["seed"]) for row in rows] == [
        ("instance", "0"),
        ("instance", "1"),
        ("batch", "0"),
        ("batch", "1"),
    ]
    assert {row["state"] for row in rows} == {"finished"}
    for row in rows:
        description = json.loads((folder / row["folder"] / "model.json").read_text())
        final = description["losses"]["final"]
        assert float(row["val/loss/total"]) == final["val/loss/total"]
        assert float(row["seconds"]) > 0
    means = table(folder, "means.csv")
    totals = [float(row["val/loss/total"]) for row in rows]
    assert [row["norm"] for row in means] == ["instance", "batch"]
    assert float(means[0]["val/loss/total"]) == pytest.approx((totals[0] + totals[1]) / 2)
    # of two values: 12.7 (Student's t) times half their distance
    half = 12.706 * abs(totals[0] - totals[1]) / 2
    assert float(means[0]["val/loss/total ±"]) == pytest.approx(half, rel=1e-3)
    with Image.open(folder / "sheet.jpg") as sheet:
        assert sheet.width > 5 * 256  # the photographs and four jobs
        assert sheet.height > 3 * 150
    page = (folder / "parallel.html").read_text()
    assert not [word for word in ("http:", "https:", "src=", "@import") if word in _own(page)]
    assert '"ticks": ["batch", "instance"]' in page
    lines = capfd.readouterr().out.splitlines()
    start = lines.index("means over seeds, ± half of the 95 % interval")
    assert lines[start + 1].split()[:3] == ["norm", "seeds", "balanced"]
    assert max(map(len, lines[start : start + 5])) <= 80
    again = {name: (folder / name).read_bytes() for name in ("table.csv", "parallel.html")}
    monkeypatch.setattr("sys.argv", ["stylenet", "sweep", str(folder)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    assert {name: (folder / name).read_bytes() for name in again} == again


def _own(page: str) -> str:
    return page.replace("http://www.w3.org/2000/svg", "")  # a name, not an address


def test_failed_jobs_are_said_stand_in_the_table_and_are_tried_again(
    sweep: Callable[..., tuple[int, Path]], capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["net/padding=reflect40", "data.size=40,48"]
    status, folder = sweep(*arguments)
    assert status == 2
    first, second = table(folder)
    assert (first["state"], second["state"]) == ("failed", "finished")
    assert "net/padding=reflect" in first["error"] or "40" in first["error"]
    assert first["val/loss/total"] == ""
    said = capfd.readouterr()
    assert "job 0 failed: " in said.out
    assert "1 of 2 jobs are not finished (0 failed);" in said.out
    assert "net/padding=reflect" in said.err
    assert "Traceback" not in said.err
    assert [model.parent.name[0] for model in folder.glob("*/model.safetensors")] == ["1"]
    assert (folder / "sheet.jpg").is_file()
    status, same = sweep("skip_finished=true", *arguments)
    assert (status, same) == (2, folder)
    again = capfd.readouterr().out
    assert "job 1 is finished: skipped" in again
    assert "job 0 failed" in again


def test_a_stopped_sweep_goes_on(
    sweep: Callable[..., tuple[int, Path]],
    script: Script,
    tiny: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Its first job finished, its second stopped with a checkpoint, its third never begun."""
    fit = training._fit
    started: list[str | None] = []

    def stopped(run):  # type: ignore[no-untyped-def]
        started.append(run.config.resume)
        if len(started) == 2:
            stop = {"on_train_batch_start": lambda *_: signal.raise_signal(signal.SIGTERM)}
            run.trainer.callbacks.append(type("Stop", (pl.Callback,), stop)())
        return fit(run)

    monkeypatch.setattr(training, "_fit", stopped)
    more = ["callbacks=default", "callbacks.curves=null", "trainer.max_steps=2"]
    arguments = [*more, "seed=0,1,2"]
    status, folder = sweep(*arguments)
    assert status == 128 + signal.SIGTERM
    assert [row["state"] for row in table(folder)] == ["finished", "unfinished"]
    assert "skip_finished=true goes on" in capfd.readouterr().out
    written = (folder / table(folder)[0]["folder"] / "model.safetensors").stat().st_mtime_ns
    status, same = sweep(*arguments, "skip_finished=true")
    assert (status, same) == (0, folder)
    rows = table(folder)
    assert [(row["seed"], row["state"], row["steps"]) for row in rows] == [
        (seed, "finished", "2") for seed in "012"
    ]
    assert sum(place.is_dir() for place in folder.iterdir()) == 3  # none for what was skipped
    said = capfd.readouterr().out
    assert "job 0 is finished: skipped" in said
    assert "job 1 goes on from its checkpoint" in said
    assert (folder / rows[0]["folder"] / "model.safetensors").stat().st_mtime_ns == written
    assert [resume is not None for resume in started] == [False, False, True, False]


def test_a_job_that_was_killed_after_its_end_is_finished(
    sweep: Callable[..., tuple[int, Path]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Between its last file and what the sweep says of it."""
    _, folder = sweep("seed=0,1")
    before = table(folder)
    file = folder / before[1]["folder"] / "job.json"
    said = json.loads(file.read_text())
    assert said["state"] == "finished"
    file.write_text(json.dumps({**said, "state": UNFINISHED, "returned": None}))
    status, _ = sweep("seed=0,1", "skip_finished=true")
    assert status == 0
    assert "job 1 is finished: skipped" in capfd.readouterr().out
    assert table(folder) == before


def test_of_equal_jobs_the_one_that_came_furthest_goes_on(tmp_path: Path) -> None:
    """The same command twice in one folder: the first was killed at once, the second later."""
    for place, checkpoint in (("0_a", False), ("0_b", True), ("0_c", False)):
        folder = tmp_path / place
        (folder / "checkpoints").mkdir(parents=True)
        said = {"state": UNFINISHED, "overrides": ["seed=0"], "folder": "."}
        (folder / "job.json").write_text(json.dumps(said))
        if checkpoint:
            (folder / CONFIG_FILE).touch()
            (folder / "checkpoints" / "last.ckpt").touch()
    (job,) = read_jobs(tmp_path)
    assert job.place.name == "0_b"
    (tmp_path / "0_b" / "checkpoints" / "last.ckpt").unlink()
    assert len(read_jobs(tmp_path)) == 3


def test_of_jobs_that_ended_twice_the_later_stands_in_the_table(tmp_path: Path) -> None:
    """The same sweep twice in one folder, which differs from ``seed=0,0``."""
    for time, place, seed in ((2, "0_a", 0), (1, "0_b", 0), (1, "1_a", 1), (2, "2_a", 1)):
        (tmp_path / place).mkdir()
        said = {"state": FINISHED, "overrides": [f"seed={seed}"], "folder": "."}
        (tmp_path / place / "job.json").write_text(json.dumps(said))
        os.utime(tmp_path / place / "job.json", (time, time))
    assert [job.place.name for job in read_jobs(tmp_path)] == ["0_a", "1_a", "2_a"]


def test_equal_jobs_are_one_draw_of_the_seed(tmp_path: Path) -> None:
    def job(number: int, total: float, *overrides: str) -> Job:
        place, figures = tmp_path / str(number), {"val/loss/total": total}
        return Job(number, place, place, overrides, FINISHED, None, None, 1, 1.0, figures)

    jobs = [job(0, 1.0, "seed=0"), job(1, 2.0, "seed=1")]
    again = [job(2, 1.0, "seed=0"), job(3, 2.0, "seed=1")]
    (means,) = means_over_seeds([*jobs, *again])
    assert [means] == means_over_seeds(jobs)
    assert means.jobs == 2


def test_what_is_said_of_a_job_stays_where_another_sweep_is_refused(
    sweep: Callable[..., tuple[int, Path]], tmp_path: Path
) -> None:
    """A sweep given the very folders of one before, without skip_finished."""
    place = f"hydra.sweep.dir={tmp_path / 'runs' / 'one_sweep'}"
    arguments = ["seed=0,1", place, "hydra.sweep.subdir=${hydra.job.num}"]
    _, folder = sweep(*arguments)
    before = table(folder)
    status, _ = sweep(*arguments)
    assert status == 2
    assert table(folder) == before
    assert {row["state"] for row in before} == {"finished"}


def test_equal_sweeps_at_once_share_their_jobs(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    wait_for: Callable[..., bool],
    finish: Callable[[subprocess.Popen[str]], tuple[str, str]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Each job is run by one of them; the others wait for its end, and all come to theirs.

    Another process, and this one as soon as the other has begun.
    """
    place = tmp_path / "s"
    words = ["-m", *tiny, *QUICK, "seed=0,1", "skip_finished=true", f"hydra.sweep.dir={place}"]
    words += ["loss/style_distance=squared_gram", "comparison=none"]  # no photographs to read
    other = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: other.poll() is not None or any(place.glob("*/job.json")))
    assert script("train.py", *words) == 0
    said = [finish(other)[0], capfd.readouterr().out]
    assert other.returncode == 0, said
    assert {row["state"] for row in table(place)} == {"finished"}
    for number in range(2):  # by one process alone
        skipped = [text for text in said if f"job {number} is finished: skipped" in text]
        assert len(skipped) == 1, said
    assert not list(place.glob(".*"))


def test_a_job_that_another_process_is_at_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "0_job"
    folder.mkdir()
    (folder / CONFIG_FILE).touch()
    job = Job(0, folder, folder, [], UNFINISHED, None, None, None, None, {})
    record = JobRecord(None, [], "", job)
    config = OmegaConf.create({"resume": None, "run": {"dir": None}})
    mine = StylenetError("Not reached.", "")
    with (
        claimed(folder / CLAIM, mine),
        pytest.raises(StylenetError, match=r"still at job 0.*skip_finished"),
    ):
        going_on(config, record)
    assert (folder / CONFIG_FILE).exists()
    assert going_on(config, record) == {"resume": None, "run": {"dir": str(folder)}}
    assert not folder.exists()


def test_skip_finished_is_for_sweeps(
    script: Script, tiny: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert script("train.py", *tiny, *QUICK, "skip_finished=true") == 2
    assert "Add -m" in capfd.readouterr().err


def test_contents_are_rows_of_the_sheet(
    script: Script, photos: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    contents = f"content={photos / '00.jpg'},{photos / '01.jpg'}"
    sizes = ["content_size.px=48", "style_size.px=48", "loss.style_weight=1,2"]
    style = f"style={photos / '07.jpg'}"
    assert script("train.py", "-m", "task=gatys", contents, style, *sizes, *QUICK) == 0
    (folder,) = (tmp_path / "runs").glob("*_sweep")
    with Image.open(folder / "sheet.jpg") as sheet:
        assert 3 * 256 < sheet.width < 4 * 256  # content and two weights
        assert 2 * 250 < sheet.height < 3 * 256
    assert [row["content"] for row in table(folder)] == ["00", "00", "01", "01"]
    assert "style_weight" in capfd.readouterr().out


def test_the_sheet_of_generators_shows_samples_and_no_photographs(
    script: Script, photos: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    net = ["task=texture_net", "net.scales=3", "net.channels=4", f"style={photos / '07.jpg'}"]
    sizes = ["data.size=32", "data.val_size=32", "data.val_count=2", "style_size.px=32"]
    assert script("train.py", "-m", *net, *sizes, *QUICK, "seed=0,1") == 0
    (folder,) = (tmp_path / "runs").glob("*_sweep")
    jobs = read_jobs(folder)
    for job in jobs:
        painted = list(sheet.paintings_of(job))
        assert [title for title, _, _ in painted] == ["sample 1", "sample 2"]
        assert {content for _, content, _ in painted} == {None}
    with Image.open(folder / "sheet.jpg") as image:
        assert 2 * 256 <= image.width < 3 * 256
        assert 2 * 256 <= image.height < 3 * 256
    said = capfd.readouterr()
    assert "sheet     sheet.jpg" in said.out
    assert "Error" not in said.out + said.err


@pytest.mark.parametrize(("folder", "words"), [("nowhere", "no such folder"), (".", "no job")])
def test_what_is_no_sweep_is_refused(
    folder: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["stylenet", "sweep", str(tmp_path / folder)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert words in capfd.readouterr().err


def test_many_jobs_stand_in_bands() -> None:
    names = [f"job {number}" for number in range(25)]
    bands = sheet._evenly(names)
    assert [len(band) for band in bands] == [9, 9, 7]
    assert [name for band in bands for name in band] == names
    assert [len(band) for band in sheet._evenly(names[:12])] == [12]
    stacked = sheet._stacked([torch.zeros(3, 4, 6), torch.zeros(3, 2, 3)])
    assert stacked.shape == (3, 6, 6)
    assert float(stacked[:, 4:, 3:].min()) == 1


def test_a_sweep_that_was_started_as_several_processes_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = {"JOB_ID": "77", "STEP_ID": "3", "NTASKS": "4", "PROCID": "2"}
    for name, value in names.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    check_sweep(["style=udnie"])
    with pytest.raises(StylenetError, match="Got a sweep"):
        check_sweep(["-m", "style=udnie,wave"])
