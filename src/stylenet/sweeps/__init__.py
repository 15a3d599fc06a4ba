"""Sweeps: a record of each job, going on where one was stopped, and what its jobs compare to.

In the sweep's folder: ``sweep.json``, and of its jobs ``table.csv``, ``means.csv`` (where ``seed``
is swept), ``parallel.html`` and ``sheet.jpg``; in each job's folder ``job.json``. Any runs, of a
sweep or not, stand side by side on the page of ``stylenet compare``.
"""
