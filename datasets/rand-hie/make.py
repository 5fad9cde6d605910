"""Makes rand-hie.csv: python make.py <statsmodels-*.whl>

Takes the file that the wheel packs (statsmodels/datasets/randhie/randhie.csv) and numbers its rows in a first column, so that
they have a key. Nothing else is changed.
"""

import csv
import io
import sys
import zipfile
from pathlib import Path

source = "statsmodels/datasets/randhie/randhie.csv"

with zipfile.ZipFile(sys.argv[1]) as wheel:
    rows = list(csv.reader(io.StringIO(wheel.read(source).decode("utf-8"))))

with open(Path(__file__).parent / "rand-hie.csv", "w", newline="", encoding="utf-8") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["row", *rows[0]])
    writer.writerows([number, *row] for number, row in enumerate(rows[1:], 1))
