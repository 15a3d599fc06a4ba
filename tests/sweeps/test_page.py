"""``stylenet compare``: what the page says of runs is what they left; it asks for nothing else."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stylenet.cli import main

Script = Callable[..., int]


def data_of(page: str) -> dict[str, Any]:
    """What the page was filled with."""
    (text,) = re.findall(r"const data = (.*);\n", page)
    data: dict[str, Any] = json.loads(text)
    return data


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """``command("compare", ...) -> exit status``."""

    def run(*words: object) -> int:
        monkeypatch.setattr("sys.argv", ["stylenet", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0)

    return run


def test_two_runs_on_a_page(
    script: Script, tiny: list[str], tmp_path: Path, command: Callable[..., int]
) -> None:
    quick = ["logger=none", "trainer.max_steps=2", "loss.style_layers=[relu1_2]", "compile=false"]
    for name, own in {"a": "norm=instance", "b": "norm=batch"}.items():
        assert script("train.py", *tiny, *quick, own, f"run.dir={tmp_path / 'r' / name}") == 0
    assert command("compare", tmp_path / "r" / "a", tmp_path / "r" / "b", "-o", "both.html") == 0
    page = Path("both.html").read_text()
    own = re.sub(r"data:image/[^\"]*", "", page).replace("http://www.w3.org/2000/svg", "")
    assert not [word for word in ("http:", "https:", "src=", "@import", "url(") if word in own]
    data = data_of(page)
    assert [run["name"] for run in data["runs"]] == ["a", "b"]
    assert [run["differs"] for run in data["runs"]] == [{"norm": "instance"}, {"norm": "batch"}]
    for run in data["runs"]:
        folder = tmp_path / "r" / run["name"]
        final = json.loads((folder / "model.json").read_text())["losses"]["final"]
        figures = dict(zip(data["figures"], run["figures"], strict=True))
        assert figures["loss/total"] == final["val/loss/total"]
        steps = [step for step, _ in run["curves"]["train/loss/total"]]
        assert steps == [1, 2]
        assert run["curves"]["val/loss/total"][-1] == [2, final["val/loss/total"]]
        assert run["state"] == "finished"
    assert [row["title"] for row in data["images"]] == ["chelsea", "astronaut", "coffee"]
    for row in data["images"]:
        assert set(row["cells"]) == {"content", "0", "1"}
        sizes = set()
        for address in row["cells"].values():
            content = base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))
            sizes.add(Image.open(io.BytesIO(content)).size)
        assert len(sizes) == 1


def test_what_is_no_run_is_said(
    tmp_path: Path, command: Callable[..., int], capfd: pytest.CaptureFixture[str]
) -> None:
    assert command("compare", tmp_path / "nowhere", tmp_path) == 2
    assert "no such folder" in capfd.readouterr().err
    assert command("compare", tmp_path) == 2
    said = capfd.readouterr().err
    assert "There is no job of a sweep" in said
    assert "Name directories of runs" in said
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "config.yaml").write_text("run: {overrides: []}\n")
    assert command("compare", tmp_path / "one", "-o", tmp_path / "page.html") == 2
    assert "Got 1 run, expected two or more" in capfd.readouterr().err
    assert not (tmp_path / "page.html").exists()
