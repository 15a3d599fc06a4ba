"""The ledger: what became of each claim, worked out from its study's results by its own rule.

    python experiments/ledger.py            writes experiments/README.md
    python experiments/ledger.py --check    writes nothing, and fails where it would change it

The rules are those of `claims`.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from difflib import unified_diff

from claims import NOT_RUN, STUDIES, Check, Claim, claims

PAGE = "README.md"
HEAD = """# The ledger

What was claimed of style transfer, mostly by five reports with a code, losses and a machine each,
and what became of it here. Every verdict is worked out from a study's results by the rule in its
`claim.yaml`, which was written before its run where nothing else is said:
`python experiments/ledger.py --check`. The rules are those of [claims.py](claims.py); a check holds
where the whole 95 % interval is within its bounds, and is undecided where the interval crosses
one. A claim holds where all of its checks do, and in part where some do. Sweeps have two sizes,
`experiment=<study>/full`, and `experiment=<study>/smoke` to see that it runs;
`python experiments/take.py <study> <sweep>` writes their `results.csv`.
"""


def page(found: Sequence[Claim]) -> str:
    """The text of experiments/README.md."""
    return "\n".join(lines(found)).rstrip() + "\n"


def lines(found: Sequence[Claim]) -> Iterator[str]:
    """Its lines."""
    yield HEAD
    yield "## What the reports got wrong, or did not say\n"
    yield from (
        f"- {claim.wrong} ([{claim.study}]({claim.study}))" for claim in found if claim.wrong
    )
    yield "\n## Claims\n"
    yield "| study | claim | source | our finding | verdict | command |"
    yield "|---|---|---|---|---|---|"
    for claim in found:
        cells = (
            f"[{claim.study}]({claim.study})",
            claim.claim,
            claim.source,
            claim.finding,
            f"**{claim.verdict()}**" + (f": {claim.untestable}" if claim.untestable else ""),
            f"`{claim.command}`" if claim.command else "",
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield "\n## Check by check\n"
    yield "Value, 95 % interval over n groups, what was asked. In brackets: not counted."
    for claim in found:
        if not any(claim.found(check) for check in claim.checks):
            continue
        when = " (its rule was written when its results were there)" if claim.afterwards else ""
        yield f"\n**{claim.study}**{when}\n"
        yield from (f"- {told(claim, check)}" for check in claim.checks)
        yield from (f"- [{told(claim, check)}]" for check in claim.besides)


def told(claim: Claim, check: Check) -> str:
    """A check, its value and its end."""
    found = claim.found(check)
    if found is None:
        return f"{check.says}: {NOT_RUN}"
    return f"{check.says}: {found}; asked: {check.asked}; **{found.state}**"


def main() -> int:
    """Write the page, or check it."""
    parser = ArgumentParser(description="What became of each claim.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what would change")
    check = parser.parse_args().check
    text, file = page(claims()), STUDIES / PAGE
    if not check:
        file.write_text(text)
        return 0
    written = file.read_text() if file.is_file() else ""
    print(*unified_diff(written.splitlines(), text.splitlines(), "written", "worked out"), sep="\n")
    return int(written != text)


if __name__ == "__main__":
    sys.exit(main())
