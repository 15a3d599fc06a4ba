"""Names of runs: what differs, in characters that no shell, disk or Hydra minds."""

import re

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from stylenet.run.settings.names import LONGEST, run_dir, run_name

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


def test_a_name_says_what_differs():
    assert run_name(["style=udnie", "norm=batch"]) == "style-udnie+norm-batch"
    assert run_name(["norm=batch", "style=udnie"]) == "norm-batch+style-udnie"
    assert run_name(["loss.style_weight=1e5"]) == "style_weight-1e5"
    assert run_name(["style=[udnie,wave]"]) == "style-udnie_wave"
    assert run_name(["net/padding=reflect40"]) == "net_padding-reflect40"


def test_choices_stand_before_dotted_values_else_the_order_is_that_given():
    given = ["loss.style_weight=3", "norm=batch", "trainer.max_steps=9", "style=udnie"]
    assert run_name(given) == "norm-batch+style-udnie+style_weight-3+max_steps-9"


def test_nothing_given_has_a_name():
    assert run_name([]) == "default"


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
        "~callbacks.progress",
    ],
)
def test_where_things_lie_and_how_they_are_shown_is_not_named(override):
    assert run_name([override]) == "default"
    assert run_name(["style=udnie", override]) == "style-udnie"


def test_what_only_begins_like_them_is_named():
    assert run_name(["runner.x=1"]) == "x-1"


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
    assert run_name([f"style={value}"]) == f"style-{named}"


def test_long_names_that_differ_at_the_end_differ():
    long = [f"loss.style_layers=[{','.join(['relu1_2'] * 20)}]"]
    one, other = run_name([*long, "data.size=1"]), run_name([*long, "data.size=2"])
    assert len(one) == len(other) == LONGEST
    assert one != other
    assert one.startswith("style_layers-relu1_2_relu1_2")


def test_the_folder_is_new_or_the_one_resumed(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert run_dir(None, "runs", "now", "default") == "runs/now_default"
    assert run_dir(None, "~/runs", "now", "x") == "/home/me/runs/now_x"
    assert run_dir("runs/old", "runs", "now", "x") == "runs/old"
