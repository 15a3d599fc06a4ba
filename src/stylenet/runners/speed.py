"""What makes a run fast on the machine it finds: precision, compilation, memory allocation."""

from __future__ import annotations

import os
import platform
import shutil
import sysconfig
from pathlib import Path

import torch

from stylenet.apply.allocator import tune_allocator as tune_allocator
from stylenet.config import Settings
from stylenet.errors import StylenetError
from stylenet.runners.base import Say
from stylenet.runners.compiling import on_gpu

PRECISIONS = ("auto", "32", "32-true", "bf16-mixed")


def settle_precision(config: Settings, say: Say) -> None:
    """Replace ``precision=auto`` by what the hardware is fast at, and say so.

    Raises:
        StylenetError: an unknown precision, or a GPU that is not there.
    """
    wish = str(config.precision)
    if wish not in PRECISIONS:
        raise StylenetError(
            f"Got precision={wish}, expected one of {', '.join(PRECISIONS)}.",
            "Choose one of these.",
        )
    accelerator = config.trainer.accelerator
    if accelerator in ("gpu", "cuda") and not torch.accelerator.is_available():
        raise StylenetError(
            f"Got trainer.accelerator={accelerator}, but torch {torch.__version__} sees no GPU.",
            "Use trainer=cpu or trainer=auto, or install a driver and a torch that see it.",
        )
    has_bf16 = torch.cuda.is_bf16_supported() if on_gpu(config) else cpu_has_bf16()
    where = "GPU" if on_gpu(config) else "CPU"
    if wish == "auto":
        config.precision = "bf16-mixed" if has_bf16 else "32-true"
        has = "multiplies" if has_bf16 else "does not multiply"
        say(f"precision {config.precision}: this {where} {has} bfloat16 in hardware")
    elif wish == "bf16-mixed" and not has_bf16:
        say(f"precision bf16-mixed is emulated, hence slow, on this {where}")
    elif wish == "32":
        config.precision = "32-true"


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware (AVX-512 BF16 or AMX)."""
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def settle_compile(config: Settings, say: Say) -> None:
    """Replace ``compile=auto`` by false where the machine cannot compile, and say so.

    Raises:
        StylenetError: a value that is none of auto, true, false; ``compile=true`` where the
            machine cannot.
    """
    wish = str(config.compile).lower()
    if wish not in ("auto", "true", "false"):
        raise StylenetError(
            f"Got compile={config.compile}, expected auto, true or false.", "Choose one of these."
        )
    config.compile = wish if wish == "auto" else wish == "true"
    lacking = None if on_gpu(config) else lacking_for_compilation()
    if lacking is None or wish == "false":
        return
    if wish == "true":
        raise StylenetError(
            f"Got compile=true, but this machine has no {lacking}.",
            "Install it (Debian: apt install g++ python3-dev), or use compile=false.",
        )
    config.compile = False
    say(f"training steps are not compiled, however long the run: no {lacking} here")


def lacking_for_compilation() -> str | None:
    """What torch.compile misses on this CPU: a C++ compiler, Python's headers, or nothing."""
    compilers = (os.environ.get("CXX", "g++"), "g++", "clang++")
    if not any(map(shutil.which, compilers)) and platform.system() != "Windows":
        return "C++ compiler"
    header = Path(sysconfig.get_path("include"), "Python.h")
    return None if header.is_file() else f"header of Python ({header})"
