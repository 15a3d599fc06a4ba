"""Names of runs: what differs, in characters that no shell, disk or Hydra minds."""

import re

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from stylenet.settings.names import LONGEST, run_dir, run_name

OVERRIDES = [
    [],
    ["style=udnie"],
    ["style=wave"],
    ["style=udnie", "norm=batch"],
    ["norm=instance"],
    ["style=[udnie,wave]"],
    ["loss.style_weight=5.0"],
    ["loss.style_weight=50"],
    ["loss.content_weight=5.0"],
    ["loss.style_weight=1e-5"],
    ["loss.style_weight=-1"],
    ["loss.style_layers=[relu1_2,relu2_2]"],
    ["loss.style_layers=[relu1_2]"],
    ["loss.style_layer_weights=[1,0.5]"],
    ["recipe=johnson2016"],
    ["recipe=johnson2016/udnie_instance"],
    ["net/padding=reflect40"],
    ["+trainer.fast_dev_run=true"],
    ["~scheduler"],
    ["style=photos/me.jpg"],
    ["style=/home/me/My Pictures/you & I.png"],
    ["style='a b'"],
    ["style=café.jpg"],
    ["style=Портрет.jpg"],
    ["style=Пейзаж.jpg"],
    [f"style=x{'y' * 300}"],
    [f"style=x{'y' * 301}"],
    ["norm=batch"] * 50,
]


@pytest.mark.parametrize("overrides", OVERRIDES, ids=str)
def test_a_name_is_a_safe_part_of_a_path(overrides):
    name = run_name(overrides)
    assert re.fullmatch(r"[A-Za-z0-9_.+-]+", name)
    assert 0 < len(name) <= LONGEST
    assert name not in (".", "..")
    assert not name.startswith("-")


@pytest.mark.parametrize("overrides", OVERRIDES, ids=str)
def test_a_folder_of_that_name_can_be_given_as_it_is(overrides):
    """``resume=runs/<name>``: Hydra takes = and , for its own."""
    folder = run_dir(None, "runs", "2026-01-31_12-00-00", run_name(overrides))
    parsed = OverridesParser.create().parse_override(f"resume={folder}")
    assert parsed.value() == folder
    assert not parsed.is_sweep_override()


def test_unequal_overrides_have_unequal_names():
    names = [run_name(overrides) for overrides in OVERRIDES]
    assert len(set(names)) == len(names)


def said(overrides, swept=()):
    """The name without its id."""
    name, _, digest = run_name(overrides, swept).rpartition("-")
    assert re.fullmatch(r"[0-9a-f]{4}", digest)
    return name


def test_a_name_says_what_differs():
    assert said(["style=udnie", "norm=batch"]) == "udnie+batch"
    assert said(["norm=batch", "style=udnie"]) == "batch+udnie"
    assert said(["loss.style_weight=1e5"]) == "style_weight-1e5"
    assert said(["style=[udnie,wave]"]) == "udnie_wave"
    assert said(["net/padding=reflect40", "seed=3", "init=null"]) == "reflect40+seed-3+init-null"
    assert said(["~scheduler"]) == "no_scheduler"


def test_choices_stand_before_dotted_values_else_the_order_is_that_given():
    given = ["loss.style_weight=3", "norm=batch", "data.size=9", "style=udnie"]
    assert said(given) == "batch+udnie+style_weight-3+size-9"
    assert said(given, {"data.size"}) == "size-9+batch+udnie+style_weight-3"


def test_nothing_given_has_a_name():
    assert said([]) == "default"


def test_lengths_are_named_where_they_are_swept_only():
    """A run that is resumed to be longer keeps its name."""
    given = ["style=udnie", "trainer.max_steps=300"]
    assert said(given) == "udnie"
    assert said(given, {"trainer.max_steps"}) == "max_steps-300+udnie"


def test_the_same_again_has_another_id():
    first, again = (run_name(["style=udnie"], start=f"12-00-0{n}") for n in (0, 1))
    assert first != again
    assert first == run_name(["style=udnie"], start="12-00-00")


@pytest.mark.parametrize(
    "override",
    [
        "hydra.job.num=3",
        "paths.runs=/elsewhere",
        "run.project=mine",
        "run.name=x",
        "resume=runs/a",
        "logger=csv",
        "logger.wandb.mode=offline",
        "+logger@logger=csv",
        "callbacks.pictures.rows=2",
        "trainer.max_steps=9",
        "objective=ssim",
        "comparison=judged",
        "data.root=/data/coco",
        "~callbacks.progress",
    ],
)
def test_where_things_lie_and_how_they_are_shown_is_not_named(override):
    assert said([override]) == "default"
    assert said(["style=udnie", override]) == "udnie"


def test_what_only_begins_like_them_is_named():
    assert said(["runner.x=1"]) == "x-1"


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("photos/me.jpg", "me"),
        ("/a/b/me.jpeg", "me"),
        ("./me.png", "me"),
        ("../me.png", "me"),
        ("~/pictures/me.png", "me"),
        ("/data/coco/train2014", "train2014"),
        ("/data/coco/", "coco"),
    ],
)
def test_pictures_and_folders_go_by_their_last_part(value, named):
    assert said([f"style={value}"]) == named


def test_parts_that_make_a_name_too_long_are_left_out_whole():
    layers = f"loss.style_layers=[{','.join(['relu1_2'] * 20)}]"
    one, other = (["style=udnie", layers, f"data.size={n}"] for n in (1, 2))
    assert said(one) == "udnie+size-1"
    assert run_name(one) != run_name([*one, layers])
    assert said(other) == "udnie+size-2"


def test_the_folder_is_new_or_the_one_resumed(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert run_dir(None, "runs", "now", "default") == "runs/now_default"
    assert run_dir(None, "~/runs", "now", "x") == "/home/me/runs/now_x"
    assert run_dir("runs/old", "runs", "now", "x") == "runs/old"
