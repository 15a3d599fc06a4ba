"""The ledger: rules, what it reads, and that what is written is what the results say."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser

from stylenet import compose
from stylenet.errors import StylenetError

ROOT = Path(__file__).parents[2]
STUDIES = ROOT / "experiments"
CLAIMED = sorted(file.parent.name for file in STUDIES.glob("*/claim.yaml"))
SWEPT = sorted(
    folder.name
    for folder in (ROOT / "conf" / "experiment").iterdir()
    if (folder / "full.yaml").is_file() and "sweeper" in (folder / "full.yaml").read_text()
)
Load = Callable[[Path], ModuleType]
Row = dict[str, str]


@pytest.fixture
def claims(load: Load) -> ModuleType:
    """The rules."""
    return load(STUDIES / "claims.py")


def rows(**columns: list[float | str]) -> list[Row]:
    """A table by its columns."""
    return [
        dict(zip(columns, map(str, cells), strict=True))
        for cells in zip(*columns.values(), strict=True)
    ]


TABLE = rows(
    norm=["a", "b"] * 3, seed=[0, 0, 1, 1, 2, 2], loss=[1, 2, 2, 4, 3, 6], width=[1, 2, 1, 2, 1, 2]
)


def test_the_ledger_is_what_the_results_say(load: Load) -> None:
    ledger = load(STUDIES / "ledger.py")
    text = ledger.page(ledger.claims())
    assert (STUDIES / "README.md").read_text() == text, "python experiments/ledger.py writes it"
    assert text.count("\n| [") == len(CLAIMED)


@pytest.mark.parametrize("study", CLAIMED)
def test_a_claims_command_is_there(study: str) -> None:
    claim = yaml.safe_load((STUDIES / study / "claim.yaml").read_text())
    for command in filter(None, claim["command"].split(";")):
        python, program, *arguments = shlex.split(command)
        assert python == "python"
        assert (ROOT / program).is_file()
        if program == "train.py":
            assert arguments == ["-m", f"experiment={study}/full"]
            assert study in SWEPT


@pytest.mark.parametrize("study", SWEPT)
def test_a_grid_composes_in_both_sizes(study: str, load: Load) -> None:
    take = load(STUDIES / "take.py")
    grid: dict[str, str] = {}
    for file in (take.EXPERIMENTS / study / "full.yaml", take.EXPERIMENTS / "_images.yaml"):
        grid = yaml.safe_load(file.read_text())["hydra"]["sweeper"]["params"] | grid
    swept = OverridesParser.create().parse_overrides([f"{k}={v}" for k, v in grid.items()])
    values = {
        one.key_or_group: list(one.sweep_string_iterator())
        for one in swept
        if one.is_sweep_override()
    }
    assert {*values} & {*take.grid(study)}
    values = {key: values[key] for key in take.grid(study) if key in values}
    for place in (0, -1):
        own = [f"{key}={each[place]}" for key, each in values.items()]
        full, small = (compose(f"experiment={study}/{size}", *own) for size in ("full", "smoke"))
        # a judge compares with a photograph, which a generator of textures has not
        assert (full.comparison.judge is not None) == ("content" in full.loss.terms)
        assert small.comparison.judge is None
        assert small.trainer.max_steps <= full.trainer.max_steps


def test_a_smoke_sweep_is_taken_as_results(
    script: Callable[..., int], load: Load, tmp_path: Path
) -> None:
    sweep = tmp_path / "sweep"
    small = ["content_size.px=48", f"hydra.sweep.dir={sweep}"]
    assert script("train.py", "-m", "experiment=pooling/smoke", *small) == 0
    load(STUDIES / "take.py").take("pooling", sweep, tmp_path / "results.csv")
    with (tmp_path / "results.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["pooling"] for row in found] == ["average", "max"]
    assert {row["content"] for row in found} == {"chelsea"}
    for row in found:
        assert float(row["metric/style"]) > 0
        assert float(row["train/loss/total@lowest"]) <= float(row["train/loss/total@end"])
        assert row["steps"] == "2"


@pytest.mark.parametrize(
    ("rule", "value", "state"),
    [
        ({"of": {"norm": "a"}, "than": {"norm": "b"}, "at_most": 1}, 0.5, "holds"),
        ({"of": {"norm": "a"}, "than": {"norm": "b"}, "at_least": 0.6}, 0.5, "does not hold"),
        ({"of": {"norm": "a"}, "than": {"norm": "b"}, "outside": [0.6, 2]}, 0.5, "holds"),
        ({"of": {"norm": "a"}, "than": {"norm": "b"}, "outside": [0.4, 2]}, 0.5, "does not hold"),
        ({"of": {"norm": "a"}, "at_most": 1.5}, 2, "undecided"),  # 1, 2, 3: 2 ± 2.5
        ({"of": {"norm": "a"}, "at_most": 5}, 2, "holds"),
        ({"trend": "width", "at_least": 0.9}, 1, "holds"),
        ({"than_figure": "width", "of": {"norm": "b"}, "at_most": 9}, 48 ** (1 / 3) / 2, "holds"),
        ({"of": {"norm": "b"}, "spread": True, "at_most": 1.5}, 1.5, "holds"),
    ],
)
def test_a_check_is_a_ratio_with_its_interval(
    rule: dict[str, object], value: float, state: str, claims: ModuleType
) -> None:
    found = claims.Check(says="", figure="loss", each=["seed"], **rule).found(TABLE)
    assert found.value == pytest.approx(value)
    assert found.state == state
    assert found.count == 3
    assert found.low <= found.value <= found.high


def test_ratios_do_not_depend_on_units(claims: ModuleType) -> None:
    check = claims.Check("", "loss", {"norm": "a"}, {"norm": "b"}, each=["width"], at_most=1)
    uneven = [
        row | {"loss": str(float(row["loss"]) ** 2 + 1), "width": row["seed"]} for row in TABLE
    ]
    other = [row | {"loss": str(1e6 * float(row["loss"]))} for row in uneven]
    a, b = check.found(uneven), check.found(other)
    assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high))
    assert a.low < a.value < a.high


def test_what_cannot_be_told_is_said_in_words(claims: ModuleType) -> None:
    with pytest.raises(StylenetError, match="There is no column lose"):
        claims.Check("", "lose").found(TABLE)
    with pytest.raises(StylenetError, match=r"no row has .*'c'"):
        claims.Check("", "loss", {"norm": "c"}).found(TABLE)


def test_a_verdict_needs_all_checks(
    claims: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "STUDIES", tmp_path)
    (tmp_path / "x").mkdir()
    low, high = (claims.Check("", "loss", at_most=bound) for bound in (1, 9))
    shared = {"study": "x", "claim": "", "source": "", "command": ""}

    def verdict(*checks: object, **more: str) -> str:
        return str(claims.Claim(checks=checks, **shared, **more).verdict())

    assert verdict(low) == "not run yet"
    with (tmp_path / "x" / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(TABLE[0]))
        writer.writeheader()
        writer.writerows(TABLE)
    assert [verdict(high), verdict(low), verdict(low, high)] == [
        "holds",
        "does not hold",
        "in part",
    ]
    assert verdict(high, untestable="why") == "not testable here"
    (tmp_path / "x" / "claim.yaml").write_text("checkz: []")
    with pytest.raises(StylenetError, match=r"is no claim: .*'checkz'"):
        claims.Claim.read(tmp_path / "x" / "claim.yaml")
