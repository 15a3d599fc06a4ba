"""What people type as paths reaches the program as they meant it."""

from __future__ import annotations

import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from stylenet.settings.arguments import corrected, parses, quoted

PATHS = [
    "été (1).png",
    "日本.png",
    "a=b.png",
    "~/pics",
    "x(1).png",
    "it's.png",
    "a&b;#.png",
    "a\\'(b\\",
]


def value_of(argument: str) -> object:
    override = OverridesParser.create().parse_override(argument)
    return override.value()


@pytest.mark.parametrize("path", PATHS)
def test_a_plain_value_that_does_not_parse_is_the_text_itself(path: str) -> None:
    assert not parses(f"content={path}")
    (argument,) = quoted([f"content={path}"])
    assert value_of(argument) == path
    assert quoted([argument]) == [argument]


def test_what_parses_is_left_alone_and_so_are_lists_and_options() -> None:
    arguments = [
        *("-m", "--cfg", "job", "style=udnie", "content=a b.png", "style=a,b", "~logger", "seed=1"),
        *("style=[été.png,b]", "region_styles={red: été}", "style=été.png,b", "content='é'", "é(1"),
    ]
    assert quoted(arguments) == arguments


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("style=[été (1).png,b]", ["été (1).png", "b"]),
        ("style=[~/a.png, b]", ["~/a.png", "b"]),
        ("content=[x].png", "[x].png"),
    ],
)
def test_a_list_that_does_not_parse_is_printed_as_it_should_be(
    argument: str, value: object
) -> None:
    line = corrected(argument)
    assert line is not None
    (word,) = shlex.split(line)
    assert value_of(word) == value


def test_where_there_is_no_way_none_is_invented() -> None:
    assert corrected("(((") is None
