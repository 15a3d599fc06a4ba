"""Reads a ``.wandb`` file: what an offline run holds, without W&B's server.

The file is a LevelDB log: a header of 7 bytes (":W&B", 0xBEE1, version), then blocks of 32 KiB
(the header counts into the first) of records: checksum (4 bytes), length (2), type (1), data.

W&B's service writes on for a moment after ``wandb.finish()``: call ``wandb.teardown()``, or let
the process end, before reading.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

BLOCK, HEADER = 32768, 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def records(file: Path) -> list[Record]:
    """All records of a ``.wandb`` file, or of the only one below a folder."""
    if file.is_dir():
        (file,) = file.rglob("*.wandb")
    data = file.read_bytes()
    magic, number, _version = struct.unpack("<4sHB", data[:HEADER])
    assert (magic, number) == (b":W&B", 0xBEE1)
    found = []
    for payload in _payloads(data):
        record = Record()
        record.ParseFromString(payload)
        found.append(record)
    return found


def _payloads(data: bytes) -> Iterator[bytes]:
    at, parts = HEADER, b""
    while at + HEADER <= len(data):
        left = BLOCK - at % BLOCK
        if left < HEADER:  # the rest of a block that is too short for a record's header
            at += left
            continue
        _checksum, length, kind = struct.unpack("<IHB", data[at : at + HEADER])
        if kind not in (FULL, FIRST, MIDDLE, LAST):  # preallocated zeros
            return
        parts += data[at + HEADER : at + HEADER + length]
        at += HEADER + length
        if kind in (FULL, LAST):
            yield parts
            parts = b""


def history(file: Path) -> list[dict[str, Any]]:
    """What the run logged, one dict for each step, keys with slashes as they were logged."""
    return [
        {key_of(item): json.loads(item.value_json) for item in record.history.item}
        for record in records(file)
        if record.HasField("history")
    ]


def config(file: Path) -> dict[str, Any]:
    """The configuration that the run recorded, later values over earlier ones."""
    return {
        key_of(item): json.loads(item.value_json)
        for record in records(file)
        for item in (*record.run.config.update, *record.config.update)
    }


def summary(file: Path) -> dict[str, Any]:
    """The summary that the run was left with, later values over earlier ones."""
    return {
        key_of(item): json.loads(item.value_json)
        for record in records(file)
        for item in record.summary.update
    }


def artifacts(file: Path) -> list[Any]:
    """The artifacts that the run logged."""
    requests = (record.request for record in records(file) if record.HasField("request"))
    logged = [r.log_artifact.artifact for r in requests if r.HasField("log_artifact")]
    return logged + [r.artifact for r in records(file) if r.HasField("artifact")]


def key_of(item: Any) -> str:
    """The key of an item, nested ones joined by dots."""
    return item.key or ".".join(item.nested_key)
