"""What the typed root of the configuration brings along."""

from __future__ import annotations

import pytest

from stylenet.config import as_list


@pytest.mark.parametrize(
    ("value", "texts"), [(None, []), ("a", ["a"]), (7, ["7"]), (["a", 7], ["a", "7"])]
)
def test_one_and_several_are_lists(value: object, texts: list[str]) -> None:
    assert as_list(value) == texts
