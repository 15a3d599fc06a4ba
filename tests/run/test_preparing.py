"""Preparing: every null and auto settled, and said."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from stylenet.errors import StylenetError
from stylenet.run.launch import in_words
from stylenet.run.preparing import prepare
from stylenet.run.resuming import resumed
from stylenet.settings.config_file import CONFIG_FILE
from stylenet.settings.run_record import messages_of


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """No GPU, no W&B settings, and runs below the test's folder."""
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no_netrc"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def command_line(composed):
    """``command_line(*overrides)``: prepared, as if these had been typed."""

    def build(*overrides):
        folders = [one for one in overrides if one.startswith(("resume=", "run.dir="))]
        config = composed(*(one for one in overrides if one not in folders))
        config.merge_with_dotlist(folders)  # of one test: the rest is composed once for all
        return prepare(config, overrides)

    return build


def test_everything_is_settled(command_line):
    config = command_line("style=udnie")
    assert OmegaConf.missing_keys(config) == set()
    text = OmegaConf.to_yaml(config, resolve=False)
    assert "${" not in text
    assert None not in (config.run.dir, config.run.name, config.loss.style_weight)


# precision


@pytest.mark.parametrize(
    ("wish", "settled"), [("32", "32-true"), ("32-true", "32-true"), ("bf16-mixed", "bf16-mixed")]
)
def test_a_precision_asked_for_is_taken(wish, settled, command_line, processor):
    processor(bf16=True)
    config = command_line(f"precision={wish}")
    assert config.precision == config.trainer.precision == settled
    assert not any(words.startswith("precision") for words in config.run.messages)


def test_bf16_on_a_cpu_without_it_is_taken_and_called_slow(command_line):
    config = command_line("precision=bf16-mixed")
    assert config.precision == "bf16-mixed"
    (words,) = [words for words in config.run.messages if words.startswith("precision")]
    assert "slow" in words


