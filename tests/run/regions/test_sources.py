"""Settings of sources of region maps: what follows from them, what nothing reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omegaconf import DictConfig

from stylenet.errors import StylenetError
from stylenet.run.preparing import prepare


def test_a_layout_alone_starts_from_noise_unless_a_start_of_its_own_is_given(
    composed: Callable[..., DictConfig],
) -> None:
    layout = ["task=gatys", "content=null", "style=udnie", "regions=maps", "regions.content=a.png"]
    for start, expected in (("content", "WhiteNoise"), ("style", "FromStyle")):
        config = prepare(composed("logger=none", *layout, f"start={start}"))
        assert config.start._target_ == f"stylenet.tasks.{expected}"
        assert "content" not in config.loss.terms


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["data=coco", "data.root=x", "data.regions=[[person]]"], "nothing reads these maps"),
        (["maps=random"], "task=regions"),
        (["task=distill", "loss/laplacian=on"], "task=distill"),
        (["sketch=a.png"], "colours no drawing"),
        (["task=sketch", "sketch=a.png", "reference=b.png", "style=wave"], "reference=<picture>"),
        (["task=sketch", "sketch=a.png", "reference=b.png", "regions=clusters"], "in the lines"),
    ],
)
def test_what_nothing_reads_is_refused(
    composed: Callable[..., DictConfig], overrides: list[str], words: str
) -> None:
    with pytest.raises(StylenetError, match=words):
        prepare(composed("logger=none", *overrides))
