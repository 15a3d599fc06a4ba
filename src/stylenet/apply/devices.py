"""Where nets paint."""

from __future__ import annotations

import torch

from stylenet.errors import StylenetError


def device_of(wish: torch.device | str) -> torch.device:
    """The device of this name; ``auto``: a CUDA one where there is any, else the CPU.

    Raises:
        StylenetError: torch cannot use it here.
    """
    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wish)
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise StylenetError(
            f"Got device={wish}, which torch cannot use here ({reason}).", "Use device=cpu."
        ) from error
    return device
