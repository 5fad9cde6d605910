"""What a trainer's program of a Pawl project reads and leaves. Every program that is started by `trainer.kind: command` can import it."""

import json
import math
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd


class Job:
    """The job in the folder `PAWL_JOB`. `stopping` turns true on SIGTERM: write a checkpoint, leave what there is, and end."""

    def __init__(self):
        self.folder = Path(os.environ["PAWL_JOB"])
        self.facts = json.loads((self.folder / "job.json").read_text())
        self.parameters = self.facts["parameters"]
        self.seed = self.facts["seed"]
        self.task = self.facts["task"]
        self.features = [one["name"] for one in self.facts["features"]]
        self.numbers = [one["name"] for one in self.facts["features"] if one["type"] == "number"]
        self.texts = [one["name"] for one in self.facts["features"] if one["type"] == "text"]
        self.labels = self.facts["labels"]
        self.quantiles = self.facts["quantiles"]
        self.champion = self.folder / "champion.onnx" if self.facts["champion"] else None
        self.checkpoint = self.folder / "checkpoint" if self.facts["resume"] else None
        self.stopping = False
        self._states = []
        signal.signal(signal.SIGTERM, self._stop)

    def _stop(self, *_):
        self.stopping = True

    def rows(self, side):
        """The rows of a side, `train` or `validation`, as Parquet has them."""
        return pd.read_parquet(self.folder / f"{side}.parquet")

    def inputs(self, rows):
        """The features alone: numbers float32, NaN where missing; texts, empty where missing."""
        return rows[self.features].astype({**{name: np.float32 for name in self.numbers}, **{name: str for name in self.texts}})

    def truth(self, rows):
        """By row: the index of its label, or a number."""
        values = rows[self.facts["target"]]
        if not self.labels:
            return values.to_numpy(np.float64)
        return values.map({label: index for index, label in enumerate(self.labels)}).to_numpy(np.int64)

    def weights(self, rows):
        """How much each row counts; None where each counts once."""
        return None if self.facts["weight"] is None else rows[self.facts["weight"]].to_numpy(np.float64)

    def queries(self, rows):
        """Of a ranking: the number of each row's query, from 0."""
        return rows[self.facts["query"]].to_numpy(np.int64)

    def report(self, step, train_loss=None, validation_loss=None, checkpoint=None, message=None):
        """
        Tells how far the training is; losses that are not finite are left out. `checkpoint`: bytes, whose last three files are kept, or the name
        of a whole file in `folder` that stays as it is.
        """
        line = {"step": int(step)}
        for name, loss in (("trainLoss", train_loss), ("validationLoss", validation_loss)):
            if loss is not None and math.isfinite(loss):
                line[name] = float(loss)
        if isinstance(checkpoint, bytes):
            name = f"state-{line['step']}"
            (self.folder / name).write_bytes(checkpoint)
            self._states.append(name)
            for old in self._states[:-3]:
                (self.folder / old).unlink(missing_ok=True)
            self._states, checkpoint = self._states[-3:], name
        if checkpoint is not None:
            line["checkpoint"] = str(checkpoint)
        if message is not None:
            line["message"] = message
        print(json.dumps(line), flush=True)

    def finish(self, model, predictions, best_step=None, parameters=None, provider=None, environment=None):
        """
        Leaves the result. `model`: ONNX bytes. `predictions`: what the trained model itself says of the validation rows, `[rows]` or
        `[rows, values]`: the probability of the positive label or of each label, a number, or quantiles.
        """
        columns = self.facts["predictions"]
        values = np.asarray(predictions, np.float64).reshape(-1, len(columns))
        pd.DataFrame(values, columns=columns).to_parquet(self.folder / "predictions.parquet")
        (self.folder / "model.onnx").write_bytes(model)
        told = {"bestStep": best_step, "parameters": parameters, "provider": provider, "environment": environment}
        result = {name: value for name, value in told.items() if value is not None}
        # Last: it says that all is there.
        (self.folder / "result.json").write_text(json.dumps(result))
