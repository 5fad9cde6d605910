"""Grows trees on the table in a folder: `peer.py <folder> LightGBM|HistGradientBoosting`. Prints seconds and the log loss of the test rows as JSON.

Reading the files is not timed, nor is a first training of few rounds. LightGBM computes the loss of the test rows after each round.
"""

import json
import os
import sys
import time
from pathlib import Path

folder = Path(sys.argv[1])
facts = json.loads((folder / "facts.json").read_text())
os.environ["OMP_NUM_THREADS"] = str(facts["threads"])

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402
from sklearn.metrics import log_loss  # noqa: E402

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


def by_lightgbm(rounds):
    data = lightgbm.Dataset(x, y, categorical_feature=categories, params=params)
    tested = lightgbm.Dataset(test_x, test_y, categorical_feature=categories, reference=data)
    return lightgbm.train(params, data, rounds, valid_sets=[tested]).predict


def by_histograms(rounds):
    model = HistGradientBoostingClassifier(
        max_iter=rounds,
        max_leaf_nodes=facts["leaves"],
        learning_rate=facts["learningRate"],
        min_samples_leaf=facts["minRows"],
        max_bins=255,
        categorical_features=categories,
        early_stopping=False,
        random_state=1,
    ).fit(x, y)
    return lambda rows: model.predict_proba(rows)[:, 1]


train = {"LightGBM": by_lightgbm, "HistGradientBoosting": by_histograms}[sys.argv[2]]
train(2)
before = time.perf_counter()
predict = train(facts["trees"])
seconds = time.perf_counter() - before
print(json.dumps({"seconds": seconds, "loss": log_loss(test_y, predict(test_x))}))
