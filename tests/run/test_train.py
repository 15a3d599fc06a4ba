"""The real train.py on a few small photographs: what a run directory holds, sweeps, refusals."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml
from omegaconf import OmegaConf
from PIL import Image

from stylenet.apply import load_model
from stylenet.errors import StylenetError
from stylenet.files import claimed
from stylenet.metrics import figure_names
from stylenet.tasks import FeedForward

Script = Callable[..., int]


def only(folder: Path) -> Path:
    (found,) = (one for one in folder.iterdir() if not one.is_symlink())  # runs/latest
    return found


@pytest.fixture
def drawn_curves() -> bool:
    """Runs draw their curves here."""
    return True


def test_a_run_directory_holds_all_that_was_promised(
    script: Script, tiny: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["trainer.max_steps=3", "trainer.val_check_interval=2", "precision=32"]
    assert script("train.py", *tiny, *arguments, "logger=[csv,tensorboard,wandb]") == 0
    run = only(tmp_path / "runs")
    for name in ("config.yaml", "run.json", "style.png", "losses.csv", "curves.png", "model.json"):
        assert (run / name).stat().st_size > 0
    assert {p.name for p in (run / "pictures").iterdir()} == {"step_000002.png", "step_000003.png"}
    assert {p.name for p in (run / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert list(run.glob("csv/*/metrics.csv"))
    assert list(run.glob("tensorboard/*/events*"))
    assert list(run.glob("wandb/offline-run-*/*.wandb"))

    with Image.open(run / "pictures" / "step_000003.png") as grid:
        assert grid.width > 3 * 48

    model = load_model(run)
    assert model.description["style"]["name"] == "07"
    assert model.description["training"]["steps"] == 3
    assert model.description["losses"]["final"]["val/loss/total"] > 0
    assert model.net(torch.rand(1, 3, 21, 34)).shape == (1, 3, 21, 34)

    facts = json.loads((run / "run.json").read_text())
    assert facts["steps"] == 3
    assert facts["wall_seconds"] > 0
    assert "torch" in facts["versions"]
    config = yaml.safe_load((run / "config.yaml").read_text())
    assert "trainer.max_steps=3" in config["run"]["overrides"]
    assert config["loss"]["style_weight"] == config["loss_network"]["squared"]["style_weight"]

    said = capfd.readouterr().out
    assert "wandb sync" in said
    (line,) = [line for line in said.splitlines() if line.startswith("run ")]
    assert line == f"run {run}"
    for file in ("pictures/step_000003.png", "curves.png", "model.safetensors"):
        assert f"  {file}\n" in said
    assert (tmp_path / "runs" / "latest").resolve() == run


@pytest.fixture
def done(trained: Callable[..., Path], tiny: list[str], tmp_path: Path) -> Path:
    """A run of one step."""
    return trained(tmp_path / "run", *tiny, "trainer.max_steps=1", "logger=none")


def test_checkpoints_hold_plain_data_and_no_loss_network(done: Path) -> None:
    for name in ("best", "last"):
        file = done / "checkpoints" / f"{name}.ckpt"
        checkpoint: dict[str, Any] = torch.load(file, weights_only=True)
        assert {key.partition(".")[0] for key in checkpoint["state_dict"]} == {"net"}
        assert checkpoint["config"]["norm"]["_target_"] == "stylenet.nets.InstanceNorm"
        assert type(checkpoint["config"]) is dict


def test_a_run_through_a_cache_keeps_it_for_the_next(
    script: Script, tiny: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cached = [*tiny, "data.cache=kept", "trainer.max_steps=2", "logger=csv"]
    for seed in (0, 1):
        assert script("train.py", *cached, f"seed={seed}") == 0
        said = capsys.readouterr().out
        assert ("Caching 7 pictures (shorter side 96) in" in said) == (seed == 0)
    assert len((tmp_path / "kept" / "index.jsonl").read_text().splitlines()) == 8
    (file, _) = (tmp_path / "runs").rglob("metrics.csv")
    names = file.read_text().splitlines()[0].split(",")
    assert {"train/waiting_share", "train/loader_pictures_per_second"} <= set(names)


def test_a_run_is_seen_whole_in_weights_and_biases(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    wandb_history: Callable[[Path], list[dict[str, Any]]],
    wandb_file: ModuleType,
) -> None:
    arguments = ["trainer.max_steps=4", "trainer.val_check_interval=2", "norm=batch"]
    arguments += ["--loss.style_weight=3", "logger.wandb.entity=me", "logger.wandb.notes=why"]
    arguments += ["+logger.wandb.tags=[paper]"]
    assert script("train.py", *tiny, *arguments) == 0
    run = only(tmp_path / "runs")
    (file,) = run.glob("wandb/offline-run-*/*.wandb")
    rows = wandb_history(file)
    keys = set().union(*rows)
    for term in ("content", "style", "tv", "total", "style/relu2_1", "content/relu4_1"):
        assert f"train/loss/{term}" in keys
        assert f"val/loss/{term}" in keys
    assert {"train/learning_rate", "train/pictures_per_second"} <= keys
    assert any(key.startswith("val/pictures") for key in keys)
    steps = [row["trainer/global_step"] for row in rows if "train/loss/total" in row]
    assert steps == [1, 2, 3, 4]
    assert [row["trainer/global_step"] for row in rows if "val/loss/total" in row] == [2, 4]
    assert list(file.parent.glob("files/media/images/val/pictures*.png"))

    (begun,) = [r.run for r in wandb_file.records(file) if r.HasField("run")]
    assert (begun.entity, begun.notes, begun.job_type) == ("me", "why", "feedforward")
    assert list(begun.tags) == [
        *("feedforward", "johnson_half", "batch", "07", "vgg16_bundled", "paper"),
    ]
    name = begun.display_name
    assert re.fullmatch(r"folder\+07\+batch\+.*-[0-9a-f]{4}", name), name

    settings = wandb_file.config(file)
    expected = {"task": "feedforward", "net": "johnson_half", "norm": "batch", "style": "07"}
    expected |= {"loss_network": "vgg16_bundled", "net/padding": "reflect", "seed": 0}
    assert expected.items() <= settings.items()
    assert settings["loss.style_weight"] == settings["settings"]["loss"]["style_weight"] == 3

    summary = wandb_file.summary(file)
    written = json.loads((run / "metrics.json").read_text())
    assert written["objective"] == "val/metric/balanced"
    assert written["to_minimise"] == written["val/metric/balanced"] > 0
    for key, value in written.items():
        assert summary[key] == (pytest.approx(value) if isinstance(value, float) else value), key
    assert written["seconds"] > 0
    assert written["pictures_per_second"] > 0
    figures = {f"val/metric/{name}" for name in figure_names({"content", "style"}, judged=False)}
    assert figures | {"val/metric/style/relu2_2"} <= set(written)
    assert figures <= keys
    assert load_model(run).description["metrics"]["val/metric/ssim"] == written["val/metric/ssim"]

    table = json.loads(next(file.parent.glob("files/media/table/val/table*.json")).read_text())
    assert table["columns"] == ["photograph", "content", "stylised"]
    assert [row[0] for row in table["data"]] == [1]  # held out
    by_kind = {artifact.type: artifact for artifact in wandb_file.artifacts(file)}
    shown = by_kind["run_table"].manifest.contents  # where W&B looks for the table's images
    assert sum(entry.path.endswith(".png") for entry in shown) == 2
    net = by_kind["model"]
    for entry in (*shown, *net.manifest.contents):
        assert Path(entry.local_path).is_relative_to(run)  # for wandb sync
    assert net.name == name.replace("+", "_")
    assert json.loads(net.metadata)["style"]["name"] == "07"
    assert {entry.path for entry in net.manifest.contents} == {"model.safetensors", "model.json"}


def test_a_sweep_names_its_runs_and_groups_them(
    script: Script, tiny: list[str], tmp_path: Path
) -> None:
    arguments = ["norm=instance,batch", "trainer.max_steps=1", "logger=csv"]
    assert script("train.py", "-m", *tiny, *arguments) == 0
    sweep = only(tmp_path / "runs")
    runs = sorted(p for p in sweep.iterdir() if p.is_dir())
    assert len(runs) == 2
    assert runs[0].name.startswith("0_instance+")
    assert runs[1].name.startswith("1_batch+")
    assert (tmp_path / "runs" / "latest").resolve() == runs[1]
    configs = [yaml.safe_load((run / "config.yaml").read_text()) for run in runs]
    assert [c["run"]["group"] for c in configs] == [sweep.name] * 2
    assert configs[0]["run"]["name"] != configs[1]["run"]["name"]
    assert configs[1]["norm"]["_target_"] == "torch.nn.BatchNorm2d"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["style=udny"], ["udnie", "STYLENET_STYLES"]),
        (["norm=instnce"], ["instance", "batch", "Did you mean"]),
        (["loss.styl_weight=3"], ["loss.style_weight", "Did you mean"]),
        (["net.padding=reflect"], ["net/padding=reflect"]),
        (["loss.style_layers=[relu9_9]"], ["relu9_9", "relu4_1"]),
        (["loss.style_layers=[relu1_2,relu2_2]", "loss.style_layer_weights=[1]"], ["equal length"]),
        (["loss.content_layers=[]"], ["at least one layer"]),
        (["precision=16"], ["bf16-mixed"]),
        (["trainer.max_steps=0"], ["trainer.max_steps"]),
        (["net/padding=reflect40", "data.size=40"], ["net/padding=reflect", "43"]),
        (["loss_network=vgg16_caffe"], ["imagenet-vgg-verydeep-16.mat", "not comparable"]),
        (["data=folder", "data.root=/nowhere"], ["/nowhere"]),
        (["resume=/nowhere"], ["/nowhere", "run directory"]),
        (["logger=null"], ["logger"]),
        (["trainer.log_every_n_steps=null"], ["trainer.log_every_n_steps=None", "1 or more"]),
        (["trainer.val_check_interval=0.5"], ["trainer.val_check_interval=0.5", "1 or more"]),
        (["callbacks.checkpoints.last_every=0"], ["checkpoints.last_every=0", "1 or more"]),
        (["callbacks.progress.every_n_steps=0"], ["progress.every_n_steps=0", "1 or more"]),
        (["trainer.max_steps=null"], ["trainer.max_steps=None", "whole number"]),
        (["loss.content_layers=[1,2]"], ["no layer '1'", "(This is about loss.terms.content.)"]),
        (["comparison.style.layers=[x]"], ["no layer 'x'", "(This is about comparison.style.)"]),
        (
            ["comparison.content.layer_weights={a: 1}"],
            ["expected one for relu3_2, too", "(This is about comparison.content.)"],
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_refusals_are_said_in_words(
    script: Script,
    tiny: list[str],
    arguments: list[str],
    words: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("STYLENET_CACHE", str(tmp_path / "cache"))
    assert script("train.py", *tiny, "trainer.max_steps=1", "logger=none", *arguments) == 2
    said = " ".join(capfd.readouterr().err.split())
    assert "Traceback" not in said
    assert "use +" not in said
    for word in words:
        assert word in said
    begun = any((tmp_path / "runs").glob("*/*"))
    assert begun == ("data.size=40" in arguments)  # which the first step shows


def test_epochs_replace_the_default_number_of_steps(
    script: Script, tiny: list[str], tmp_path: Path
) -> None:
    assert script("train.py", *tiny, "trainer.max_epochs=2", "logger=none") == 0
    run = only(tmp_path / "runs")
    assert load_model(run).description["training"]["steps"] == 2 * 3  # 6 pictures, batches of 2


def test_a_loss_that_is_not_finite_stops_the_run_with_its_name(
    script: Script, tiny: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["trainer.max_steps=5", "logger=none", "loss.tv_weight=inf"]
    assert script("train.py", *tiny, *arguments) == 2
    said = capfd.readouterr().err
    assert "tv = inf" in said or "tv = nan" in said
    assert "step 0" in said
    assert "optimizer.lr" in said


def test_compiled_and_eager_training_agree(script: Script, tiny: list[str], tmp_path: Path) -> None:
    arguments = ["trainer.max_steps=2", "logger=none", "precision=32", "net.blocks=1"]
    arguments += ["callbacks=none", "comparison=none"]
    # not Adam, whose first steps are as long for a gradient of mere rounding as for any other
    arguments += ["optimizer=sgd", "optimizer.lr=1e-3"]
    # each layer more is seconds of a C++ compiler
    arguments += ["loss.style_layers=[relu1_2]", "loss.content_layers=[relu1_2]"]
    arguments += ["loss.style_scales=[1]"]
    finals = []
    for compiled in ("false", "true"):
        folder = tmp_path / compiled
        own = [f"compile={compiled}", f"run.dir={folder}"]
        assert script("train.py", *tiny, *arguments, *own) == 0
        finals.append(load_model(folder).description["losses"]["final"]["val/loss/total"])
    assert finals[0] == pytest.approx(finals[1], rel=1e-2)


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize(
    "departure",
    [
        ["loss_network=vgg16", "loss_network/weights=random"],
        ["loss_network/weights=random"],
        ["loss_network/weights=random", "loss_network/pooling=average"],
    ],
    ids="+".join,
)
def test_a_recipe_without_its_loss_network_is_said_to_be_not_comparable(
    script: Script, tiny: list[str], tmp_path: Path, departure: list[str]
) -> None:
    run = tmp_path / "run"
    recipe = ["recipe=johnson2016", "trainer.max_steps=1", "logger=none", f"run.dir={run}"]
    assert script("train.py", *tiny, *recipe, *departure) == 0
    notes = load_model(run).description["training"]["notes"]
    (words,) = [words for words in notes if "not comparable with johnson2016" in words]
    assert "vgg16_caffe" in words
    config = OmegaConf.load(run / "config.yaml")
    assert (config.init, config.task.content_start) == (None, 1)  # as published


def test_a_run_is_not_written_over(
    script: Script, tiny: list[str], done: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = (done / "model.safetensors").read_bytes()
    arguments = [*tiny, "trainer.max_steps=1", "logger=none", f"run.dir={done}"]
    assert script("train.py", *arguments, "seed=1") == 2
    assert "holds a run already" in capfd.readouterr().err
    assert (done / "model.safetensors").read_bytes() == before


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The words after a disk that was full, too, are to give the same command again."""
    run = tmp_path / "run"
    arguments = [*tiny, "trainer.max_steps=2", "logger=none", f"run.dir={run}"]

    def killed(*_: object) -> None:
        raise SystemError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(FeedForward, "training_step", killed)
        with pytest.raises(SystemError, match="killed"):
            script("train.py", *arguments)
    assert (run / "config.yaml").is_file()
    assert script("train.py", *arguments) == 0
    assert "it begins anew" in capfd.readouterr().out
    assert (run / "model.safetensors").is_file()


