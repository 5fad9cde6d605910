"""The Open Inference Protocol for one ONNX model, as a careful user of FastAPI writes it. Usage: fastapi_app.py <model> <port>"""
import sys

import numpy as np
import onnxruntime as ort
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import ORJSONResponse

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
app = FastAPI()


@app.post("/v2/models/{name}/infer", response_class=ORJSONResponse)
async def infer(name: str, request: Request):
    tensor = (await request.json())["inputs"][0]
    kind = np.object_ if tensor["datatype"] == "BYTES" else np.float32
    x = np.array(tensor["data"], dtype=kind).reshape(tensor["shape"])
    label, probabilities = session.run(["label", "probabilities"], {"x": x})
    return ORJSONResponse(
        {
            "model_name": name,
            "outputs": [
                {"name": "label", "datatype": "INT64", "shape": list(label.shape), "data": label.tolist()},
                {
                    "name": "probabilities",
                    "datatype": "FP32",
                    "shape": list(probabilities.shape),
                    "data": probabilities.ravel().tolist(),
                },
            ],
        }
    )


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
