"""python examples/demo_model/label_texts.py FILE.csv: fill in the values of texts that the demo model wrote.

FILE is a table of manage.py export_texts_to_label. The demo model's sentences are known, each with the value it speaks
for, so that a look-up stands in for a researcher; texts that no look-up tells get a dash.
"""

import csv
import sys
from pathlib import Path

import corpus

CANNOT_TELL = "-"


def label(path: Path) -> tuple[int, int]:
    """Fill in the value of every row; return how many rows there are, and for how many it could be told."""
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        columns, rows = list(table.fieldnames or []), list(table)
    for row in rows:
        row["value"] = corpus.label_value(row["text"], row["language"]) or CANNOT_TELL
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.DictWriter(file, columns)
        written.writeheader()
        written.writerows(rows)
    return len(rows), sum(row["value"] != CANNOT_TELL for row in rows)


if __name__ == "__main__":
    texts, told = label(Path(sys.argv[1]))
    sys.stdout.write(f"Labelled {told} of {texts} texts.\n")
