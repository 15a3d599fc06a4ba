"""The benchmarks, small: what they compare is the same thing, and their tables come out."""

from __future__ import annotations

import contextlib
import csv
import functools
import importlib
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

import stylenet
from stylenet.app import child_runs
from stylenet.app import site as app_site
from stylenet.errors import StylenetError

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = [
    pytest.mark.usefixtures("drawn_once"),
    # Lightning's advice to whoever sets up a Trainer by hand
    pytest.mark.filterwarnings("ignore:.*LeafSpec"),
    pytest.mark.filterwarnings("ignore:.*in eval mode at the start of training"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
]


class EnoughError(Exception):
    """Ends a contender that would go on for ever."""


class Notes:
    """Stands for `Turns`, in this process; keeps what is handed in."""

    def __init__(self, rounds: int) -> None:
        self.left = rounds
        self.found: list[tuple[float, Any]] = []

    def begin(self) -> None:
        if self.left == 0:
            raise EnoughError
        self.left -= 1

    def end(self, more: Any = None, idle: float = 0.0) -> None:
        self.found.append((1.0 + idle, more))


def one_after_the_other(contenders: Mapping[str, Any], rounds: int) -> dict[str, Any]:
    """`race` without processes, and without compilation, which takes a minute."""
    found = {}
    for name, (function, arguments) in contenders.items():
        notes = Notes(rounds)
        if "compiled" in arguments:
            arguments = arguments | {"compiled": False}
        with contextlib.suppress(EnoughError):
            function(notes, **arguments)
        found[name] = notes.found
    return found


@pytest.fixture
def benchmark_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[str], ModuleType]]:
    monkeypatch.chdir(tmp_path)  # where contenders work
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        module = importlib.import_module(name)
        if "train_step" in sys.modules:  # workers that nobody reads are waited for, five seconds
            alone = functools.partial(stylenet.compose, "data.num_workers=0")
            monkeypatch.setattr(sys.modules["train_step"], "compose", alone)
        if hasattr(module, "race"):
            monkeypatch.setattr(module, "race", one_after_the_other)
        return module

    yield load
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


def read(file: Path) -> list[dict[str, str]]:
    with file.open() as lines:
        return list(csv.DictReader(lines))


def test_our_step_and_the_examples_compute_the_same_losses(benchmark_of, tmp_path):
    """Five steps in float32 from the same weights on the same pictures: the same loss after them.

    That is the whole of the plain loop against all of ours: net, padding, upsampling, loss
    network, terms, weights, optimiser, order of the pictures.
    """
    train_step = benchmark_of("train_step")
    shared = {"width": 0.125, "steps": 5, "size": 32}
    found = one_after_the_other(
        {
            "examples": (train_step.examples, shared),
            "ours": (train_step.ours, shared | {"compiled": False, "precision": "32"}),
        },
        1,
    )
    (plain,), (ours,) = (found[name][0][1]["losses"] for name in ("examples", "ours"))
    # Adam's first steps are as long for a gradient of mere rounding as for any other
    assert ours == pytest.approx(plain, rel=1e-2)
    work = {name: turns[0][1]["work"] for name, turns in found.items()}
    assert 0.5 * work["examples"] < work["ours"] < 0.9 * work["examples"]


