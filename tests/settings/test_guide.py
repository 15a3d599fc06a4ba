"""--help and docs/configuration.md say a word about every key, and are up to date."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from stylenet import compose
from stylenet.settings.guide import ROOTS, read_guide
from stylenet.settings.help import COMMANDS, help_text, markdown

ROOT = Path(__file__).parents[2]
CONF = ROOT / "conf"


@pytest.mark.parametrize("program", ROOTS)
def test_every_key_has_a_comment(program: str) -> None:
    """Its own, or that of what holds it."""
    assert read_guide(CONF, program).undocumented() == []


@pytest.mark.parametrize("program", ROOTS)
def test_every_key_of_the_configuration_is_in_the_help(
    program: str, composed: Callable[..., DictConfig]
) -> None:
    words = help_text(read_guide(CONF, program), program)
    root = composed(config_name=program)
    filled_in = {"run", "runner", "publication"}  # by the program itself, or by recipes
    guide = read_guide(CONF, program)
    for key in map(str, root):
        chosen = key in {group.partition("/")[0] for group in guide.chosen}
        assert chosen or key in filled_in or f"\n  {key}" in words, key
    for group in ("data", "trainer", "callbacks", "logger") if program == "train" else ():
        for key in map(str, root[group]):
            assert key.startswith("_") or f"\n  {group}.{key}" in words, f"{group}.{key}"


def test_values_are_those_that_the_default_choices_have() -> None:
    keys = read_guide(CONF, "train").keys
    assert keys["trainer.max_steps"].default == "300"
    assert keys["style_size.px"].default == "512"
    assert keys["net.width"].default == "0.5"


def test_a_key_that_two_tasks_read_differently_is_explained_for_each() -> None:
    sections = read_guide(CONF, "train").sections()
    comments = {
        section: key.comment
        for section, keys in sections.items()
        for key in keys
        if key.name == "init"
    }
    assert "what training begins with" in comments["task=feedforward"]
    assert "another run of this task" in comments["task=any_style"]


def test_a_key_without_a_word_is_found(tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text(
        "# A header.\nmute: 1\ntold: 2  # so\nheld:  # both\n  a: 1\n"
    )
    assert read_guide(tmp_path, "train").undocumented() == ["mute"]


@pytest.mark.parametrize("program", ROOTS)
def test_ten_commands_and_all_of_them_compose(program: str) -> None:
    assert len(COMMANDS[program]) == 10
    for words, _ in COMMANDS[program]:
        arguments = [one for one in shlex.split(words.replace("<run>", "run")) if one != "-m"]
        # the first of a sweep
        compose(*(re.sub(r"=([^,\[{]+),.*", r"=\1", one) for one in arguments), name=program)


def test_the_page_is_up_to_date() -> None:
    """Otherwise: python -m stylenet.settings."""
    guides = [read_guide(CONF, program) for program in ROOTS]
    assert (ROOT / "docs" / "configuration.md").read_text() == markdown(guides)
