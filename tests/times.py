"""What the tests of each room take, from a report of pytest's.

``python -m pytest --junitxml=tests.xml`` writes the report; ``python tests/times.py tests.xml``
prints a table of the rooms, in Markdown, and with ``--slow 20`` the slowest tests.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree


class Test(NamedTuple):
    """What one test took: seconds by the clock; of the processor, its processes' too."""

    room: str
    name: str
    clock: float
    processor: float


def read(report: Path) -> list[Test]:
    """The tests of a report; a file beside the rooms is a room of its own."""
    tests = []
    for case in ElementTree.parse(report).iter("testcase"):
        place = case.attrib["classname"].removeprefix("tests.").split(".")
        processor = sum(
            float(noted.attrib["value"])
            for noted in case.iter("property")
            if noted.attrib["name"] == "processor"
        )
        name = ".".join([*place, case.attrib["name"]])
        tests.append(Test(place[0], name, float(case.attrib["time"]), processor))
    return tests


def table(tests: list[Test]) -> str:
    """Rooms in Markdown, the one that takes most of the processor first, and their sum."""
    rooms = defaultdict(list)
    for test in tests:
        rooms[test.room].append(test)
    rows = sorted(rooms.items(), key=lambda room: -sum(test.processor for test in room[1]))
    lines = ["| room | tests | seconds | of the processor |", "|---|---|---|---|"]
    for name, of_room in [*rows, ("all", tests)]:
        clock, processor = (sum(test[n] for test in of_room) for n in (2, 3))
        lines.append(f"| {name} | {len(of_room)} | {clock:.0f} | {processor:.0f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("report", type=Path, nargs="+", help="what --junitxml wrote")
    parser.add_argument("--slow", type=int, default=0, help="how many of the slowest tests to list")
    told = parser.parse_args()
    tests = [test for report in told.report for test in read(report)]
    print(table(tests))
    for test in sorted(tests, key=lambda test: -test.processor)[: told.slow]:
        print(f"{test.processor:7.1f} {test.clock:7.1f} {test.name}")


if __name__ == "__main__":
    main()
