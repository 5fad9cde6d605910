"""Makes anes96.csv: python make.py <statsmodels-*.whl>

Takes the file that the wheel packs (statsmodels/datasets/anes96/anes96.csv, parted by tabs, with names in single quotes), and
numbers its rows in a first column, so that they have a key. Nothing else is changed.
"""

import csv
import io
import sys
import zipfile
from pathlib import Path

source = "statsmodels/datasets/anes96/anes96.csv"

with zipfile.ZipFile(sys.argv[1]) as wheel:
    text = io.StringIO(wheel.read(source).decode("utf-8"))
    rows = list(csv.reader(text, delimiter="\t", quotechar="'"))

with open(Path(__file__).parent / "anes96.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["row", *rows[0]])
    writer.writerows([number, *row] for number, row in enumerate(rows[1:], 1))
