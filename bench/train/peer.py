"""Grows trees on the table in a folder with LightGBM: `peer.py <folder>`. Prints seconds and the log loss of the test rows as JSON.

Reading the files is not timed, nor is a first training of few rounds.
"""

import json
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np
from sklearn.metrics import log_loss

folder = Path(sys.argv[1])
facts = json.loads((folder / "facts.json").read_text())
categories = facts["categories"]


def read(side):
    # Categories are the numbers of their codes, missing ones NaN.
    columns = np.fromfile(folder / f"{side}.x", np.float32).reshape(facts["width"], -1)
    return np.ascontiguousarray(columns.T), np.fromfile(folder / f"{side}.y", np.float64)


(x, y), (test_x, test_y) = read("train"), read("test")
params = {
    "objective": "binary",
    "num_leaves": facts["leaves"],
    "learning_rate": facts["learningRate"],
    "min_data_in_leaf": facts["minRows"],
    "max_bin": 255,
    "num_threads": facts["threads"],
    "verbose": -1,
    "metric": "binary_logloss",
    "seed": 1,
}


def train(rounds):
    data = lightgbm.Dataset(x, y, categorical_feature=categories, params=params)
    tested = lightgbm.Dataset(test_x, test_y, categorical_feature=categories, reference=data)
    return lightgbm.train(params, data, rounds, valid_sets=[tested])


train(2)
before = time.perf_counter()
model = train(facts["trees"])
seconds = time.perf_counter() - before
print(json.dumps({"seconds": seconds, "loss": log_loss(test_y, model.predict(test_x))}))