def test_a_gpu_that_is_not_there_is_an_error(command_line, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    with pytest.raises(StylenetError, match=r"accelerator=gpu.*no GPU.*trainer=cpu"):
        command_line("trainer=gpu")


@pytest.mark.parametrize(("has", "settled"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_precision_asks_the_cpu_and_says_so(has, settled, command_line, processor):
    processor(bf16=has)
    config = command_line()
    assert config.precision == config.trainer.precision == settled
    (words,) = [words for words in config.run.messages if words.startswith("precision")]
    assert settled in words
    assert "CPU" in words
    assert ("does not" in words) is not has


def test_auto_precision_asks_the_gpu_where_that_is_used(command_line, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert command_line().precision == "bf16-mixed"
    assert command_line("trainer=cpu").precision == "32-true"


def test_an_unknown_precision_is_an_error_with_the_known_ones(command_line):
    with pytest.raises(StylenetError, match=r"precision=16.*auto, 32, 32-true, bf16-mixed"):
        command_line("precision=16")


# length


@pytest.mark.parametrize(
    ("overrides", "steps", "epochs"),
    [
        ([], 300, -1),
        (["trainer.max_steps=7"], 7, -1),
        (["trainer.max_epochs=2"], -1, 2),
        (["trainer.max_epochs=2", "trainer.max_steps=7"], 7, 2),
        (["trainer.max_steps=7", "trainer.max_epochs=2"], 7, 2),
        (["recipe=pytorch_examples", "data.root=x"], -1, 2),
    ],
)
def test_epochs_replace_the_default_steps_and_not_the_given_ones(
    overrides, steps, epochs, command_line
):
    config = command_line(*overrides)
    assert (config.trainer.max_steps, config.trainer.max_epochs) == (steps, epochs)


@pytest.mark.parametrize("none", ["trainer.max_steps=0", "trainer.max_epochs=0"])
def test_a_run_of_no_steps_is_an_error(none, command_line):
    with pytest.raises(StylenetError, match=r"no steps.*1 or more"):
        command_line(none)


def test_a_short_run_keeps_the_intervals_it_may_be_resumed_with(command_line):
    assert command_line("trainer.max_steps=7").trainer.val_check_interval == 100


# paths


def test_paths_become_absolute_and_addresses_stay(command_line):
    config = command_line("data=folder", "data.root=photos", "data.cache=kept")
    assert (config.data.root, config.data.cache) == tuple(
        str(Path(name).absolute()) for name in ("photos", "kept")
    )
    far = command_line("data=litdata", "data.root=s3://bucket/set", "data.chunk_folder=c")
    assert far.data.root == "s3://bucket/set"
    assert far.data.chunk_folder == str(Path("c").absolute())


# style


def test_a_list_of_one_style_is_that_style(command_line):
    assert command_line("style=[udnie]").style == command_line("style=udnie").style == "udnie"


def test_several_styles_are_an_error_that_names_the_sweep(command_line):
    with pytest.raises(StylenetError, match=r"2 styles.*-m style=udnie,wave"):
        command_line("style=[udnie,wave]")


def test_a_style_that_looks_like_a_number_is_a_name(command_line):
    assert command_line("style=7").style == "7"


# what training begins with


@pytest.mark.parametrize(
    ("overrides", "times"),
    [
        (["style=udnie"], 1),  # begins with the base net
        (["style=udnie", "init=null"], 4),
        (["style=udnie", "init=null", "trainer.max_time=00:00:01:00"], 1),  # no known last step
        (["style=udnie", "init=null", "trainer.max_steps=-1"], 1),
        (["style=udnie", "init=null", "trainer.max_epochs=2"], 4),
        (["style=udnie", "norm=batch"], 4),  # which the base net does not fit
        (["style=udnie", "norm=batch", "task.content_start=2"], 2),
        (["style=udnie", "init=null", "loss.terms.content=null"], 1),
        (["task=multistyle", "style=[udnie,wave]"], 4),
        (["task=regions", "init=null"], 1),  # where it does not pay
        (["recipe=pytorch_examples", "data=sample"], 1),  # as published
        (["task=multistyle", "net=johnson_half", "norm=conditional_instance"], 1),
    ],
)
def test_random_weights_begin_with_the_photograph(overrides, times, command_line):
    config = command_line(*overrides)
    assert config.task.content_start == times
    said = any("times the content weight" in words for words in config.run.messages)
    assert said == (times == 4)


def test_regions_begin_with_the_base_net_or_a_bank(command_line):
    assert command_line("task=regions").init == "base"
    assert command_line("task=regions", "bank=six").init is None
    with pytest.raises(StylenetError, match="Got bank=six and init=any, expected one of them"):
        command_line("task=regions", "bank=six", "init=any")


@pytest.mark.parametrize(
    ("init", "nearest"), [("nul", "null"), ("bsae", "base"), ("anny", "any"), ("runs/gone", None)]
)
def test_what_training_cannot_begin_with_is_told_before_the_style_is_looked_for(
    init, nearest, command_line
):
    with pytest.raises(StylenetError) as caught:
        command_line("style=no_such_style", f"init={init}")
    words = str(caught.value)
    assert f"Got init={init}, which is no path that exists and no net that ships." in words
    assert ("Did you mean" in words) == (nearest is not None)
    assert nearest is None or f"Did you mean {nearest}?" in words
    assert "null (random weights), base (" in words


# weights


def weights(config):
    return (config.loss.content_weight, config.loss.style_weight, config.loss.tv_weight)


@pytest.mark.parametrize(
    "overrides", [["style=wave"], ["style=udnie", "loss_network=vgg16"], ["style=photos/me.jpg"]]
)
def test_the_weights_are_the_loss_networks(overrides, command_line):
    config = command_line(*overrides)
    own = config.loss_network.squared
    assert weights(config) == (own.content_weight, own.style_weight, own.tv_weight)
    assert config.loss.terms.style.weight == own.style_weight  # what is built uses them
    assert config.optimizer.lr == config.loss_network.learning_rate


def test_an_image_that_is_optimised_has_weights_of_its_own(command_line):
    config = command_line("task=gatys", "style=udnie", "optimizer=adam")
    own = config.loss_network.optimised
    assert weights(config) == (own.content_weight, own.style_weight, own.tv_weight)
    assert config.optimizer.lr == config.loss_network.learning_rate
    texture = command_line("task=texture", "style=udnie")
    assert texture.loss.style_weight == own.style_weight


@pytest.mark.parametrize("weight", [9.0, 0.0])
def test_a_weight_given_goes_before_the_loss_networks(weight, command_line):
    config = command_line("style=udnie", f"loss.tv_weight={weight}")
    assert config.loss.tv_weight == config.loss.terms.tv.weight == weight
    assert config.loss.style_weight == config.loss_network.squared.style_weight


def test_a_recipes_weights_go_before_the_loss_networks(command_line):
    config = command_line(
        "recipe=johnson2016/udnie_instance", "loss_network=compact_vgg", "data=sample"
    )
    assert weights(config) == (0.5, 10, 2.5569e4)


# W&B


def test_the_wandb_mode_is_settled_and_said_with_the_way_to_sync(command_line):
    config = command_line()
    assert config.logger.wandb.mode == "offline"
    assert config.logger.wandb.id
    (words,) = [words for words in config.run.messages if words.startswith("W&B")]
    assert "no API key" in words
    assert f"wandb sync {shlex.quote(config.run.dir)}/wandb/offline-run-*" in words


def test_each_run_has_a_wandb_id_of_its_own(command_line):
    assert command_line().logger.wandb.id != command_line().logger.wandb.id
    assert command_line("logger.wandb.id=mine").logger.wandb.id == "mine"


def test_a_wrong_wandb_mode_is_an_error(command_line):
    with pytest.raises(StylenetError, match="'onlin'"):
        command_line("logger.wandb.mode=onlin")


def test_without_wandb_nothing_is_said_of_it(command_line):
    config = command_line("logger=csv")
    assert not any(words.startswith("W&B") for words in config.run.messages)


# name and folder


def test_the_run_is_named_by_what_differs(command_line):
    config = command_line("style=udnie", "norm=batch", "paths.runs=elsewhere")
    assert re.fullmatch(r"udnie\+batch-[0-9a-f]{4}", config.run.name)
    assert config.logger.wandb.name == config.run.name
    assert Path(config.run.dir).parent == Path.cwd() / "elsewhere"
    assert config.run.dir.endswith(f"_{config.run.name}")
    assert config.run.overrides == ["style=udnie", "norm=batch", "paths.runs=elsewhere"]


def test_a_name_and_a_folder_given_are_kept(command_line):
    config = command_line("run.name=mine", "run.dir=here")
    here = Path.cwd() / "here"
    assert (config.run.name, config.run.dir) == ("mine", str(here))
    assert config.callbacks.checkpoints.folder == str(here / "checkpoints")


# resume


@pytest.fixture
def run(command_line, tmp_path):
    """The folder of a run that was prepared, saved and has a checkpoint."""
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    recipe = ["recipe=johnson2016", "loss_network=compact_vgg", "data=sample"]
    config = command_line(*recipe, "style=udnie", "trainer.max_steps=50", f"run.dir={folder}")
    OmegaConf.save(config, folder / CONFIG_FILE, resolve=True)
    (folder / "checkpoints" / "last.ckpt").touch()
    return folder


def test_a_resumed_run_is_the_same_run(run, command_line):
    before = OmegaConf.load(run / CONFIG_FILE)
    after = command_line(f"resume={run}")
    assert after.resume == after.run.dir == str(run)
    assert OmegaConf.to_container(after) | {"resume": None} == OmegaConf.to_container(before)


def test_notes_are_kept_once(run, command_line):
    before = OmegaConf.load(run / CONFIG_FILE).run.messages
    assert "W&B" in {words.split()[0] for words in before}
    for _ in range(2):
        config = command_line(f"resume={run}")
        assert config.run.messages == before
        OmegaConf.save(config, run / CONFIG_FILE)


def test_a_run_that_was_moved_is_where_it_is(run, command_line, tmp_path):
    moved = run.rename(tmp_path / "moved")
    config = command_line(f"resume={moved}")
    assert config.run.dir == str(moved)
    assert config.callbacks.best.dirpath == f"{moved}/checkpoints"
    assert config.callbacks.curves.folder == str(moved)


@pytest.mark.parametrize("missing", [CONFIG_FILE, "checkpoints/last.ckpt"])
def test_what_is_missing_is_named(missing, run):
    (run / missing).unlink()
    with pytest.raises(StylenetError, match=f"resume=.*{missing} does not exist.*run directory"):
        resumed(run, [])


def test_no_run_at_all_is_an_error(tmp_path):
    with pytest.raises(StylenetError, match=r"nowhere.*does not exist"):
        resumed(tmp_path / "nowhere", [])


def test_values_given_now_are_taken_and_noted(run, command_line):
    config = command_line(f"resume={run}", "trainer.max_steps=80", "callbacks.pictures.rows=2")
    assert config.trainer.max_steps == 80
    assert config.callbacks.pictures.rows == 2
    assert config.run.overrides[-2:] == ["trainer.max_steps=80", "callbacks.pictures.rows=2"]
    assert "style=udnie" in config.run.overrides


@pytest.mark.parametrize(
    "override",
    [
        "norm=batch",
        "logger=csv",
        "recipe=johnson2016",  # null so far
        "scheduler=step",
        "experiment=x",
        "net/padding=reflect40",
        "+trainer.x=1",
        "~callbacks.pictures",
        "trainer@x=cpu",
        "loss.terms=x",
        "loss.style_weight=9",
        "seed=1",
        "trainer=cpu",
    ],
)
def test_what_a_run_is_made_of_cannot_change(override, run):
    with pytest.raises(StylenetError) as caught:
        resumed(run, [f"resume={run}", override])
    assert f"Got {override} with resume" in str(caught.value)
    assert "new run" in str(caught.value)


@pytest.mark.parametrize(
    ("override", "nearest"),
    [
        ("trainer.max_step=80", "trainer.max_steps"),
        ("trainer.val_check=80", "trainer.val_check_interval"),
    ],
)
def test_a_misspelt_key_is_named_with_the_nearest(override, nearest, run):
    with pytest.raises(OmegaConfBaseException) as caught:
        resumed(run, [override])
    assert f"Did you mean {nearest}?" in in_words(caught.value)


def test_a_mode_given_on_resume_is_checked(run, command_line):
    with pytest.raises(StylenetError, match="'onlin'"):
        command_line(f"resume={run}", "logger.wandb.mode=onlin")


def test_a_run_of_an_older_version_goes_on(run, command_line):
    """Whose file names no runner, and keeps in a line that a swatch stood in for its style."""
    words = "style udnie: no picture found at its source; using the bundled swatch"
    config = OmegaConf.load(run / CONFIG_FILE)
    del config["runner"], config.run["stand_ins"]
    config.update(sketch=None, regions=None, content=None, teacher=None)
    config.run.notes = [*config.run.pop("messages"), words]
    OmegaConf.save(config, run / CONFIG_FILE)
    resumed_now = command_line(f"resume={run}")
    assert resumed_now.runner._target_ == "stylenet.runners.FeedForwardRunner"
    assert resumed_now.run.stand_ins == {"udnie": words}
    assert words in resumed_now.run.messages


def test_a_run_with_classes_that_are_gone_says_so(run):
    config = OmegaConf.load(run / CONFIG_FILE)
    config.norm._target_ = "stylenet.nets.Gone"
    OmegaConf.save(config, run / CONFIG_FILE)
    with pytest.raises(StylenetError, match=r"has no stylenet\.nets\.Gone.*\(older\)"):
        resumed(run, [])


def test_a_swatch_recorded_stays_and_so_does_what_was_said(run, command_line):
    words = "style udnie: no picture found"
    (run / "run.json").write_text(
        json.dumps({"stand_ins": {"udnie": words}, "messages": ["one", words]})
    )
    assert command_line(f"resume={run}").run.stand_ins == {"udnie": words}
    assert messages_of(run, []) == ["one", words]
    (run / "run.json").unlink()
    assert messages_of(run, ["two"]) == ["two"]


def test_an_error_in_the_configuration_does_not_wait_for_lightning() -> None:
    code = "import sys, stylenet.run.preparing; print('pytorch_lightning' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
