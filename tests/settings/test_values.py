"""Values of the wrong kind are refused by their keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.run.preparing import prepare
from stylenet.settings.values import check_target, check_values


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("optimizer.px={}", r"Got optimizer\.px=\{\}, expected int"),
        ("loss.terms.style.layers=inf", r"Got loss\.terms\.style\.layers=inf, expected .*Sequence"),
        ("loss.style_layers=inf", r"Got loss\.style_layers=inf, expected .*Sequence"),
        ("loss_network.style_layers=-1", r"Got loss_network\.style_layers=-1, expected .*Sequence"),
        ("loss_network.padding=0", r"Got loss_network\.padding=0, expected .*Callable"),
        ("data.drop_last='a b'", r"Got data\.drop_last=a b, expected bool"),
        ("data.epoch_size=true", r"Got data\.epoch_size=True, expected int"),
        ("net.width=[1]", r"Got net\.width=\[1\], expected float"),
        ("loss.style_distance.weights.gram=''", r"weights=.*'gram': ''.*expected .*Mapping"),
        ("net.width=x", r"Got net\.width=x, expected float"),
        ("loss.terms.tv.variation=[1,2]", r"Got loss\.terms\.tv\.variation=\[1, 2\], .*Callable"),
        ("loss.terms.tv.variation={a: 1}", r"Got loss\.terms\.tv\.variation=.*Callable"),
        ("callbacks.best.dirpath=[]", r"Got callbacks\.best\.dirpath=\[\], expected .*Path"),
        ("callbacks.best.dirpath=true", r"Got callbacks\.best\.dirpath=True, expected .*Path"),
        ("callbacks.best.dirpath=5", r"Got callbacks\.best\.dirpath=5, expected .*Path"),
        ("callbacks.curves.folder={a: 1}", r"Got callbacks\.curves\.folder=.*, expected .*Path"),
        ("net.padding.mode=[reflect]", r"Got net\.padding\.mode=.*, expected .*Literal"),
        ("net.padding.mode=x", r"Got net\.padding\.mode=x, expected .*Literal"),
        ("loss.terms.tv.variation=x", r"Got loss\.terms\.tv\.variation=x, expected .*Callable"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(
    composed: Callable[..., DictConfig], given: str, words: str
) -> None:
    gatys = given.startswith("optimizer")
    settled = ["loss=perceptual", "task.content_start=1"]
    task = ["task=gatys", "data=iterations"] if gatys else settled
    with pytest.raises(StylenetError, match=words):
        check_values(composed(*task, "run.dir=runs/x", given))


def test_a_word_that_is_none_of_a_list(composed: Callable[..., DictConfig]) -> None:
    config = composed("task=gatys", "data=iterations", "optimizer=lbfgs", "run.dir=runs/x")
    config.optimizer.line_search_fn = "wolfe"
    with pytest.raises(StylenetError, match=r"line_search_fn=wolfe, expected .*strong_wolfe"):
        check_values(config.optimizer)
    config.precision = config.trainer.precision = "auto"  # one that is filled in later
    config.optimizer.line_search_fn = None
    check_values(config, settled=False)


@pytest.mark.parametrize(
    ("task", "given", "words"),
    [
        ("pyramid", "pyramid.steps=x", r"Got pyramid\.steps=x, expected int"),
        ("pyramid", "pyramid.levels=[2]", r"Got pyramid\.levels=\[2\], expected int"),
        ("gatys_video", "clip.past=2", r"Got clip\.past=2, expected .*Sequence\[int\]"),
        ("texture", "checkpoint_px=x", r"Got checkpoint_px=x, expected int"),
        ("gatys", "trainer.max_time=[1]", r"Got trainer\.max_time=\[1\], expected .*timedelta"),
        ("gatys", "trainer.max_steps=x", r"Got trainer\.max_steps=x, expected int"),
        ("gatys", "callbacks.curves=''", r"Got callbacks\.curves=, expected what its _target_"),
        ("gatys", "loss.terms.tv=1", r"Got loss\.terms\.tv=1, expected what its _target_"),
        ("gatys", "loss.terms=x", r"Got loss\.terms=x, expected Mapping"),
        ("gatys", "loss_network.network=x", r"Got loss_network\.network=x, expected what its"),
        ("pyramid", "pyramid=1", r"Got pyramid=1, expected .*Mapping"),
        ("pyramid", "pyramid.term=x", r"Got pyramid\.term=x, expected what its _target_"),
        ("gatys_video", "clip=1", r"Got clip=1, expected .*Mapping"),
        ("distill", "teacher.network=1", r"Got teacher\.network=1, expected what its _target_"),
        ("distill", "student.net=x", r"Got student\.net=x, expected what its _target_"),
        ("distill", "teacher.pairs=1", r"Got teacher\.pairs=1, expected .*Mapping"),
        ("any_style", "reader.network=1", r"Got reader\.network=1, expected what its _target_"),
        (
            "gatys",
            "loss_network.content_layers=1",
            r"Got loss_network\.content_layers=1, .*Sequence",
        ),
    ],
)
def test_values_are_looked_at_before_a_task_computes_with_them(
    composed: Callable[..., DictConfig], task: str, given: str, words: str
) -> None:
    data = "folder" if task in ("distill", "any_style") else "iterations"
    config = composed(f"task={task}", f"data={data}", given)
    with pytest.raises(StylenetError, match=words):
        prepare(config)


def test_null_may_stand_for_what_is_filled_in_later(composed: Callable[..., DictConfig]) -> None:
    config = composed("net.width=null")
    check_values(config, settled=False)
    with pytest.raises(StylenetError, match=r"Got net\.width=None, expected float"):
        check_values(config)


def test_plain_values_in_place_of_what_is_to_be_built(composed: Callable[..., DictConfig]) -> None:
    config = composed("scheduler={a: 1}")
    with pytest.raises(StylenetError, match=r"Got scheduler=\{'a': 1\}, expected what"):
        check_target(config.scheduler)
    check_target(config.optimizer)
    check_target(config.recipe)  # null
