"""Which process of a run this is, by what torchrun, srun or our own first process say."""

from __future__ import annotations

import pytest

from stylenet import processes

SLURM = {"SLURM_JOB_ID": "77", "SLURM_STEP_ID": "3", "SLURM_NTASKS": "4", "SLURM_PROCID": "2"}


def test_the_tasks_of_a_slurm_step_name_the_run_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (processes.rank(), processes.started_together()) == (0, 1)
    assert processes.start_of_run("now") == "now"
    for key, value in SLURM.items():
        monkeypatch.setenv(key, value)
    assert (processes.rank(), processes.started_together()) == (2, 4)
    assert processes.start_of_run("now") == "slurm-77.3"
    monkeypatch.setenv("SLURM_JOB_NAME", "interactive")  # a shell, where srun was not used
    assert (processes.rank(), processes.started_together()) == (0, 1)
