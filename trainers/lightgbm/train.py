"""Trains boosted trees of LightGBM for each task; of quantiles, trees for each level."""

import json

import lightgbm
import numpy as np
from pawl_job import Job
from pawl_onnx import Columns, Leaf, Split, trees_model

job = Job()
given = {"trees": 300, "patience": 30, "every": 10, **job.parameters}
trees, patience, every = (int(given.pop(name)) for name in ("trees", "patience", "every"))
settings = {
    "learning_rate": 0.05,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    **{
        "binary": {"objective": "binary", "metric": "binary_logloss"},
        "multiclass": {"objective": "multiclass", "metric": "multi_logloss", "num_class": len(job.labels)},
        "regression": {"objective": "regression", "metric": "l2"},
        "quantile": {"objective": "quantile", "metric": "quantile"},
        "ranking": {"objective": "lambdarank", "metric": "ndcg", "eval_at": [10]},
    }[job.task],
    **given,
}
levels = [{"alpha": level} for level in job.quantiles] or [{}]


def dataset(side, reference=None):
    """Rows of a query lie together."""
    rows = job.rows(side)
    sizes = None
    if job.task == "ranking":
        queries = job.queries(rows)
        rows = rows.iloc[np.argsort(queries, kind="stable")]
        sizes = np.unique(queries, return_counts=True)[1]
    return lightgbm.Dataset(
        columns.matrix(rows),
        job.truth(rows),
        reference=reference,
        weight=job.weights(rows),
        group=sizes,
        categorical_feature=[job.features.index(name) for name in job.texts],
        # A training that goes on asks its first trees of all rows.
        free_raw_data=False,
        params={"verbosity": -1},
    )


def root_of(node):
    """A tree as `dump_model` has it."""
    if "leaf_value" in node:
        return Leaf(node["leaf_value"])
    yes, no = root_of(node["left_child"]), root_of(node["right_child"])
    if node["decision_type"] == "==":
        return Split("BRANCH_EQ", node["split_feature"], [int(code) for code in node["threshold"].split("||")], False, yes, no)
    # Inputs are float32: the greatest that is not above the threshold parts them as the threshold does.
    exact = float(node["threshold"])
    with np.errstate(over="ignore"):
        threshold = np.float32(exact)
    if float(threshold) > exact:
        threshold = np.nextafter(threshold, np.float32(-np.inf))
    if node["missing_type"] == "Zero":
        raise ValueError("zero_as_missing cannot be exported: leave it out")
    missing = node["default_left"] if node["missing_type"] == "NaN" else exact >= 0
    return Split("BRANCH_LEQ", node["split_feature"], [threshold], missing, yes, no)


def stop(_):
    if job.stopping:
        raise lightgbm.callback.EarlyStopException(0, [])


columns = Columns(job, job.rows("train"))
train = dataset("train")
validation = dataset("validation", train)
state = {"models": None, "losses": []}
if job.checkpoint is not None:
    state = json.loads(job.checkpoint.read_text())
    print(f"goes on from round {len(state['losses'])}")
while len(state["losses"]) < trees and not job.stopping:
    # Every few rounds begin from the text of the model, as they do after a kill: both ways lead to the same trees.
    done = len(state["losses"])
    grown, found = [], []
    for index, level in enumerate(levels):
        seen = {}
        booster = lightgbm.train(
            {**settings, **level, "seed": job.seed + done},
            train,
            min(every, trees - done),
            [train, validation],
            ["train", "validation"],
            init_model=None if state["models"] is None else lightgbm.Booster(model_str=state["models"][index]),
            callbacks=[lightgbm.record_evaluation(seen), stop],
        )
        grown.append(booster.model_to_string(num_iteration=-1))
        found.append([next(iter(seen[side].values())) for side in ("train", "validation")])
    if job.stopping:
        break
    means = np.mean(found, axis=0)
    if job.task == "ranking":
        means = 1 - means
    state = {"models": grown, "losses": state["losses"] + means[1].tolist()}
    job.report(len(state["losses"]), means[0][-1], means[1][-1], checkpoint=json.dumps(state).encode())
    if len(state["losses"]) - 1 - int(np.argmin(state["losses"])) >= patience:
        break
if state["models"] is None:
    raise SystemExit("it was stopped before its first trees")
best = int(np.argmin(state["losses"])) + 1
boosters = [lightgbm.Booster(model_str=text) for text in state["models"]]
outputs = max(len(job.quantiles), len(job.labels) if job.task == "multiclass" else 1)
roots = []
for index, booster in enumerate(boosters):
    for one in booster.dump_model(num_iteration=best)["tree_info"]:
        roots.append((index if job.quantiles else one["tree_index"] % outputs, root_of(one["tree_structure"])))
model = trees_model(roots, [0] * outputs, len(job.features), {"binary": "Sigmoid", "multiclass": "Softmax"}.get(job.task))
told = columns.matrix(job.rows("validation"))
predicted = np.column_stack([booster.predict(told, num_iteration=best) for booster in boosters])
job.finish(
    columns.before(model).SerializeToString(),
    np.sort(predicted) if job.quantiles else predicted,
    best_step=best,
    parameters=sum(one["num_leaves"] for booster in boosters for one in booster.dump_model(num_iteration=best)["tree_info"]),
)
