"""experiments/laplacian: what its script makes of runs that are there, here made up."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from stylenet.images import read_image, write_image

SCRIPT = Path(__file__).parents[1] / "experiments" / "laplacian" / "edges.py"
# name of the run -> style loss, share of noise in the picture
RUNS = {
    "none_1": (3.0, 0.05),
    "none_3": (1.0, 0.1),
    "none_10": (0.1, 0.3),
    "none_30": (0.01, 0.5),
    "none_100": (0.001, 0.7),
    "pool_4_300_30": (10**-1.5, 0.0),
    "pools_4_and_16_100_30": (0.01, 0.5),
    "pool_1_1e3_30": (5.0, 0.2),
}


def test_edges_are_compared_at_equal_style_loss(
    script: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = torch.rand(3, 12, 16, generator=torch.Generator().manual_seed(0))
    content = torch.nn.functional.interpolate(content[None], scale_factor=4, mode="bilinear")[0]
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(1))
    for name, (style, share) in RUNS.items():
        run = tmp_path / "a_b" / name
        run.mkdir(parents=True)
        write_image(run / "content.png", content)
        write_image(run / "result.png", content.lerp(noise, share))
        losses = {"style": style * float(name.rpartition("_")[2]), "content": 1.0}
        (run / "result.json").write_text(json.dumps({"losses": losses, "finished": True}))
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    assert script(str(SCRIPT), str(tmp_path), "--dry", "--pairs", "a,b") == 0
    sys.modules.pop("runs")  # another study has one, too
    assert read_image(tmp_path / "edges.jpg").shape[2] > 4 * 200
    assert (tmp_path / "curves.png").is_file()
    with (tmp_path / "results.csv").open() as file:
        rows = {(r["laplacian"], int(r["style_weight"])): r for r in csv.DictReader(file)}
    plain = [rows["none", w] for w in (1, 3, 10, 30, 100)]
    assert [float(row["style_loss"]) for row in plain] == pytest.approx([3, 1, 0.1, 0.01, 0.001])
    for kind in ("sobel", "blurred", "canny"):
        values = [float(row[kind]) for row in plain]
        assert values == sorted(values, reverse=True)  # more noise, fewer of the content's edges
        assert plain[0][f"{kind}_without"] == ""
        assert float(rows["pools 4 and 16, 100", 30][f"{kind}_without"]) == pytest.approx(values[3])
        own = rows["pool 4, 300", 30]
        assert float(own[kind]) > 0.99  # the content itself
        middle = (values[2] + values[3]) / 2
        assert float(own[f"{kind}_without"]) == pytest.approx(middle, abs=1e-3)
        assert rows["pool 1, 1e3", 30][f"{kind}_without"] == ""  # the curve does not reach so far
