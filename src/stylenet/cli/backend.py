"""The option ``--backend``: its words stand for objects."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stylenet.apply.backends import Backend
    from stylenet.apply.quick import Runtime


class BackendName(StrEnum):
    """What the option takes."""

    AUTO = "auto"
    EAGER = "eager"
    COMPILED = "compiled"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


def backend_of(name: BackendName, device: str, images: int) -> Backend:
    """The backend for so many images.

    Raises:
        StylenetError: a device that cannot be used.
    """
    from stylenet.apply.backends import Compiled, Eager, OnnxRuntime, OpenVino, fastest
    from stylenet.apply.devices import device_of

    if name is BackendName.AUTO:
        return fastest(device_of(device), images)
    kinds: dict[BackendName, Callable[[], Backend]] = {
        BackendName.EAGER: Eager,
        BackendName.COMPILED: Compiled,
        BackendName.ONNXRUNTIME: OnnxRuntime,
        BackendName.OPENVINO: OpenVino,
    }
    return kinds[name]()


def runtime_of(name: BackendName) -> Runtime | None:
    """What paints without torch; None where that is not asked for, or not installed."""
    from stylenet.apply.quick import soonest
    from stylenet.apply.runtimes import onnxruntime_session, openvino_session

    if name is BackendName.ONNXRUNTIME:
        return onnxruntime_session
    if name is BackendName.OPENVINO:
        return openvino_session
    return soonest() if name is BackendName.AUTO else None
