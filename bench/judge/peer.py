"""Judges the predictions in a folder with scikit-learn and fairlearn, stage by stage: `peer.py <folder> <stage>`.

Prints the seconds of the stage and its figures as JSON. Reading the files is not timed, nor is a first time on few rows.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from fairlearn import metrics as fl
from scipy import stats
from sklearn import inspection
from sklearn import metrics as sk
from sklearn.inspection import _permutation_importance as shuffles

folder, stage = Path(sys.argv[1]), sys.argv[2]
facts = json.loads((folder / "facts.json").read_text())
models = ("candidate", "champion")


def read(name, dtype):
    return np.fromfile(folder / name, dtype)


all_truth = read("truth", np.uint8)
all_answers = {model: read(f"{model}.answer", np.uint8) for model in models}
all_scores = {model: read(f"{model}.score", np.float64) for model in models}
total = len(all_truth)


def debiased_ece(probability, bins=15):
    at = np.minimum((probability * bins).astype(int), bins - 1)
    rows = np.bincount(at, minlength=bins)
    gap = np.bincount(at, truth, bins) - np.bincount(at, probability, bins)
    noise = np.bincount(at, probability * (1 - probability), bins)
    used = rows > 0
    rows, gap, s = rows[used], np.abs(gap[used]) / rows[used], np.sqrt(noise[used]) / rows[used]
    m = np.sqrt(np.maximum(0, gap**2 - s**2))
    folded = 2 * s * stats.norm.pdf(m / s) + m * (2 * stats.norm.cdf(m / s) - 1)
    return max(0.0, (rows * (gap - folded + m)).sum() / rows.sum())


def metrics_of(model):
    y, p = answer[model], score[model]
    return {
        "accuracy": sk.accuracy_score(truth, y),
        "balancedAccuracy": sk.balanced_accuracy_score(truth, y),
        "precision": sk.precision_score(truth, y),
        "recall": sk.recall_score(truth, y),
        "f1": sk.f1_score(truth, y),
        "mcc": sk.matthews_corrcoef(truth, y),
        "auc": sk.roc_auc_score(truth, p),
        "logLoss": sk.log_loss(truth, p),
        "brier": sk.brier_score_loss(truth, p),
        "ece": debiased_ece(p),
    }


def metrics():
    return {f"{model}: {name}": value for model in models for name, value in metrics_of(model).items()}


def differences(weights):
    def of(metric, given):
        ours, theirs = (metric(truth, given[model], sample_weight=weights) for model in models)
        return ours - theirs

    return {
        "auc": of(sk.roc_auc_score, score),
        "accuracy": of(sk.accuracy_score, answer),
        "logLoss": of(sk.log_loss, score),
    }


def bounds(weights):
    random = np.random.default_rng(facts["seed"])
    estimates, draws = differences(None), []
    for row in weights:
        # Both sides have drawn: this one judges by the rows that ours drew.
        np.bincount(random.integers(0, len(row), len(row)), minlength=len(row))
        draws.append(differences(row))
    found = {}
    for name, estimate in estimates.items():
        values = [draw[name] for draw in draws]
        lower, upper = np.quantile(values, [facts["alpha"] / 2, 1 - facts["alpha"] / 2])
        found |= {f"{name}: estimate": estimate, f"{name}: lower": lower, f"{name}: upper": upper}
    return found


rates = {
    "selectionRate": fl.selection_rate,
    "tpr": fl.true_positive_rate,
    "fpr": fl.false_positive_rate,
    "precision": sk.precision_score,
    "errorRate": sk.zero_one_loss,
}


def gaps(frame):
    difference, ratio = frame.difference(), frame.ratio()
    return {
        "demographicParityDifference": difference["selectionRate"],
        "demographicParityRatio": ratio["selectionRate"],
        "equalizedOddsDifference": max(difference["tpr"], difference["fpr"]),
        "equalOpportunityDifference": difference["tpr"],
        "predictiveParityDifference": difference["precision"],
    }


def audit(attribute, groups):
    ours, theirs = (
        fl.MetricFrame(metrics=rates, y_true=truth, y_pred=answer[model], sensitive_features=groups)
        for model in models
    )
    found = {f"{attribute}: {name}": value for name, value in gaps(ours).items()}
    found |= {f"champion {attribute}: {name}": value for name, value in gaps(theirs).items()}
    before = theirs.by_group["errorRate"].to_dict()
    for group, row in zip(ours.by_group.index, ours.by_group.to_dict("records")):
        row |= {"championLoss": before[group], "loss": row["errorRate"] - before[group]}
        found |= {f"{attribute} {group}: {rate}": value for rate, value in row.items()}
    return found


def bands(values, edges):
    names = [f"below {edges[0]}", *(f"{a} to below {b}" for a, b in zip(edges, edges[1:])), f"{edges[-1]} and above"]
    return pd.Series(pd.cut(values, [-np.inf, *edges, np.inf], right=False, labels=names)).astype(str)


def fairness(sex, age):
    return {**audit("sex", pd.Series(sex)), **audit("age", bands(age, facts["bands"]))}


class Network:
    """The same model, of the same runtime, with one thread."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)

    def fit(self):
        raise NotImplementedError

    def score(self, X):
        columns = {name: np.ascontiguousarray(X[:, i : i + 1]) for i, name in enumerate(facts["features"])}
        return self.session.run(["probabilities"], columns)[0][:, 1]


class Given:
    """Shuffles that were drawn before, in the place of scikit-learn's. It draws its own too, so that both sides have drawn."""

    def __init__(self, orders):
        self.orders = iter(orders)
        self.random = np.random.RandomState(facts["seed"])

    def randint(self, _):
        return self

    def shuffle(self, index):
        self.random.shuffle(index)
        index[:] = next(self.orders)


def importance(inputs, orders):
    given = Given(orders)
    shuffles.check_random_state = lambda _: given
    found = inspection.permutation_importance(
        Network(),
        inputs,
        truth,
        scoring=lambda model, X, y: sk.roc_auc_score(y, model.score(X)),
        n_repeats=facts["repeats"],
    )
    return {
        f"{name}: {figure}": value
        for name, mean, deviation in zip(facts["features"], found.importances_mean, found.importances_std)
        for figure, value in (("mean", mean), ("deviation", deviation))
    }


def given():
    """What a stage needs besides the predictions."""
    if stage == "bounds":
        return (read("weights", np.uint8).reshape(-1, total),)
    if stage == "fairness":
        return np.array((folder / "sex").read_text().split("\n")), read("age", np.float64)
    if stage == "importance":
        inputs = np.ascontiguousarray(read("inputs", np.float32).reshape(-1, total).T)
        return inputs, read("orders", np.int32).reshape(-1, total)
    return ()


def first(rows, arguments):
    if stage == "bounds":
        return (arguments[0][:, :rows],)
    if stage == "importance":
        return arguments[0][:rows], [np.arange(rows)] * len(arguments[1])
    return [values[:rows] for values in arguments]


work = {"metrics": metrics, "bounds": bounds, "fairness": fairness, "importance": importance}[stage]
arguments = given()
for rows in (min(20_000, total), total):
    truth = all_truth[:rows]
    answer, score = ({model: of[model][:rows] for model in models} for of in (all_answers, all_scores))
    taken = arguments if rows == total else first(rows, arguments)
    before = time.perf_counter()
    figures = work(*taken)
    seconds = time.perf_counter() - before
print(json.dumps({"seconds": seconds, "figures": {name: float(value) for name, value in figures.items()}}))
