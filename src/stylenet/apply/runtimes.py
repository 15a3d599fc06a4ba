"""ONNX Runtime and OpenVINO on the CPU: what runs a net that is written as ONNX, without torch."""

from __future__ import annotations

import functools
import importlib.util
import logging
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stylenet.apply.extras import imported
from stylenet.apply.onnx_graph import INPUT
from stylenet.apply.openvino_halves import halves
from stylenet.errors import StylenetError
from stylenet.files import cache_folder, write_bytes

log = logging.getLogger(__name__)

MIXED = "mixed"
PRECISIONS = ("f32", MIXED, "bf16")
"""Of OpenVINO: exact; bf16 after the second residual block, where the processor multiplies it fast:
within 3 levels of 255 of the exact painting; bf16 throughout, which is not."""
Session: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Images (N,3,H,W) in [0,1] -> their paintings."""


def onnxruntime_session(written: bytes, threads: int) -> Session:
    """What paints by an ``.onnx`` file in ONNX Runtime.

    Raises:
        StylenetError: it is not installed.
    """
    runtime = imported("onnxruntime", "export", "painting in ONNX Runtime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    session = runtime.InferenceSession(written, options, providers=["CPUExecutionProvider"])

    def paint(images: NDArray[np.float32]) -> NDArray[np.float32]:
        painted: NDArray[np.float32] = session.run(None, {INPUT: images})[0]
        return painted

    return paint


def openvino_session(written: bytes, threads: int, precision: str = "f32") -> Session:
    """What paints by an ``.onnx`` file in OpenVINO.

    Args:
        written: the file.
        threads: how many it may use.
        precision: one of `PRECISIONS`.

    Raises:
        StylenetError: it is not installed; another precision; a net that has none of ``mixed``.
    """
    openvino = imported("openvino", "openvino", "the backend openvino")
    if precision not in PRECISIONS:
        raise StylenetError(
            f"Got the precision {precision}, expected one of {', '.join(PRECISIONS)}.",
            f'Use precision="{PRECISIONS[0]}".',
        )
    core = _core_of(openvino)
    whole = core.read_model(written)
    parts = [(whole, precision)]
    if precision == MIXED:
        parts = list(zip(halves(openvino, whole), ("f32", "bf16"), strict=True))
    compiled = [
        core.compile_model(
            part,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": own,
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": str(threads),
            },
        )
        for part, own in parts
    ]

    def paint(images: NDArray[np.float32]) -> NDArray[np.float32]:
        given: list[Any] = [images]
        for part in compiled:
            given = list(part(given).values())
        painted: NDArray[np.float32] = given[0].copy()
        return painted

    return paint


@functools.cache
def _core_of(openvino: ModuleType) -> Any:
    """One for as long as the process lives: what it has compiled must not outlive it."""
    return openvino.Core()


def installed(*packages: str) -> bool:
    """Whether all of them are, none of which is imported."""
    return all(importlib.util.find_spec(package) is not None for package in packages)


def usual_threads() -> int:
    """How many runtimes are given: as many as torch takes, ``OMP_NUM_THREADS`` or all cores."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def kept_folder() -> Path:
    """Where exported nets are kept: ``exports`` in STYLENET_CACHE or ~/.cache/stylenet."""
    return cache_folder(os.environ.get("STYLENET_CACHE", "~/.cache/stylenet")) / "exports"


def kept(file: Path, write: Callable[[], bytes]) -> bytes:
    """The content of ``file``; what ``write`` gives where it is not there, kept from then on."""
    if file.is_file():
        return file.read_bytes()
    written = write()
    try:
        write_bytes(file, written)
    except OSError as error:
        log.warning("the exported net cannot be kept in %s (%s)", file.parent, error)
    return written
