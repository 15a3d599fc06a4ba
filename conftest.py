"""Loaded before anything heavy: Python processes of the tests share one store of bytecode."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.dont_write_bytecode:
    # Where PYTHONDONTWRITEBYTECODE is set, as in containers, and packages were installed without
    # bytecode, as uv does, each process compiles torch and the rest anew: ten seconds for each of
    # the thirty that the tests start. The wish was for clean folders, so it lies in pytest's own.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parent / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
