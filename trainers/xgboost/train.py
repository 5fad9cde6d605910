"""Trains boosted trees of XGBoost for each task; of quantiles, all levels at once."""

import json

import numpy as np
import xgboost
from pawl_job import Job
from pawl_onnx import Columns, Leaf, Split, trees_model

job = Job()
given = {"trees": 300, "patience": 30, "every": 10, **job.parameters}
trees, patience, every = (int(given.pop(name)) for name in ("trees", "patience", "every"))
settings = {
    "eta": 0.05,
    "max_depth": 6,
    "seed": job.seed,
    **{
        "binary": {"objective": "binary:logistic", "eval_metric": "logloss"},
        "multiclass": {"objective": "multi:softprob", "eval_metric": "mlogloss", "num_class": len(job.labels)},
        "regression": {"objective": "reg:squarederror", "eval_metric": "rmse"},
        "quantile": {"objective": "reg:quantileerror", "eval_metric": "quantile", "quantile_alpha": job.quantiles},
        "ranking": {"objective": "rank:ndcg", "eval_metric": "ndcg@10"},
    }[job.task],
    **given,
}


def dataset(rows, reference=None):
    """Rows of a query lie together, and have one weight."""
    weights, queries = job.weights(rows), None
    if job.task == "ranking":
        queries = job.queries(rows)
        order = np.argsort(queries, kind="stable")
        rows, queries = rows.iloc[order], queries[order]
        if weights is not None:
            weights = np.bincount(queries, weights[order]) / np.bincount(queries)
    # Texts are codes, which trees part as numbers.
    return xgboost.QuantileDMatrix(columns.matrix(rows), job.truth(rows), weight=weights, qid=queries, ref=reference)


def root_of(tree, at=0):
    """A tree as the model's JSON has it."""
    if tree["left_children"][at] == -1:
        return Leaf(tree["split_conditions"][at])
    yes, no = root_of(tree, tree["left_children"][at]), root_of(tree, tree["right_children"][at])
    return Split("BRANCH_LT", tree["split_indices"][at], [tree["split_conditions"][at]], tree["default_left"][at], yes, no)


rows = {side: job.rows(side) for side in ("train", "validation")}
columns = Columns(job, rows["train"])
train = dataset(rows["train"])
validation = dataset(rows["validation"], train)
booster = xgboost.Booster(settings, [train, validation])
losses = []
if job.checkpoint is not None:
    # The model says in its attributes how well each of its rounds was.
    booster.load_model(bytearray(job.checkpoint.read_bytes()))
    booster.set_param(settings)
    losses = json.loads(booster.attr("losses"))
    print(f"goes on from round {len(losses)}")
while len(losses) < trees and not job.stopping:
    booster.update(train, len(losses))
    # `[0]	train-logloss:0.5	validation-logloss:0.6`
    found = booster.eval_set([(train, "train"), (validation, "validation")])
    train_loss, loss = (float(part.split(":")[1]) for part in found.split("\t")[1:3])
    if job.task == "ranking":
        train_loss, loss = 1 - train_loss, 1 - loss
    losses.append(loss)
    is_over = len(losses) == trees or len(losses) - 1 - int(np.argmin(losses)) >= patience
    if len(losses) % every == 0 or is_over or job.stopping:
        booster.set_attr(losses=json.dumps(losses))
        job.report(len(losses), train_loss, loss, checkpoint=bytes(booster.save_raw("ubj")))
    if is_over:
        break
if not losses:
    raise SystemExit("it was stopped before its first trees")
best = int(np.argmin(losses)) + 1
kept = booster[:best]
learner = json.loads(kept.save_raw("json"))["learner"]
outputs = max(len(job.quantiles), len(job.labels) if job.task == "multiclass" else 1)
# A number, or from version 3.1 on one for each output.
base = np.broadcast_to(np.asarray(json.loads(learner["learner_model_param"]["base_score"]), np.float64), outputs)
if job.task == "binary":
    base = np.log(base / (1 - base))
ensemble = learner["gradient_booster"]["model"]
roots = [(output, root_of(tree)) for output, tree in zip(ensemble["tree_info"], ensemble["trees"])]
model = trees_model(roots, base, len(job.features), {"binary": "Sigmoid", "multiclass": "Softmax"}.get(job.task))
predicted = kept.predict(xgboost.DMatrix(columns.matrix(rows["validation"])))
job.finish(
    columns.before(model).SerializeToString(),
    np.sort(predicted.reshape(-1, outputs)) if job.quantiles else predicted,
    best_step=best,
    parameters=sum(tree["left_children"].count(-1) for tree in ensemble["trees"]),
)
