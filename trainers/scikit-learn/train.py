"""Trains histogram gradient boosting of scikit-learn for each task, with texts one-hot; of quantiles, a model for each level."""

import pickle

import numpy as np
from pawl_job import Job
from pawl_onnx import side_by_side
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, mean_pinball_loss, mean_squared_error
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

job = Job()
given = {"max_iter": 200, "patience": 30, "every": 10, **job.parameters}
rounds, patience, every = (int(given.pop(name)) for name in ("max_iter", "patience", "every"))
is_classes = len(job.labels) > 0
# A ranking learns the grade.
kind = HistGradientBoostingClassifier if is_classes else HistGradientBoostingRegressor
fixed = {"random_state": job.seed, "early_stopping": False, "warm_start": True}
levels = [{"loss": "quantile", "quantile": level} for level in job.quantiles] or [{}]


class Side:
    def __init__(self, name):
        rows = job.rows(name)
        self.inputs = job.inputs(rows)
        self.truth = np.asarray(job.labels)[job.truth(rows)] if is_classes else job.truth(rows)
        self.weights = job.weights(rows)

    def loss(self, models):
        if is_classes:
            return log_loss(self.truth, models[0].predict_proba(self.encoded), labels=models[0].classes_, sample_weight=self.weights)
        told = [model.predict(self.encoded) for model in models]
        if job.quantiles:
            return np.mean([mean_pinball_loss(self.truth, one, sample_weight=self.weights, alpha=level) for one, level in zip(told, job.quantiles)])
        return mean_squared_error(self.truth, told[0], sample_weight=self.weights)


train, validation = Side("train"), Side("validation")
one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
encode = ColumnTransformer([("texts", one_hot, job.texts)], remainder="passthrough").fit(train.inputs)
train.encoded, validation.encoded = (np.asarray(encode.transform(side.inputs), np.float32) for side in (train, validation))
state = {"models": [kind(**fixed, **given, **level) for level in levels], "done": 0, "best": None, "loss": np.inf}
if job.checkpoint is not None:
    state = pickle.loads(job.checkpoint.read_bytes())
    print(f"goes on from round {state['done']}")
while state["done"] < rounds and not job.stopping:
    state["done"] = min(state["done"] + every, rounds)
    for model in state["models"]:
        model.set_params(max_iter=state["done"]).fit(train.encoded, train.truth, sample_weight=train.weights)
    loss = validation.loss(state["models"])
    if loss < state["loss"]:
        state.update(loss=loss, best=(state["done"], pickle.dumps(state["models"])))
    job.report(state["done"], train.loss(state["models"]), loss, checkpoint=pickle.dumps(state))
    if state["done"] - state["best"][0] >= patience:
        break
if state["best"] is None:
    raise SystemExit("it was stopped before its first trees")
best, models = state["best"][0], pickle.loads(state["best"][1])
types = [(name, (FloatTensorType if name in job.numbers else StringTensorType)([None, 1])) for name in job.features]
exported = []
for model in models:
    pipeline = Pipeline([("encode", encode), ("model", model)])
    options = {id(pipeline): {"zipmap": False}} if is_classes else None
    exported.append(to_onnx(pipeline, initial_types=types, options=options, target_opset={"": 17, "ai.onnx.ml": 3}))
if is_classes:
    order = [list(models[0].classes_).index(label) for label in job.labels]
    predicted = models[0].predict_proba(validation.encoded)[:, order]
    predicted = predicted[:, 1] if job.task == "binary" else predicted
else:
    predicted = np.column_stack([model.predict(validation.encoded) for model in models])
job.finish(
    (side_by_side(exported) if len(exported) > 1 else exported[0]).SerializeToString(),
    np.sort(predicted) if job.quantiles else predicted,
    best_step=best,
)
