"""The scripts beside the studies: small runs of them, and that they say what they are asked."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stylenet.images import read_image

ROOT = Path(__file__).parents[1]
EXPERIMENTS = ROOT / "experiments"
SWATCHES = ROOT / "src" / "stylenet" / "styles" / "swatches"
STUDY = EXPERIMENTS / "default_weights"
SMALL = "trainer.max_steps=1 data.size=48 data.val_size=48 data.batch_size=2 data.num_workers=0"
Study = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def study(
    script: Callable[..., int],
    tmp_path: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Study]:
    """``study("x.py", *arguments)``: a script of default_weights, paintings and photos made up."""
    styles = tmp_path / "styles"
    styles.mkdir()
    (styles / "udnie.jpg").write_bytes((photos / "01.jpg").read_bytes())
    (styles / "wave.jpg").write_bytes((photos / "02.jpg").read_bytes())
    monkeypatch.setenv("STYLENET_STYLES", str(styles))
    monkeypatch.setenv("STYLENET_CONTENTS", str(photos))

    monkeypatch.syspath_prepend(str(STUDY))

    def run(file: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        status = script(str(STUDY / file), *map(str, arguments))
        said = capfd.readouterr()
        return subprocess.CompletedProcess(file, status, said.out, said.err)

    yield run
    sys.modules.pop("runs", None)  # another study has one, too


def test_six_styles_are_trained_once_shown_and_shuffled(study: Study, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    arguments = ["--photographs", "03", "04", "05", "--styles", "udnie"]
    small = ["net.width=0.125", "style_size.px=32", *SMALL.split()]
    train = [runs, *arguments, "--others", "--dry", *small]
    done = study("train_six.py", *train)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader((runs / "results.csv").read_text().splitlines())
    assert (row["run"], row["steps"], row["content_weight"]) == ("udnie_instance", "1", "1")
    assert float(row["val_total"]) > 0
    assert "norm=instance" in (runs / "udnie_instance" / "config.yaml").read_text()
    sheet = read_image(runs / "sheet.jpg")
    assert sheet.shape[1] > 4 * 112 > 300 > sheet.shape[2]

    before = (runs / "udnie_instance" / "model.json").stat().st_mtime_ns
    assert study("train_six.py", *train).returncode == 0
    assert (runs / "udnie_instance" / "model.json").stat().st_mtime_ns == before

    out, key = tmp_path / "blind", tmp_path / "key.csv"
    done = study("recognise.py", runs, out, key, *arguments, "--px", "64")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in out.iterdir()} == {"01.png", "02.png", "03.png", "paintings.jpg"}
    rows = list(csv.DictReader(key.read_text().splitlines()))
    assert {r["photograph"] for r in rows} == {"03", "04", "05"}
    assert {r["style"] for r in rows} == {"udnie"}
    assert study("recognise.py", runs, out, key, *arguments).returncode == 2  # not overwritten
    inside = study("recognise.py", runs, tmp_path / "b", tmp_path / "b" / "key.csv", *arguments)
    assert "would lie among the pictures" in inside.stderr


def test_a_failed_run_is_named_and_nothing_is_drawn(study: Study, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    done = study(
        "train_six.py", runs, "--others", "--styles", "udnie", "--jobs", "2", "net.widht=1"
    )
    assert done.returncode == 1
    assert "udnie_instance: see" in done.stderr
    assert "Did you mean net.width" in (runs / "udnie_instance" / "log.txt").read_text()
    assert not (runs / "results.csv").exists()


KEY = "picture,style,photograph\n01,udnie,lion\n02,wave,lion\n03,udnie,city\n04,wave,city\n"


def test_the_score_counts_what_was_recognised(study: Study, tmp_path: Path) -> None:
    (tmp_path / "key.csv").write_text(KEY)
    (tmp_path / "answers.txt").write_text("02 wave\n01 udnie\n\n03 wave\n")
    done = study("score.py", tmp_path / "key.csv", tmp_path / "answers.txt")
    assert done.stdout.splitlines() == [
        "2 of 4 recognised; by chance 2",
        "  udnie: 1 of 2",
        "  wave: 1 of 2",
        "  03 is udnie on city, said to be wave",
        "  04 is wave on city, said to be nothing",
    ]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("01 wafe", "got '01 wafe', expected a number from 01 to 04 and one of udnie, wave"),
        ("05 wave", "got '05 wave'"),
        ("01", "got '01'"),
        ("01 wave\n01 udnie", "two answers"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    answers: str, words: str, study: Study, tmp_path: Path
) -> None:
    (tmp_path / "key.csv").write_text(KEY)
    (tmp_path / "answers.txt").write_text(answers)
    done = study("score.py", tmp_path / "key.csv", tmp_path / "answers.txt")
    assert done.returncode == 1
    assert words in done.stderr


def test_nets_of_swatches_are_judged_by_the_painting(study: Study, tmp_path: Path) -> None:
    runs, judged_on, swatch_file = tmp_path / "runs", tmp_path / "judged_on", SWATCHES / "udnie.jpg"
    judged_on.mkdir()
    (judged_on / "07.jpg").write_bytes((tmp_path / "photos" / "07.jpg").read_bytes())
    small = ["net.width=0.125", "style_size.px=32", *SMALL.split()]
    arguments = [runs, "--styles", "udnie", "--photos", judged_on, "--photographs", "03", "--dry"]
    done = study("swatch_nets.py", *arguments, *small)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader((runs / "swatch_nets.csv").read_text().splitlines())
    own, swatch = float(row["net_of_painting"]), float(row["net_of_swatch"])
    assert float(row["ratio"]) == pytest.approx(swatch / own, rel=1e-2)
    described = json.loads((runs / "udnie_swatch" / "model.json").read_text())
    assert described["style"]["sha256"] == hashlib.sha256(swatch_file.read_bytes()).hexdigest()
    painting = json.loads((runs / "udnie_instance" / "model.json").read_text())
    assert described["losses"]["style_weight"] == painting["losses"]["style_weight"] > 0
    assert read_image(runs / "swatch_nets.jpg").shape[1] > 2 * 100


def test_the_balance_of_two_equal_networks_is_one(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLENET_STYLES", str(SWATCHES))
    bundled = ROOT / "src" / "stylenet" / "loss_networks" / "compact_vgg.safetensors"
    done = study("balance.py", bundled, bundled)
    assert done.returncode == 0, done.stderr
    assert len(lines := done.stdout.splitlines()) == 9
    assert all(line.endswith("weight 1") for line in lines)
