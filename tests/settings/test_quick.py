"""What is read and written quicker is what OmegaConf reads and writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra._internal import defaults_list
from omegaconf import OmegaConf, _utils

from stylenet.settings import quick
from stylenet.settings.folder import conf_folder

FILES = sorted(conf_folder().rglob("*.yaml"))
HOSTILE = """
a: [1, 1e-3, .inf, 0x1f, 0o17, 1_000, 2024-01-31, 12:30, yes, "no", ~, null, '', " x "]
b: {c: "${oc.env:HOME}", d: 'é 🎨 \u2028', e: "line\\nline\\ttab"}
f: !!python/object/apply:pathlib.Path [x]
g: >
  folded
  text
h: &anchor {i: "%", j: "- k: l", m: "#"}
n: *anchor
"""


def both(read: Any) -> tuple[Any, Any]:
    return read(quick._own_loader()), read(quick._Loader)


@pytest.mark.parametrize("file", [*FILES, None], ids=lambda file: getattr(file, "stem", "hostile"))
def test_files_are_read_and_written_alike(file: Path | None) -> None:
    text = HOSTILE if file is None else file.read_text()
    own, ours = both(lambda loader: yaml.load(text, Loader=loader))
    assert repr(ours) == repr(own)
    styles: dict[str, Any] = {"default_flow_style": False, "sort_keys": False}
    written = yaml.dump(own, Dumper=quick._dumper(), allow_unicode=True, **styles)
    if file is not None:
        assert written == yaml.dump(own, Dumper=quick._own_dumper(), allow_unicode=True, **styles)
    assert repr(yaml.load(written, Loader=quick._own_loader())) == repr(own)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\na: 3\n", "a: [1, 2\nb: 3\n", "a: 'b\n", "a:\n\t- b\n", "a: *b\n", "\x01"]
)
def test_errors_are_those_of_omegaconf(text: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    words = []
    for loader in (quick._own_loader(), quick._Loader):
        with file.open() as stream, pytest.raises(yaml.YAMLError) as error:
            yaml.load(stream, Loader=loader)
        words.append(str(error.value))
    assert words[0] == words[1]
    assert str(file) in words[0]


def test_a_composition_is_the_same(composed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    overrides = ["style=udnie", "recipe=johnson2016", "task=multistyle", "style=[udnie,wave]"]
    ours = composed(*overrides)
    monkeypatch.setattr(_utils, "get_yaml_loader", quick._own_loader)
    monkeypatch.setattr(defaults_list, "_create_interpolation_map", quick._own_map)
    monkeypatch.setattr(sys.modules["stylenet.run.launch"], "quicken", lambda: None)
    own = composed(*overrides)
    assert OmegaConf.to_yaml(own) == OmegaConf.to_yaml(ours)
