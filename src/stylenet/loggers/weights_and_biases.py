"""A Weights & Biases logger that never prompts and never hangs."""

from __future__ import annotations

import http.client
import netrc
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stylenet.errors import StylenetError

if TYPE_CHECKING:
    from pytorch_lightning.loggers import WandbLogger

SERVER = "https://api.wandb.ai"
SECONDS_TO_ANSWER = 5.0
# at the end of a run; what is not up by then is on disk, for wandb sync
SECONDS_TO_UPLOAD = 300.0
MODES = ("online", "offline", "disabled")


def choose_mode(requested: str | None) -> tuple[str, str]:
    """Decide between ``online`` and ``offline``; give the mode and the reason in words.

    ``requested`` (or else the environment's WANDB_MODE) is taken as it is. Without either, a run
    is online only where an API key is known and the server answers within 5 seconds.

    Raises:
        StylenetError: a mode that W&B does not know.
    """
    wish = requested or os.environ.get("WANDB_MODE")
    if wish is not None:
        if wish not in MODES:
            raise StylenetError(
                f"Got W&B mode {wish!r}, expected one of {', '.join(MODES)}.",
                "Set logger.wandb.mode or the environment's WANDB_MODE.",
            )
        return wish, f"{wish} as asked"
    server = os.environ.get("WANDB_BASE_URL", SERVER)
    if not _has_key(server):
        return "offline", "no API key (set WANDB_API_KEY or run: wandb login)"
    if not _answers(server, SECONDS_TO_ANSWER):
        return "offline", f"{server} gave no answer within {SECONDS_TO_ANSWER:.0f} s"
    return "online", "key found and server answering"


def wandb_logger(
    save_dir: str | Path,
    project: str,
    name: str,
    group: str | None,
    mode: str,
    id: str,  # noqa: A002 - W&B's own word
    **more: Any,
) -> WandbLogger:
    """Start a W&B run below ``save_dir``; ``id`` makes a resumed run continue the same one.

    ``more`` is anything else that ``wandb.init`` takes; what is None has W&B's own default.

    Raises:
        StylenetError: no API key for a run that is to be online, or W&B refuses to start it.
    """
    server = os.environ.get("WANDB_BASE_URL", SERVER)
    if mode == "online" and not _has_key(server):  # W&B would ask for one and wait
        raise StylenetError(
            f"Got W&B mode online, but there is no API key for {server}.",
            "Set WANDB_API_KEY or run: wandb login; or use logger.wandb.mode=offline.",
        )
    import wandb
    from pytorch_lightning.loggers import WandbLogger

    Path(save_dir).mkdir(parents=True, exist_ok=True)
    given = {key: value for key, value in more.items() if value is not None}
    own: dict[str, Any] = {"silent": True, "console": "off", "init_timeout": 30}
    own |= {"finish_timeout": SECONDS_TO_UPLOAD, **given.pop("settings", {})}
    given.setdefault("resume", "allow" if mode == "online" else None)
    try:
        run = wandb.init(
            name=name,
            dir=save_dir,
            project=project,
            id=id,
            group=group,
            mode=mode,  # type: ignore[arg-type]
            settings=wandb.Settings(**own),
            **given,
        )
    except (TypeError, ValueError) as error:
        raise StylenetError(
            f"wandb.init does not take what logger.wandb says: {error}.",
            "See what it takes: conf/logger/wandb.yaml.",
        ) from error
    except wandb.errors.Error as error:
        words = str(error).strip().rstrip(".")
        raise StylenetError(
            f"Weights & Biases did not start a run ({mode}): {words}.",
            "Check the key, or use logger.wandb.mode=offline or logger=csv.",
        ) from error
    # as Lightning does for runs that it starts itself
    run.define_metric("trainer/global_step")
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    return WandbLogger(experiment=run, save_dir=save_dir)


def _has_key(server: str) -> bool:
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    try:
        file = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
        found = netrc.netrc(file).authenticators(urlsplit(server).netloc)
        return found is not None and bool(found[2])
    except (OSError, netrc.NetrcParseError, RuntimeError):  # no such file, no home folder
        return False


def _answers(server: str, seconds: float) -> bool:
    """Whether any HTTP response comes; in a thread, as looking a name up knows no time limit."""
    done = threading.Event()
    answers: list[bool] = []

    def ask() -> None:
        try:
            urllib.request.urlopen(server, timeout=seconds).close()  # noqa: S310 - set by the user
            answers.append(True)
        except urllib.error.HTTPError:
            answers.append(True)
        except (OSError, ValueError, http.client.HTTPException):
            pass
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    done.wait(seconds)
    return bool(answers)