@pytest.mark.parametrize("how", ["new", "resumed"])
def test_two_processes_do_not_train_in_one_directory(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    how: str,
    request: pytest.FixtureRequest,
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    arguments = [*tiny, "trainer.max_steps=1", "logger=none", f"run.dir={run}"]
    if how == "resumed":
        arguments = [f"resume={request.getfixturevalue('done')}", "trainer.max_steps=2"]
    with claimed(run / ".claim", StylenetError("It is free.", "")):
        before = sorted(run.iterdir())
        assert script("train.py", *arguments) == 2
        assert "is in use: another process is training there. Wait" in capfd.readouterr().err
        assert sorted(run.iterdir()) == before
    assert script("train.py", *arguments) == 0
    assert not (run / ".claim").exists()


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ([], "Use less than data.batch_size=2 or data.size=48, a narrower net"),
        (
            ["task=gatys", "data=iterations", "content_size.px=40"],
            "smaller than content_size.px=40",
        ),
    ],
    ids=["net", "gatys"],
)
def test_memory_that_runs_out_is_said_with_what_takes_it(
    script: Script,
    tiny: list[str],
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    task: list[str],
    words: str,
) -> None:
    def greedy(*_: Any) -> None:
        torch.empty(2**50, dtype=torch.uint8)

    monkeypatch.setattr("stylenet.tasks.FeedForward.training_step", greedy)
    monkeypatch.setattr("stylenet.tasks.Gatys.training_step", greedy)
    kept = tiny if not task else [tiny[-1], "trainer.accelerator=cpu"]
    if task:
        kept.append(f"content={photos / '01.jpg'}")
    assert script("train.py", *kept, *task, "trainer.max_steps=2", "logger=none") == 2
    said = capfd.readouterr().err
    assert "Error: Memory ran out in training (1.05e+06 GiB more could not be obtained)." in said
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("last_every", "words", "not_words"),
    [(10, "run the same command again.", "resume"), (1, "resume=", "same command")],
    ids=["before the first checkpoint", "after it"],
)
def test_a_full_disk_offers_a_resume_where_one_can_work(
    script: Script,
    tiny: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    last_every: int,
    words: str,
    not_words: str,
) -> None:
    step = FeedForward.training_step

    def full(task: FeedForward, *batch: Any) -> Any:
        if task.global_step == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return step(task, *batch)

    monkeypatch.setattr(FeedForward, "training_step", full)
    run = tmp_path / "run"
    arguments = ["logger=none", f"run.dir={run}", f"callbacks.checkpoints.last_every={last_every}"]
    assert script("train.py", *tiny, "trainer.max_steps=3", *arguments) == 2
    message = capfd.readouterr().err.partition("Error: The disk is full")[2]
    assert "Free some space, and" in message
    assert words in message
    assert not_words not in message