def test_train_step_writes_its_table(benchmark_of, tmp_path, monkeypatch, capsys):
    train_step = benchmark_of("train_step")
    monkeypatch.setattr(train_step.ceilings, "SHAPES", ((8, 16),))
    monkeypatch.setattr(train_step, "BATCH", 1)
    monkeypatch.setattr(train_step, "WIDTHS", {"full": 0.125})
    out = tmp_path / "train_step.csv"
    arguments = ["train_step.py", "--steps", "5", "--size", "32", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    train_step.main()
    rows = read(out)
    assert [row["contender"] for row in rows] == [
        *("examples, full", "control, full", "ours, full, eager", "ours, full, compiled")
    ]
    assert rows[0]["against_examples"] == "+0.00%"
    assert all(float(row["peak_mib"]) > 100 for row in rows)
    assert "ceiling" in capsys.readouterr().out


def test_our_evaluations_and_the_tutorials_descend_alike(benchmark_of):
    """Ten steps of Adam in float32 from the same picture: the same loss."""
    gatys = benchmark_of("gatys")
    shared = {"size": 32, "optimizer": "adam_pixels"}
    found = one_after_the_other(
        {"tutorial": (gatys.tutorial, shared), "ours": (gatys.ours, shared | {"precision": "32"})},
        2,
    )
    plain, ours = (found[name][1][1]["loss"] for name in ("tutorial", "ours"))
    assert ours == pytest.approx(plain, rel=1e-3)


def test_gatys_writes_its_table(benchmark_of, tmp_path, monkeypatch):
    gatys = benchmark_of("gatys")
    out = tmp_path / "gatys.csv"
    arguments = ["gatys.py", "--sizes", "32", "--evaluations", "10", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    gatys.main()
    rows = read(out)
    assert {row["optimizer"] for row in rows} == {"lbfgs_fixed", "adam_pixels"}
    assert all(int(row["evaluations"]) >= 10 for row in rows)
    assert rows[0]["of_tutorial"] == "1.00"


def test_loss_networks_writes_its_table(benchmark_of, tmp_path, monkeypatch):
    loss_networks = benchmark_of("loss_networks")
    out = tmp_path / "loss_networks.csv"
    arguments = ["loss_networks.py", "--steps", "5", "--size", "32", "--out", str(out)]
    arguments += ["--networks", "squeezenet1_0", "compact_vgg"]
    monkeypatch.setattr(loss_networks, "WIDTH", 0.125)
    monkeypatch.setattr(sys, "argv", arguments)
    loss_networks.main()
    rows = read(out)
    assert [row["loss_network"] for row in rows] == ["squeezenet1_0"] * 2 + ["compact_vgg"] * 2
    assert rows[0]["times_squeezenet1_0"] == "1.00"
    assert all(float(row["pictures_per_second"]) > 0 for row in rows)


def test_loading_says_how_long_the_step_waited(benchmark_of, script, tmp_path, monkeypatch):
    loading = benchmark_of("loading")

    def here(command, **_):
        assert script(*command[1:]) == 0

    monkeypatch.setattr(loading, "subprocess", SimpleNamespace(run=here, DEVNULL=None))
    out = tmp_path / "loading.csv"
    arguments = ["loading.py", "--steps", "10", "--pictures", "12", "--networks", "compact_vgg"]
    small = ["data.size=48", "data.val_size=48", "style_size.px=32", "net.width=0.125"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--out", str(out), *small])
    loading.main()
    rows = read(out)
    assert [row["run"] for row in rows] == ["compact_vgg, files", "compact_vgg, cache"]
    for row in rows:
        assert 0 <= float(row["waiting_share"]) <= 1
        assert float(row["loader_pictures_per_second"]) > 0 < float(row["pictures_per_second"])

    splits = ["--sources", "cache", "--workers", "0", "--rounds", "2"]
    monkeypatch.setattr(sys, "argv", [*arguments, *splits, "--out", str(out), *small])
    loading.main()
    (row,) = read(out)
    assert row["run"] == "compact_vgg, cache, 0 processes"
    assert float(row["pictures_per_second"]) > 0


def test_inference_writes_its_table(benchmark_of, tmp_path, monkeypatch):
    inference = benchmark_of("inference")
    out = tmp_path / "inference.csv"
    arguments = ["inference.py", "--sizes", "32", "--rounds", "2", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    inference.main()
    rows = read(out)
    assert len(rows) == 6
    assert all(float(row["milliseconds"]) > 0 for row in rows)


def test_backends_write_their_table(benchmark_of, tmp_path, monkeypatch):
    backends = benchmark_of("backends")
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path))
    out = tmp_path / "backends.csv"
    arguments = ["backends.py", "--sizes", "32", "--rounds", "2", "--without", "quarter"]
    arguments += ["--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    backends.main()
    rows = {row["contender"]: float(row["milliseconds"]) for row in read(out)}
    assert rows.keys() >= {"examples, float32", "udnie, eager, float32", "any, openvino, float32"}
    assert all(value >= 0 for value in rows.values())


def test_each_convolution_is_rounded_by_itself(benchmark_of, tmp_path, monkeypatch):
    layers = benchmark_of("bf16_layers")
    out = tmp_path / "layers.csv"
    monkeypatch.setattr(sys, "argv", ["bf16_layers.py", "--px", "48", "--out", str(out)])
    exact = torch.nn.functional.conv2d
    layers.main()
    assert torch.nn.functional.conv2d is exact
    rows = read(out)
    assert rows[0]["kernel"] == "16 x 3 x 9 x 9"
    assert [row["convolution"] for row in rows] == [str(number) for number in range(len(rows))]
    assert all(float(row["alone_largest"]) > 0 for row in rows)
    assert rows[-1]["alone_largest"] == rows[-1]["and_later_largest"]


def test_a_clip_is_timed_beside_its_net_and_memory_stays_flat(benchmark_of, tmp_path, monkeypatch):
    pytest.importorskip("cv2", reason="the extra video is not installed")
    video = benchmark_of("video")
    out = tmp_path / "video.csv"
    arguments = ["--px", "64", "--frames", "200", "--rounds", "1", "--widths", "0.0625"]
    arguments += ["--backend", "eager", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["video.py", *arguments])
    video.main()
    rows = {row["what"]: row for row in read(out)}
    assert list(rows) == ["net alone", "frame by frame", "blended"]
    assert all(float(row["processor_ms_a_frame"]) > 0 for row in rows.values())
    first, last = (float(rows["blended"][f"MiB_{when}_tenth"]) for when in ("first", "last"))
    assert last < first + 6  # MiB: those between would take 8


def test_the_stages_of_a_clip_are_timed(benchmark_of, tmp_path, monkeypatch):
    pytest.importorskip("cv2", reason="the extra video is not installed")
    stages = benchmark_of("video_stages")
    out = tmp_path / "stages.csv"
    arguments = ["video_stages.py", "--px", "64", "--frames", "4", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    stages.main()
    rows = {row["stage"]: row for row in read(out)}
    assert {"decode", "to RGB", "flow", "blending", "from RGB"} <= rows.keys()
    sizes = [int(r["bytes_a_frame"]) for name, r in rows.items() if name.startswith("x264")]
    assert len(sizes) == 4
    assert sizes[-1] == max(sizes)  # the fastest preset has the largest file


def test_ways_to_compute_a_layer_agree_and_are_timed(benchmark_of, tmp_path, monkeypatch):
    layers = benchmark_of("layers")
    for make in layers.GROUPS.values():
        x, ways = make(16)
        results = [way(x)[..., :8, :8] for way in ways.values()]
        for other in results[1:]:
            if other.shape == results[0].shape:
                torch.testing.assert_close(other, results[0], rtol=1e-4, atol=1e-4)
    out = tmp_path / "layers.csv"
    arguments = ["layers.py", "--size", "16", "--rounds", "1", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    layers.main()
    assert {row["layer"] for row in read(out)} == set(layers.GROUPS)


def test_train_cost_writes_its_table_and_plot(benchmark_of, tmp_path, monkeypatch):
    train_cost = benchmark_of("train_cost")
    points = {axis: [{"size": 32, "batch": 1, "width": 0.125}] for axis in train_cost.AXES}
    monkeypatch.setattr(train_cost, "AXES", points)
    monkeypatch.setattr(train_cost, "measured", train_cost.measure)
    out = tmp_path / "train_cost.csv"
    monkeypatch.setattr(sys, "argv", ["train_cost.py", "--out", str(out)])
    train_cost.main()
    assert [row["axis"] for row in read(out)] == ["size", "batch", "width"]
    assert all(float(row["peak_gib"]) > 0 for row in read(out))
    assert out.with_suffix(".png").is_file()


def test_a_race_gives_each_contender_its_turns_in_a_process_of_its_own(benchmark_of):
    inference = benchmark_of("inference")
    side_by_side = importlib.import_module("side_by_side")
    contenders = {"net": (inference.examples, {"width": 0.125, "size": 16})}
    (turns,) = side_by_side.race(contenders, 3).values()
    assert len(turns) == 3
    for seconds, fastest in turns:
        assert 0 < inference.REPEATS * fastest < 1.05 * seconds
    late = [seconds for seconds, _ in turns[1:]]
    assert min(late) <= side_by_side.median(turns) <= max(late)


def test_gatys_memory_writes_its_table(benchmark_of, tmp_path, monkeypatch):
    gatys_memory = benchmark_of("gatys_memory")
    monkeypatch.setattr(gatys_memory, "measured", gatys_memory.measure)
    small = [*gatys_memory.NETWORKS["compact_vgg"], "style_size.px=32"]
    monkeypatch.setattr(gatys_memory, "NETWORKS", {"compact_vgg": small})
    out = tmp_path / "gatys_memory.csv"
    own = ["--sizes", "32", "40", "--checkpoint-px", "36", "--steps", "1", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["gatys_memory.py", *own])
    gatys_memory.main()
    rows = read(out)
    assert [row["features"] for row in rows] == ["kept"] * 2 + ["computed twice"] * 2
    assert [row["precision"] for row in rows] == ["bf16-mixed", "32"] * 2
    assert {row["optimiser"] for row in rows} == {"LBFGS"}
    for row in rows:
        assert float(row["peak_gib"]) > 0
        assert float(row["seconds_an_evaluation"]) > 0


def test_styles_writes_its_tables_and_plot(benchmark_of, tmp_path, monkeypatch):
    styles = benchmark_of("styles")
    own = ["--width", "0.125", "--size", "32", "--rounds", "1", "--counts", "1", "3"]
    monkeypatch.setattr(styles, "STEPS", 3)
    small = functools.partial(stylenet.compose, "loss_network=compact_vgg", "data.num_workers=0")
    monkeypatch.setattr(styles, "compose", small)
    monkeypatch.setattr(sys, "argv", ["styles.py", *own, "--out", str(tmp_path)])
    styles.main()
    passes = read(tmp_path / "styles_pass.csv")
    assert [row["how"] for row in passes] == ["loop", "one pass"] * 2
    assert all(float(row["largest_difference"]) < 1e-4 for row in passes)
    costs = read(tmp_path / "styles_cost.csv")
    assert [(row["net"], row["styles"]) for row in costs] == [
        (net, count) for net in ("stylebank", "conditional") for count in ("1", "3")
    ]
    for few, many in (costs[:2], costs[2:]):
        assert few["against_fewest"] == "+0.0%"
        assert float(many["parameters_mib"]) > float(few["parameters_mib"])
    assert (tmp_path / "styles_cost.png").is_file()


def test_retrieval_finds_what_was_drawn_and_writes_its_table(
    benchmark_of, tmp_path, monkeypatch, slowness
):
    retrieval = benchmark_of("retrieval")
    out = tmp_path / "retrieval.csv"
    own = ["--pictures", "12", "--queries", "12", "--folder", str(tmp_path), "--out", str(out)]
    for indexed in ("12", "0"):
        monkeypatch.setattr(sys, "argv", ["retrieval.py", *own])
        retrieval.main()
        (row,) = read(out)
        assert (row["pictures"], row["indexed_now"]) == ("12", indexed)
        assert float(row["cpu_seconds_to_answer"]) < 2 * slowness()
        assert int(row["found_among_6"]) >= 8
        assert float(row["median_place"]) <= 3


def test_startup_writes_its_table_and_help_takes_a_quarter_of_the_imports(
    benchmark_of, tmp_path, monkeypatch
):
    startup = benchmark_of("startup")
    out, commands = tmp_path / "startup.csv", ["train.py --help", "train.py norm=instanc"]
    own = ["--rounds", "1", "--commands", *commands, "--out", str(out)]
    # bytecode is in place, for this process imported it all: what the first round took will do
    seconds = startup.seconds
    once = functools.cache(lambda words, *more: seconds(list(words), *more))
    monkeypatch.setattr(startup, "seconds", lambda words, *more: once(tuple(words), *more))
    monkeypatch.setattr(sys, "argv", ["startup.py", *own])
    startup.main()
    imports, *rows = read(out)
    assert (imports["command"], imports["times_imports"]) == (startup.IMPORTS, "1.00")
    assert [row["command"] for row in rows] == commands
    for row in rows:
        assert 0 < float(row["times_imports"]) <= 0.25


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Gradio, to itself
def test_metrics_are_timed_beside_painting_and_loss(benchmark_of, tmp_path, monkeypatch, capsys):
    metrics = benchmark_of("metrics")
    monkeypatch.setattr(metrics.torch, "set_num_threads", lambda count: None)
    out = tmp_path / "metrics.csv"
    arguments = ["metrics.py", "--size", "64", "--batch", "1", "--rounds", "1", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    metrics.main()
    rows = {row["what"]: row for row in read(out)}
    judged = "is not timed" not in capsys.readouterr().out
    expected = ["paint, loss", "comparison=fixed", *(["comparison=judged"] if judged else [])]
    assert list(rows) == expected
    assert rows["paint, loss"]["of_paint_and_loss"] == "1.00"
    assert all(float(row["of_paint_and_loss"]) > 0 for row in rows.values())


def test_page_writes_its_table(benchmark_of, tmp_path, monkeypatch):
    for package in ("gradio", "playwright.sync_api"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        pytest.skip("there is no chromium on this machine")
    page = benchmark_of("page")
    controls = ("strength", "strokes", "weight_second")
    # none begins at the first: nothing would change
    monkeypatch.setattr(page, "CONTROLS", dict.fromkeys(controls, (0.75, 0.5)))
    out = tmp_path / "page.csv"
    arguments = ["page.py", "--size", "64", "--rounds", "2", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    with ThreadPoolExecutor(1) as thread:  # the browser of other tests may run in this one
        thread.submit(page.main).result()
    rows = {row["control"]: row for row in read(out)}
    assert list(rows) == list(controls)
    assert all(float(r["slowest_ms"]) >= float(r["median_ms"]) > 0 for r in rows.values())

    # a training of five steps that would go on for a minute
    Image.new("RGB", (64, 64), "red").save(tmp_path / "step.png")
    script = tmp_path / "train"
    script.write_text(
        "#!/bin/sh\n"
        'for word; do case "$word" in run.dir=*) run="${word#run.dir=}";; esac; done\n'
        f'mkdir -p "$run/snapshots"; cp {tmp_path}/step.png "$run/snapshots/step_000005.png"\n'
        "exec sleep 60\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(child_runs, "sys", SimpleNamespace(executable=str(script)))
    monkeypatch.setattr(
        sys, "argv", ["page.py", "--size", "64", "--rounds", "1", "--out", str(out), "--stop"]
    )
    with ThreadPoolExecutor(1) as thread:
        thread.submit(page.main).result()
    rows = {row["from"]: row for row in read(tmp_path / "page_stop.csv")}
    assert list(rows) == ["start to first steps", "stop to download"]
    assert 0 < float(rows["stop to download"]["median_s"]) < 60


def test_static_page_writes_its_table(benchmark_of, tmp_path, monkeypatch):
    for package in ("onnx", "onnxruntime", "playwright.sync_api"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        pytest.skip("there is no chromium on this machine")
    page = benchmark_of("static_page")
    try:
        app_site._runtime(app_site.RUNTIME)
    except StylenetError as error:
        pytest.skip(str(error))
    out = tmp_path / "site.csv"
    monkeypatch.setattr(
        sys, "argv", ["static_page.py", "--size", "64", "--rounds", "1", "--out", str(out)]
    )
    with ThreadPoolExecutor(1) as thread:  # the browser of other tests may run in this one
        thread.submit(page.main).result()
    rows = {row["painter"]: float(row["median_ms"]) for row in read(out)}
    assert {"browser, 1 thread", "torch, threads: 1"} <= set(rows)
    assert all(milliseconds >= 0 for milliseconds in rows.values())
