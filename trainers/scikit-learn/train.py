"""Trains a pipeline of scikit-learn: histogram gradient boosting, with texts as ordinals."""

import numpy as np
from pawl_job import Job
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

job = Job()
train, validation = job.rows("train"), job.rows("validation")
settings = {"learning_rate": 0.1, "max_iter": 200, **job.parameters}
is_classes = len(job.labels) > 0
kind = HistGradientBoostingClassifier if is_classes else HistGradientBoostingRegressor
encode = ColumnTransformer(
    [("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32), job.texts)],
    remainder="passthrough",
)
model = make_pipeline(encode, kind(random_state=job.seed, **settings))
weights = job.weights(train)
truth = np.asarray(job.labels)[job.truth(train)] if is_classes else job.truth(train)
step = model.steps[-1][0]
model.fit(job.inputs(train), truth, **({} if weights is None else {f"{step}__sample_weight": weights}))
inputs = [(name, (FloatTensorType if name in job.numbers else StringTensorType)([None, 1])) for name in job.features]
options = {"zipmap": False} if is_classes else {}
exported = to_onnx(model, initial_types=inputs, options={id(model): options} if options else None, target_opset={"": 17, "ai.onnx.ml": 3})
told = job.inputs(validation)
if is_classes:
    order = [list(model.classes_).index(label) for label in job.labels]
    predicted = model.predict_proba(told)[:, order]
    predicted = predicted[:, 1] if job.task == "binary" else predicted
else:
    predicted = model.predict(told)
job.report(model[-1].n_iter_, message=f"{model[-1].n_iter_} rounds")
job.finish(exported.SerializeToString(), predicted, best_step=int(model[-1].n_iter_))
