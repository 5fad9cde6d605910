"""Asks a gateway that serves `tiny` (inputs `age` and `sector`) by tritonclient; prints one line of JSON."""

import json
import sys

import numpy as np
import tritonclient.grpc as grpcclient
from tritonclient.utils import InferenceServerException


def inputs(ages, sectors):
    age = grpcclient.InferInput("age", [len(ages), 1], "FP32")
    age.set_data_from_numpy(np.array(ages, np.float32).reshape(-1, 1))
    sector = grpcclient.InferInput("sector", [len(sectors), 1], "BYTES")
    sector.set_data_from_numpy(np.array([text.encode() for text in sectors], np.object_).reshape(-1, 1))
    return [age, sector]


def failure(call):
    try:
        call()
    except InferenceServerException as error:
        return [str(error.status()), error.message()]
    return None


with grpcclient.InferenceServerClient(sys.argv[1]) as client:
    result = client.infer("tiny", inputs([10, -30], ["a", "ž"]), request_id="from-python", headers={"x-pawl-key": "k"})
    only = client.infer("tiny", inputs([10], ["a"]), outputs=[grpcclient.InferRequestedOutput("label")])
    wide = np.zeros((1, 2), np.float32)
    wrong = grpcclient.InferInput("age", [1, 2], "FP32")
    wrong.set_data_from_numpy(wide)
    config = client.get_model_config("tiny", as_json=True)["config"]
    print(
        json.dumps(
            {
                "id": result.get_response().id,
                "version": result.get_response().model_version,
                "label": result.as_numpy("label").tolist(),
                "probabilities": result.as_numpy("probabilities").round(4).tolist(),
                "only": [output.name for output in only.get_response().outputs],
                "ready": [client.is_server_ready(), client.is_model_ready("tiny"), client.is_model_ready("tiny", "9")],
                "metadata": client.get_model_metadata("tiny", as_json=True),
                "config": {key: config.get(key) for key in ("max_batch_size", "input", "output")},
                "count": client.get_inference_statistics("tiny", as_json=True)["model_stats"][0]["inference_count"],
                "repository": client.get_model_repository_index(as_json=True)["models"],
                "missing": failure(lambda: client.infer("tiny", inputs([1], ["a"])[:1])),
                "shape": failure(lambda: client.infer("tiny", [wrong, inputs([1], ["a"])[1]])),
                "output": failure(
                    lambda: client.infer("tiny", inputs([1], ["a"]), outputs=[grpcclient.InferRequestedOutput("z")])
                ),
                "model": failure(lambda: client.infer("huge", inputs([1], ["a"]))),
            }
        )
    )
