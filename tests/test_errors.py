"""Errors in words: where they are from, and what others' errors come to."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylenet.errors import StylenetError, about, reason_of


def test_a_file_of_more_than_tensors_is_not_recommended_for_trust(tmp_path: Path) -> None:
    file = tmp_path / "x.ckpt"
    torch.save({"x": pytest.approx}, file)
    with pytest.raises(Exception, match="weights_only") as caught:
        torch.load(file, weights_only=True)
    assert reason_of(caught.value) == "it holds more than tensors and plain data"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError(13), "KeyError: 13"),
        (EOFError(), "EOFError"),
        (ValueError("it is short\nvery"), "it is short"),
        (RuntimeError("corrupted. This is an internal miniz error."), "corrupted"),
        ("13", "13"),
    ],
)
def test_a_reader_s_reason(error: object, reason: str) -> None:
    assert reason_of(error) == reason


@pytest.mark.parametrize(
    ("problem", "added"),
    [
        ("There is no layer x.", " (This is about loss.terms.tv.)"),
        ("Got loss.layers=x.", ""),
        ("Got data.seed=x.", ""),
        ("The loss.seed is x.", ""),
        ("Got x=1.", " (This is about loss.terms.tv.)"),
    ],
)
def test_words_that_name_no_setting_are_given_one(problem: str, added: str) -> None:
    with pytest.raises(StylenetError) as caught, about("loss"), about("loss.terms.tv"):
        raise StylenetError(problem, "Do y.")
    assert str(caught.value) == f"{problem} Do y.{added}"
