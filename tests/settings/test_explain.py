"""Hydra's errors in words: siblings, the nearest match, and never the advice to add a key."""

import errno
from pathlib import Path

import pytest
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationKeyError, MissingMandatoryValue

from stylenet.errors import StylenetError
from stylenet.run.launch import in_words
from stylenet.settings.explain import check_choices, explain


@pytest.fixture
def words(composed, monkeypatch):
    """``words(override)``: what the user reads when the command line is this override."""

    def read(*overrides):
        monkeypatch.setattr("sys.argv", ["train.py", *overrides])
        with pytest.raises((HydraException, ValueError, TypeError)) as caught:
            composed(*overrides)
        text = in_words(caught.value)
        assert text.startswith("Error: ")
        assert "\n" not in text
        assert "  " not in text
        assert "use +" not in text
        assert not any(f"+{override}" in text for override in overrides)
        return text

    return read


@pytest.mark.parametrize(
    ("override", "wrong", "nearest", "siblings"),
    [
        ("norm=instnce", "norm=instnce", "norm=instance", ["batch", "instance"]),
        ("recipe=johnson2061", "recipe=johnson2061", "recipe=johnson2016", ["ulyanov2017"]),
        ("net/padding=reflct", "net/padding=reflct", "net/padding=reflect", ["reflect40"]),
        ("nrm=instance", "nrm", "norm", ["net", "loss_network", "trainer"]),
        ("sed=1", "sed", "seed", ["style", "precision"]),
        ("loss.styl_weight=1", "loss.styl_weight", "loss.style_weight", ["tv_weight"]),
        ("trainer.max_step=3", "trainer.max_step", "trainer.max_steps", ["max_epochs"]),
        ("paths.run=x", "paths.run", "paths.runs", ["cache", "styles"]),
    ],
)
def test_what_is_misspelt_is_named_with_its_siblings(override, wrong, nearest, siblings, words):
    text = words(override)
    assert f"there is no key {wrong}." in text or f"there is no {wrong}." in text
    assert f"Did you mean {nearest}?" in text
    listed = text.partition("There are: ")[2].rstrip(".").split(", ")
    assert set(siblings) <= set(listed)


def test_the_choice_of_another_group_is_named_rather_than_what_is_spelt_alike(words):
    assert "there is no task=stylebank. Did you mean net=stylebank?" in words("task=stylebank")
    assert "there is no net=instance. Did you mean norm=instance?" in words("net=instance")


def test_what_is_like_nothing_has_siblings_and_no_match(words):
    text = words("norm=xyzzy")
    assert "Did you mean" not in text
    names = "batch, conditional_instance, instance, predicted_instance"
    assert text.endswith(f"There are: {names}.")


def test_what_a_group_s_files_have_in_common_is_no_choice(words):
    listed = words("data=xyzzy").partition("There are: ")[2]
    assert listed.split(", ")[:3] == ["coco", "folder", "folders"]
    files = Path(__file__).parents[2].glob("conf/data/*.yaml")
    assert listed == ", ".join(sorted(f.stem for f in files if f.stem[0] != "_")) + "."


def test_a_variant_of_a_recipe_is_named_whole(words):
    text = words("recipe=johnson2016/udnie")
    assert "there is no recipe=johnson2016/udnie." in text
    assert "conf/recipe/johnson2016/" in text


def test_a_choice_that_is_misspelt_in_a_file_is_named(composed):
    with pytest.raises(HydraException) as caught:
        composed("norm=batc")
    text = explain(caught.value, ["experiment=x"])  # the command line does not name it
    assert "there is no norm=batc. Did you mean norm=batch?" in text


def test_a_value_of_the_wrong_type(words):
    text = words("seed=abc")
    assert "'abc'" in text
    assert "Integer" in text
    assert "(command line: seed=abc)" in text


def test_a_key_without_a_default_is_asked_for():
    config = OmegaConf.create({"model": "???"})
    with pytest.raises(MissingMandatoryValue) as caught:
        _ = config.model
    assert in_words(caught.value).startswith("Error: Got no model, which has no default. Add model")


def test_a_bad_syntax_shows_the_command_line(words):
    assert "(command line: norm=batch style=[a)" in words("norm=batch", "style=[a")


def test_a_group_that_is_not_in_the_defaults(words):
    assert "recipe/johnson2016" in words("recipe/johnson2016=udnie_instance")


def test_null_for_a_group_that_needs_a_choice(words):
    assert "logger=null" in words("logger=null")


@pytest.mark.parametrize("override", ["tune=[null]", "experiment=[1,2]", "net=null", "norm=nan"])
def test_what_is_no_word_among_the_choices_of_a_group(override, words):
    """Hydra's own code fails there, or names no group."""
    group = override.partition("=")[0]
    assert f"Got {override}, expected choices of {group}. There are: " in words("seed=1", override)


@pytest.mark.parametrize("key", ["comparison.network.weights", "net.width", "paths.cache"])
def test_a_value_that_refers_to_nothing_is_named(key, composed, monkeypatch):
    given = f"{key}='${{nowhere}}'"
    monkeypatch.setattr("sys.argv", ["train.py", "seed=1", given])
    with pytest.raises(InterpolationKeyError) as caught:
        OmegaConf.resolve(composed("seed=1", given))
    assert f"Got {given}, but there is no key nowhere" in in_words(caught.value)


def test_a_choice_that_refers_to_nothing_is_named(words):
    given = "net='${nowhere}'"
    assert f"Got {given}, but there is no key nowhere" in words("seed=1", given)


def test_hydra_s_stumbles_over_nothing_that_is_known(monkeypatch):
    monkeypatch.setattr("sys.argv", ["train.py", "seed=1"])
    stumble = compile("raise TypeError('x')", "hydra", "exec")
    with pytest.raises(TypeError) as caught:
        exec(stumble, {"__name__": "hydra.core"})
    assert "Look for a group that is given a null" in in_words(caught.value)


def test_our_own_errors_keep_their_words_however_deep():
    outer = HydraException("Error in call to target")
    outer.__cause__ = RuntimeError("between")
    outer.__cause__.__context__ = StylenetError("Got a, expected b.", "Do c.")
    assert in_words(outer) == "Error: Got a, expected b. Do c."


def test_a_full_disk_says_how_to_go_on():
    text = in_words(OSError(errno.ENOSPC, "No space left on device"))
    assert "disk is full" in text
    assert "same command again" in text


def test_a_bug_of_ours_keeps_its_traceback():
    assert in_words(KeyError("x")) is None
    assert in_words(ValueError("x")) is None
    assert in_words(OSError(errno.ENOENT, "x")) is None


def test_a_choice_given_with_a_dot_is_refused(composed):
    composed()
    with pytest.raises(StylenetError, match=r"net\.padding=reflect.*slash: net/padding=reflect\."):
        check_choices(["norm=batch", "net.padding=reflect"])


@pytest.mark.parametrize(
    "override",
    ["net/padding=reflect", "net.width=0.5", "norm=batch", "loss.style_weight=3", "seed=1"],
)
def test_plain_values_and_choices_pass(override, composed):
    composed()
    check_choices([override])


def test_a_working_directory_that_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError) as caught:
        Path.cwd()
    assert "does not exist any more" in str(in_words(caught.value))
