"""How many paintings were recognised: ``python score.py <key> <answers.txt>``.

The key is the one that ``recognise.py`` wrote; an answer is a line such as ``01 udnie``.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path


def main() -> None:
    """Compare; print the score, by style, and each mistake.

    A picture without an answer counts as not recognised. Ends with an error for an answer that is
    none of the styles, or to a picture that is none of the key's.
    """
    key_file, answers_file = map(Path, sys.argv[1:])
    with key_file.open(newline="") as file:
        key = {row["picture"]: row for row in csv.DictReader(file)}
    styles = {row["style"] for row in key.values()}
    lines = [line.split() for line in answers_file.read_text().splitlines() if line.strip()]
    for line in lines:
        if len(line) != 2 or line[0] not in key or line[1] not in styles:
            sys.exit(
                f"{answers_file}: got {' '.join(line)!r}, expected a number from "
                f"{min(key)} to {max(key)} and one of {', '.join(sorted(styles))}."
            )
    answers = dict(lines)
    if len(answers) != len(lines):
        sys.exit(f"{answers_file}: a picture has two answers.")
    right = Counter(row["style"] for n, row in key.items() if answers.get(n) == row["style"])
    asked = Counter(row["style"] for row in key.values())
    print(f"{right.total()} of {len(key)} recognised; by chance {len(key) / len(styles):.0f}")
    for style in asked:
        print(f"  {style}: {right[style]} of {asked[style]}")
    for number, row in key.items():
        said = answers.get(number, "nothing")
        if said != row["style"]:
            print(f"  {number} is {row['style']} on {row['photograph']}, said to be {said}")


if __name__ == "__main__":
    main()
