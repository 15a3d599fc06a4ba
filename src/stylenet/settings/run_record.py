"""What a run has said of itself, read when it is resumed, and words for files that are no good."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stylenet.errors import StylenetError, reason_of

RECORD = "run.json"


def other_version(folder: Path, why: str) -> StylenetError:
    """What to say where the run in ``folder`` was made by code that this version ``why``."""
    commit = record_of(folder).get("commit")
    return StylenetError(
        f"The run in {folder} was made by another version of stylenet: this one {why}.",
        f"Continue it with its own ({f'commit {commit}' if commit else 'older'}), or start a new "
        "run.",
    )


def messages_of(folder: Path, before: Sequence[str]) -> list[str]:
    """What the run in ``folder`` has said of itself: ``before``, if it was killed too early."""
    return list(record_of(folder).get("messages", before))


def damaged(file: Path, why: object) -> StylenetError:
    """What to say of a run's ``file`` that is not what this program wrote."""
    reason = reason_of(why)
    return StylenetError(
        f"The run cannot be resumed: {file} is damaged ({reason}).",
        "Copy the run directory again, or start a new run. A step_*.ckpt may take the place of a "
        "damaged last.ckpt.",
    )


def record_of(folder: Path) -> dict[str, Any]:
    """What the run in ``folder`` has said of itself; nothing, if it was killed too early.

    Raises:
        StylenetError: the record is damaged.
    """
    file = folder / RECORD
    if not file.is_file():
        return {}
    try:
        record = json.loads(file.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(file, error) from error
    kinds = {"stand_ins": dict, "statistics": list, "messages": list}
    if not isinstance(record, dict) or any(
        not isinstance(record.get(key, kind()), kind) for key, kind in kinds.items()
    ):
        raise damaged(file, "no record of a run")
    return record
