"""The study of how pictures look: the judge's table, the anchors' rows, the blind comparison."""

from __future__ import annotations

import csv
import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

from stylenet.images import read_image, write_image
from stylenet.metrics import Judge

STUDY = Path(__file__).parents[2] / "experiments" / "image_quality"
# issue's table: s2, s4, s8, s16, content; medians of five photographs as udnie
ANCHORS = {
    ("vgg19_nets", "lite0"): (0.04, 0.13, 0.18, 0.20, 0.99),
    ("one_pass", "lite0"): (0.12, 0.55, 0.49, 0.49, 1.22),
    ("vgg19_nets", "lite2"): (0.05, 0.14, 0.28, 0.39, 0.96),
    ("one_pass", "lite2"): (0.46, 0.63, 0.57, 0.77, 1.16),
}
Study = Callable[[str], ModuleType]


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    monkeypatch.syspath_prepend(str(STUDY))
    yield importlib.import_module
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(STUDY)):
            del sys.modules[name]


def paint(file: Path, seed: int, height: int = 40, width: int = 56) -> Path:
    generator = torch.Generator().manual_seed(seed)
    return write_image(file, torch.rand(3, height, width, generator=generator))


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Contents cat and sea_side, styles wave and red_wave; two contenders' pictures of each."""
    for number, name in enumerate(("contents/cat", "contents/sea_side", "styles/wave")):
        paint(tmp_path / f"{name}.png", number)
    paint(tmp_path / "styles/red_wave.png", 3)
    for number, who in enumerate(("quentin", "zenobia")):
        for index, name in enumerate(("cat_wave", "cat_red_wave", "sea_side_wave")):
            paint(tmp_path / who / f"{name}.png", 10 * number + index + 4)
    return tmp_path


def run(module: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", [str(module.__file__), *map(str, words)])
    module.main()


@pytest.fixture
def measure(
    study: Study, gallery: Path, small_judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[dict[str, str]]]:
    """The command with a small judge in both places; the rows of its table."""
    module = study("measure")
    monkeypatch.setattr(module, "PX", 48)
    for name in module.JUDGES:
        monkeypatch.setitem(module.JUDGES, name, lambda: small_judge)

    def command(*words: object) -> list[dict[str, str]]:
        table = gallery / "tables" / "results.csv"
        folders = ("--contents", gallery / "contents", "--styles", gallery / "styles")
        run(module, monkeypatch, *words, *folders, "--results", table)
        with table.open(newline="") as lines:
            return list(csv.DictReader(lines))

    return command


def test_a_row_a_contender_and_style(measure, gallery):
    rows = measure(f"ours={gallery / 'quentin'}", f"theirs={gallery}/zenobia/cat_*.png")
    found = [(row["contender"], row["style"], row["images"]) for row in rows]
    assert found == [
        ("ours", "red_wave", "1"),
        ("ours", "wave", "2"),
        ("theirs", "red_wave", "1"),
        ("theirs", "wave", "1"),
    ]
    for row in rows:
        assert all(float(value) >= 0 for key, value in row.items() if key not in list(row)[:2])
        assert row["lite0_s4"] == row["lite2_s4"]


def test_a_photograph_is_at_one_and_a_painting_at_nothing(measure, gallery):
    (gallery / "copies").mkdir()
    shutil.copy(gallery / "contents" / "cat.png", gallery / "copies" / "cat_wave.png")
    shutil.copy(gallery / "styles" / "red_wave.png", gallery / "copies" / "cat_red_wave.png")
    painting, photograph = measure(f"copies={gallery / 'copies'}")
    stages = ("s2", "s4", "s8", "s16")
    assert {photograph[f"lite0_{stage}"] for stage in stages} == {"1.000"}
    assert photograph["lite0_content"] == "0.000"
    assert {painting[f"lite0_{stage}"] for stage in stages} == {"0.000"}
    assert [painting[k] for k in ("contrast", "low", "high")] == [
        painting[f"painting_{k}"] for k in ("contrast", "low", "high")
    ]


def test_styles_contents_and_judges_are_chosen_and_rows_replaced(measure, gallery):
    measure(f"ours={gallery / 'quentin'}", f"theirs={gallery / 'zenobia'}")
    rows = measure("wave", f"ours={gallery / 'zenobia'}", "--only", "sea_side", "--judges", "lite0")
    assert len(rows) == 4
    (new,) = [r for r in rows if (r["contender"], r["style"]) == ("ours", "wave")]
    assert (new["images"], new["lite2_s2"]) == ("1", "")
    assert all(r["lite2_s2"] for r in rows if r is not new)


def test_the_anchors_are_measured_beside(measure, gallery, study, monkeypatch):
    monkeypatch.setattr(study("measure"), "SHARED", gallery)
    for name in ("vgg19_nets", "one_pass"):
        paint(gallery / "anchors" / name / "cat_wave.jpg", 20)
    rows = measure(f"ours={gallery / 'quentin'}", "wave", "--anchors")
    assert [row["contender"] for row in rows] == ["ours", "vgg19_nets", "one_pass"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ours={}/nowhere"], "expected name=<folder or glob> of some files"),
        (["ours={}/styles"], "None of 2 files is named <content>_<style>"),
        (["weve", "ours={}/quentin"], "Got the names weve, expected some of red_wave, wave"),
        (["wave"], "nothing to measure: give name=<folder or glob>, or --anchors"),
    ],
)
def test_what_cannot_be_measured_is_an_error(measure, gallery, words, expected):
    with pytest.raises(SystemExit) as caught:
        measure(*(word.format(gallery) for word in words))
    assert expected in str(caught.value)


