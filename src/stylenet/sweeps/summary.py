"""What a sweep's jobs compare to: files in its folder, and what is printed at its end."""

from __future__ import annotations

from pathlib import Path

from stylenet.metrics import as_text
from stylenet.sweeps.chart import CHART, write_chart
from stylenet.sweeps.jobs import FINISHED, read_jobs
from stylenet.sweeps.sheet import SHEET, write_sheet
from stylenet.sweeps.table import (
    MEANS,
    TABLE,
    means_over_seeds,
    printed,
    write_means,
    write_table,
)


def write_figures(sweep: Path) -> None:
    """Write all that takes no time: tables and chart. The sheet is made by `sum_up`."""
    jobs = read_jobs(sweep)
    write_table(sweep, jobs)
    means = means_over_seeds(jobs)
    if means:
        write_means(sweep, means)
    write_chart(sweep, jobs)


def sum_up(sweep: Path, width: int) -> str:
    """Write tables, chart and sheet anew from what the jobs have left; give lines to print.

    Args:
        sweep: its folder.
        width: characters that a line of the table may have.

    Raises:
        StylenetError: no job there.
    """
    write_figures(sweep)
    jobs = read_jobs(sweep)
    means = means_over_seeds(jobs)
    lines = [as_text(printed(jobs, means), width)]
    left = [job for job in jobs if job.state != FINISHED]
    if left:
        numbers = ", ".join(f"{job.number} {job.state}" for job in left)
        lines.append(f"{len(left)} of {len(jobs)} jobs are not finished ({numbers});")
        lines.append("the same command with skip_finished=true goes on")
    lines.append(f"sweep     {sweep}")
    lines.append(f"table     {TABLE}{f', {MEANS}' if means else ''}")
    lines.append(f"chart     {CHART}")
    if write_sheet(sweep, jobs) is not None:
        lines.append(f"sheet     {SHEET}")
    return "\n".join(lines)
