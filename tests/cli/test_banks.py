"""``stylenet bank``, on nets that ship."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

Command = Callable[..., SimpleNamespace]


def test_a_net_of_one_style_has_no_list(stylenet: Command) -> None:
    done = stylenet("bank", "list", "udnie")
    assert done.status == 2
    assert "paints in one, or in any. Name a net of several styles" in done.said


def test_the_remedy_for_a_folder_that_is_taken_is_one_the_command_knows(stylenet: Command) -> None:
    assert stylenet("bank", "remove", "six", "wave", "five").status == 0
    again = stylenet("bank", "remove", "six", "wave", "five")
    assert again.status == 2
    assert "There is a net in five already. Choose another folder." in again.said
    assert "-o" not in again.said
