"""Sound input made odd, by a seeded chance."""

from __future__ import annotations

import json
import random
from typing import Any

# suffix, mode: what Pillow writes of it
FORMATS = [
    ("jpg", "RGB"),
    ("jpg", "CMYK"),
    ("png", "RGBA"),
    ("png", "P"),
    ("png", "I;16"),
    ("webp", "RGB"),
    ("tif", "RGB"),
    ("bmp", "RGB"),
    ("gif", "P"),
    ("avif", "RGB"),
    ("jp2", "RGB"),
    ("ppm", "RGB"),
    ("dib", "RGB"),
]
ODD_JSON: list[Any] = [None, True, -1, 0, 10**30, 1.5, "", "x", [], {}, [[]], {"": None}]


def odd_values() -> list[str]:
    """Values as typed for any key."""
    return [
        *("null", "true", "-1", "0", "1", "0.5", "1e-30", "nan", "inf", "1000000"),
        *("''", "x", "'a b'", "../..", "[]", "{}", "[1,2]", "{a: 1}", "[null]", "'${nowhere}'"),
    ]


def mutated_bytes(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    """``content`` cut, overwritten, with a part doubled, left out or zero; and what was done."""
    how = chance.choice(["cut", "flipped", "head", "doubled", "left out", "zeroed", "empty"])
    changed = bytearray(content)
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.randint(1, 64))
    if how == "cut":
        del changed[start:]
    elif how in ("flipped", "head"):
        for _ in range(chance.randint(1, 16)):
            where = chance.randrange(min(len(content), 128) if how == "head" else len(content))
            changed[where] = chance.randrange(256)
    elif how == "doubled":
        changed[start:start] = content[start:end]
    elif how == "left out":
        del changed[start:end]
    elif how == "zeroed":
        changed[start:end] = bytes(end - start)
    else:
        changed.clear()
    return bytes(changed), f"bytes {how} at {start}"


def mutated_json(value: Any, chance: random.Random) -> tuple[str, str]:
    """``value`` with one thing in it replaced or left out, or too deep; and what was done."""
    if chance.random() < 0.05:
        return "[" * 100_000 + "]" * 100_000, "100000 lists deep"
    path = []
    node = value
    while True:
        key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        path.append(key)
        inner = node[key]
        if not isinstance(inner, (dict, list)) or not inner or chance.random() < 0.3:
            break
        node = inner
    where = ".".join(map(str, path))
    if chance.random() < 0.3:
        del node[key]
        return json.dumps(value), f"{where} left out"
    node[key] = chance.choice(ODD_JSON)
    return json.dumps(value), f"{where} = {node[key]!r}"
