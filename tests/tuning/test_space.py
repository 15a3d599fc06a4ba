"""What a search may vary."""

from __future__ import annotations

import pytest
from omegaconf import OmegaConf
from optuna.trial import FixedTrial

from stylenet.errors import StylenetError
from stylenet.tuning.space import Parameter, as_text, check_space, defaults, read_space

SPACE = {
    "loss": {
        "style_weight": {"min": 0.5, "max": 8.0, "log": True},
        "content_layers": {"choices": [["relu2_2"], ["relu3_2", "relu4_2"]]},
    },
    "norm": {"choices": ["instance", None]},
}


def test_keys_are_those_of_the_run() -> None:
    weight, layers, norm = read_space(OmegaConf.create(SPACE))
    assert weight == Parameter("loss.style_weight", (), 0.5, 8.0, True)
    assert layers == Parameter("loss.content_layers", ("[relu2_2]", "[relu3_2,relu4_2]"))
    assert norm.choices == ("instance", "null")


def test_values_are_overrides() -> None:
    weight, layers, _ = read_space(SPACE)
    trial = FixedTrial(
        {"loss.style_weight": 1.23456789, "loss.content_layers": "[relu3_2,relu4_2]"}
    )
    assert weight.suggest(trial) == "1.235"
    assert layers.suggest(trial) == "[relu3_2,relu4_2]"


def test_the_defaults_are_a_trial_if_they_are_in_the_space() -> None:
    run = OmegaConf.create({"loss": {"style_weight": 2, "content_layers": ["relu2_2"]}})
    space = read_space({"loss": SPACE["loss"]})
    assert defaults(space, run) == {"loss.style_weight": 2.0, "loss.content_layers": "[relu2_2]"}
    run.loss.style_weight = 9
    assert defaults(space, run) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (0.5, "0.5"), (["a", ["b"]], "[a,[b]]"), ("x", "x")],
)
def test_a_value_is_written_as_hydra_reads_it(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"a": 3},
        {"a": {"choices": []}},
        {"a": {"choices": 3}},
        {"a": {"min": 2, "max": 1}},
        {"a": {"min": 0, "max": 1, "log": True}},
        {"a": {"min": 1}},
        {"a": {"min": "much", "max": 1}},
        {"a": {"min": 1, "max": 2, "step": 1}},
    ],
)
def test_what_is_no_range_and_no_choice_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(StylenetError, match=r"Got tune\.space\.a=.*\+tune\.space\.a="):
        read_space(wrong)


def test_a_space_of_nothing_is_refused() -> None:
    with pytest.raises(StylenetError, match="without a key"):
        read_space({"loss": {}})


def test_a_key_that_the_run_has_not_is_refused() -> None:
    run = OmegaConf.create({"loss": {"style_weight": 2.0}})
    with pytest.raises(StylenetError, match=r"no loss\.stile_weight.*Did you mean style_weight"):
        check_space(read_space({"loss": {"stile_weight": {"choices": [1]}}}), run)
    with pytest.raises(StylenetError, match=r"no los\.style_weight"):
        check_space(read_space({"los": {"style_weight": {"choices": [1]}}}), run)