@pytest.mark.parametrize("judge", ["lite0", "lite2"])
def test_the_anchors_are_where_they_were(study, assets, judge):
    pytest.importorskip("efficientnet_lite_pytorch", reason="the extra judge is not installed")
    measure = study("measure")
    library = measure.Library.of(assets / "contents", assets / "styles").only([], ["udnie"])
    readers = {judge: measure.Reader(measure.JUDGES[judge]())}
    for name in ("vgg19_nets", "one_pass"):
        one = measure.contender(f"{name}={assets / 'anchors' / name}")
        (row,) = measure.measured(one, library, readers)
        assert row["images"] == "5"
        found = [float(row[f"{judge}_{column}"]) for column in (*measure.STAGES, "content")]
        assert found == pytest.approx(ANCHORS[name, judge], abs=0.03)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("styles/udnie.jpg", (0.25, 0.78, 0.02)),
        ("anchors/vgg19_nets/lion_udnie.jpg", (0.24, 0.74, 0.03)),
    ],
)
def test_contrast_and_spectrum_are_what_they_were(study, assets, file, expected):
    assert tuple(study("measure").look(assets / file).values()) == pytest.approx(
        expected, abs=0.006
    )


@pytest.fixture
def blind(study: Study, gallery: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """``pairs`` of the gallery's contenders; the folder of its pictures, the key beside it."""
    module = study("blind")

    def command(out: str, *words: object, key: str | None = None) -> Path:
        contenders = [f"{who}={gallery / who}" for who in ("quentin", "zenobia")]
        folders = ("--contents", gallery / "contents", "--styles", gallery / "styles")
        where = gallery / out, gallery / (key or f"{out}.csv")
        run(module, monkeypatch, "pairs", *where, *contenders, *folders, *words)
        return where[0]

    return command


def test_pairs_say_nothing_and_the_key_everything(blind, gallery):
    out = blind("out", "--count", "3")
    rows = list(csv.DictReader((gallery / "out.csv").read_text().splitlines()))
    assert [f"{row['pair']}.png" for row in rows] == sorted(p.name for p in out.iterdir())
    assert len({(row["content"], row["style"]) for row in rows}) == 3
    for row in rows:
        file = out / f"{row['pair']}.png"
        assert not any(who in file.read_bytes() for who in (b"quentin", b"zenobia"))
        sheet = read_image(file)
        name = f"{row['content']}_{row['style']}.png"
        for side, left in (("left", 8), ("right", 8 + 56 + 8)):
            whole = read_image(gallery / row[side] / name)
            assert sheet[:, -48:-8, left : left + 56].equal(whole)


def test_a_seed_decides_and_no_side_is_favoured(blind, gallery):
    keys = {
        seed: (blind(f"out{n}", "--count", "2", "--seed", seed), f"{gallery}/out{n}.csv")[1]
        for n, seed in enumerate(range(4))
    }
    texts = [Path(key).read_text() for key in keys.values()]
    assert len(set(texts)) > 1
    again = blind("again", "--count", "2", "--seed", "3")
    assert again.with_suffix(".csv").read_text() == texts[3]
    for text in texts:
        assert {row["left"] for row in csv.DictReader(text.splitlines())} == {"quentin", "zenobia"}


def test_pictures_of_two_sizes_are_brought_to_one(blind, gallery):
    for name in ("cat_wave", "cat_red_wave", "sea_side_wave"):
        paint(gallery / "zenobia" / f"{name}.png", 9, 81, 112)
    sheet = read_image(blind("out", "--count", "1") / "01.png")
    assert sheet.shape[2] == 8 + 56 + 8 + 56 + 8
    paint(gallery / "quentin" / "cat_wave.png", 9, 56, 56)
    with pytest.raises(SystemExit, match="are not of one shape"):
        blind("other", "--count", "1", "--only", "cat", "--only-styles", "wave")


def test_nothing_is_overwritten_and_the_key_lies_elsewhere(blind, gallery):
    blind("out", "--count", "1")
    with pytest.raises(SystemExit, match="is there already"):
        blind("out", "--count", "1")
    with pytest.raises(SystemExit, match="expected 1 to 3, which both painted"):
        blind("more", "--count", "4")
    with pytest.raises(SystemExit, match="would lie among the pictures"):
        blind("more", "--count", "1", key="out/../more/key.csv")


KEY = """pair,content,style,left,right
01,cat,wave,ours,theirs
02,dog,wave,theirs,ours
03,cat,rust,ours,theirs
04,dog,rust,theirs,ours
"""


def test_the_score_joins_answers_and_key(study, tmp_path, monkeypatch, capsys):
    (tmp_path / "key.csv").write_text(KEY)
    (tmp_path / "answers").write_text("02 right\n01 left\n\n03 right\n04 right\n")
    run(study("blind"), monkeypatch, "score", tmp_path / "key.csv", tmp_path / "answers")
    ours, *by_style = capsys.readouterr().out.splitlines()[:3]
    # Clopper and Pearson's interval for 3 of 4
    assert ours == "ours: preferred in 3 of 4 pairs, 75% (95 % interval: 19% to 99%)"
    assert by_style == ["  wave: 2 of 2", "  rust: 1 of 2"]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("01 lef", "got '01 lef', expected a number from 01 to 04 and left or right"),
        ("05 left", "got '05 left'"),
        ("01 left\n01 right", "two answers"),
        ("01 left\n03 right", "no answer to 02, 04"),
    ],
)
def test_an_answer_that_is_none_is_an_error(study, tmp_path, monkeypatch, answers, words):
    (tmp_path / "key.csv").write_text(KEY)
    (tmp_path / "answers").write_text(answers)
    with pytest.raises(SystemExit, match=words):
        run(study("blind"), monkeypatch, "score", tmp_path / "key.csv", tmp_path / "answers")