def test_a_refused_run_leaves_no_folder(script: Script, tiny: list[str], tmp_path: Path) -> None:
    assert script("train.py", *tiny, "style=udny", f"paths.cache={tmp_path / 'cache'}") == 2
    assert script("train.py", f"resume={tmp_path / 'typo'}") == 2
    assert not (tmp_path / "typo").exists()
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_best_checkpoint_knows_the_last_step(
    losses: Callable[[Path], dict[tuple[int, str], float]],
    script: Script,
    tiny: list[str],
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    arguments = ["trainer.max_steps=5", "trainer.val_check_interval=2", f"run.dir={run}"]
    assert script("train.py", *tiny, *arguments, "logger=none") == 0
    totals = {step: v for (step, name), v in losses(run).items() if name == "val/metric/balanced"}
    assert set(totals) == {2, 4, 5}
    best = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)
    assert best["global_step"] == min(totals, key=totals.__getitem__)


def test_a_folder_that_cannot_be_made_is_said(
    script: Script, tiny: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    run = f"run.dir={tmp_path / 'file' / 'run'}"
    assert script("train.py", *tiny, "trainer.max_steps=1", "logger=none", run) == 2
    assert "Choose another" in capfd.readouterr().err


def test_a_setting_that_is_first_used_at_a_validation_is_refused_in_words(
    script: Script, tiny: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    arguments = ["trainer.max_steps=1", "logger=none", f"run.dir={run}"]
    assert script("train.py", *tiny, *arguments, "callbacks.best.monitor=val/metric/nothing") == 2
    said = capfd.readouterr().err
    assert "Error: Lightning refuses a setting" in said
    assert "monitor='val/metric/nothing'" in said
    assert f"resume={run}" in said
    assert "Traceback" not in said
    mended = ["callbacks.best.monitor=val/loss/total", "trainer.max_steps=2"]
    assert script("train.py", f"resume={run}", *mended) == 0
