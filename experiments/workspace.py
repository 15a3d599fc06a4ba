"""The saved Weights & Biases workspace, and the report, of a study: what it varies and measures.

    python experiments/workspace.py norm me stylenet           prints what would be sent, as JSON
    python experiments/workspace.py norm me stylenet --save    sends it

Both show the runs of ``experiment=norm/full`` (``--size small``: of another size) that went to W&B
(``logger=wandb``). The curves are of the figures that the study's claim.yaml goes by, grouped by
what its grid varies but for the seed; beside them what matters for the first of them, and the
images. The package wandb-workspaces comes with ``uv sync``.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws
from claims import CLAIM, STUDIES, Claim
from take import EXPERIMENTS, grid

from stylenet.errors import StylenetError
from stylenet.loggers import choose_mode

FIGURES = ("val/metric/balanced", "val/metric/style", "val/metric/content", "val/loss/total")
SEED, STEP, PICTURES = "seed", "trainer/global_step", "val/pictures"


def figures(claim: Claim) -> list[str]:
    """What the claim goes by, of what runs log; else what all nets have."""
    own = [check.figure.partition("@")[0] for check in (*claim.checks, *claim.besides)]
    logged = [f"val/{name}" for name in own if name.startswith(("metric/", "loss/"))]
    return list(dict.fromkeys(logged)) or list(FIGURES)


def read(study: str, size: str) -> Claim:
    """The claim of a study that is a sweep.

    Raises:
        StylenetError: there is no such study, or no such size of it.
    """
    if not (EXPERIMENTS / study / f"{size}.yaml").is_file():
        there = sorted(f"{f.parent.name}/{f.stem}" for f in EXPERIMENTS.glob("*/*.yaml"))
        raise StylenetError(
            f"There is no experiment={study}/{size}.", f"There are: {', '.join(there)}."
        )
    file = STUDIES / study / CLAIM
    return Claim.read(file) if file.is_file() else Claim(study, study, "", "")


def setting(key: str) -> str:
    """Where W&B has a key of the configuration, a path in whose first part dots do not count.

    Choices of groups and plain values stand at the top, all groups as built under ``settings``.
    """
    return f"settings.{key}" if "." in key else key


def column(key: str) -> str:
    """The same as W&B's table of runs names it."""
    first, dot, rest = setting(key).partition(".")
    return f"config:{first}.value{dot}{rest}"


def panels(keys: Sequence[str], names: Sequence[str]) -> dict[str, list[Any]]:
    """By the titles of their sections.

    Args:
        keys: what is varied.
        names: of figures, the first of which the comparisons are by.
    """
    group = next((wr.Config(setting(key)) for key in keys if key != SEED), None)
    curves = [
        wr.LinePlot(title=name, x=STEP, y=[name], groupby=group, groupby_rangefunc="stderr")
        for name in [*names, "train/loss/total"]
    ]
    columns = [wr.ParallelCoordinatesPlotColumn(wr.Config(setting(key)), key) for key in keys]
    columns += [wr.ParallelCoordinatesPlotColumn(wr.SummaryMetric(name)) for name in names]
    compared = [
        wr.ParallelCoordinatesPlot(columns=columns, title="what became of what"),
        wr.ParameterImportancePlot(with_respect_to=names[0]),
        wr.RunComparer(diff_only="split"),
    ]
    return {
        "Curves": curves,
        "Compared": compared,
        "Images": [wr.MediaBrowser(media_keys=[PICTURES])],
    }


def workspace(study: str, size: str, entity: str, project: str) -> ws.Workspace:
    """The saved view of a study."""
    names, keys = figures(read(study, size)), grid(study)
    columns = [*map(column, keys), *(f"summary:{name}" for name in names)]
    return ws.Workspace(
        entity=entity,
        project=project,
        name=f"{study}/{size}",
        sections=[
            ws.Section(name=title, panels=made, is_open=True)
            for title, made in panels(keys, names).items()
        ],
        settings=ws.WorkspaceSettings(x_axis=STEP, max_runs=100),
        runset_settings=ws.RunsetSettings(
            filters=[ws.Config("experiment") == f"{study}/{size}"],
            groupby=[ws.Config(setting(key)) for key in keys if key != SEED],
            pinned_columns=columns,
        ),
    )


def report(study: str, size: str, entity: str, project: str) -> wr.Report:
    """A report of it: claim, verdict, finding, and the panels over the same runs."""
    claim, keys = read(study, size), grid(study)
    runs = wr.Runset(name=study, filters=f"Config('experiment') == '{study}/{size}'")
    blocks: list[Any] = [wr.P(f"Claim: {claim.claim}"), wr.P(f"Verdict: {claim.verdict()}.")]
    blocks += [wr.P(claim.finding)] if claim.finding else []
    blocks += [wr.CodeBlock(f"python train.py -m experiment={study}/{size}", language="python")]
    for title, made in panels(keys, figures(claim)).items():
        blocks += [wr.H2(title), wr.PanelGrid(runsets=[runs], panels=made)]
    return wr.Report(
        project=project, entity=entity, title=f"{study}/{size}", description="", blocks=blocks
    )


def main() -> None:
    """Print what would be sent, or send it."""
    parser = ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("study", help="the name of its folder")
    parser.add_argument("entity", help="the user or team at W&B")
    parser.add_argument("project", help="where the runs are")
    parser.add_argument("--size", default="full", help="of the experiment")
    parser.add_argument("--save", action="store_true", help="send it; else it is printed")
    asked = parser.parse_args()
    place = (asked.study, asked.size, asked.entity, asked.project)
    try:
        view, text = workspace(*place), report(*place)
        if asked.save:
            mode, why = choose_mode(None)
            if mode != "online":
                raise StylenetError(f"W&B cannot be reached: {why}.", "Leave out --save to look.")
            view.save()
            text.save()
            return
    except StylenetError as error:
        sys.exit(f"Error: {error}")
    specs = {"workspace": view._to_model().spec, "report": text._to_model().spec}
    plain = {
        name: spec.model_dump(by_alias=True, exclude_none=True) for name, spec in specs.items()
    }
    print(json.dumps(plain, indent=2, default=str))


if __name__ == "__main__":
    main()
