"""Drives a server with the model `echo` (its outputs are its inputs) by tritonclient; prints one line of JSON."""

import asyncio
import json
import queue
import sys

import numpy as np
import tritonclient.grpc as grpcclient
import tritonclient.grpc.aio as aio
from tritonclient.grpc import service_pb2
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

url = sys.argv[1]

arrays = {
    "BOOL": np.array([[True], [False]]),
    "INT8": np.array([[-128], [127]], np.int8),
    "INT16": np.array([[-32768], [32767]], np.int16),
    "INT32": np.array([[-(2**31)], [2**31 - 1]], np.int32),
    "INT64": np.array([[-(2**63)], [2**63 - 1]], np.int64),
    "UINT8": np.array([[0], [255]], np.uint8),
    "UINT16": np.array([[0], [65535]], np.uint16),
    "UINT32": np.array([[0], [2**32 - 1]], np.uint32),
    "UINT64": np.array([[0], [2**64 - 1]], np.uint64),
    "FP16": np.array([[1.5], [-np.inf]], np.float16),
    "FP32": np.array([[1.25], [np.inf]], np.float32),
    "FP64": np.array([[0.1], [-2.0]], np.float64),
    "BYTES": np.array([["žluťoučký 🐎".encode()], [b""]], np.object_),
}


def tensor(name, array):
    given = grpcclient.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
    given.set_data_from_numpy(array)
    return given


def failure(call):
    try:
        call()
    except InferenceServerException as error:
        return [str(error.status()), error.message()]
    return None


def same(result, name, array):
    back = result.as_numpy(name)
    return back.dtype == array.dtype and back.shape == array.shape and bool((back == array).all())


def described(client):
    metadata = client.get_model_metadata("echo", as_json=True)
    config = client.get_model_config("echo", as_json=True)["config"]
    statistics = client.get_inference_statistics("echo", as_json=True)["model_stats"][0]
    return {
        "live": client.is_server_live(),
        "ready": client.is_server_ready(),
        "model": client.is_model_ready("echo"),
        "version": client.is_model_ready("echo", "4"),
        "missing": client.is_model_ready("nothing"),
        "server": client.get_server_metadata(as_json=True)["name"],
        "inputs": metadata["inputs"],
        "config": {key: config.get(key) for key in ("backend", "max_batch_size", "input", "output")},
        "statistics": statistics["inference_stats"]["success"],
        "repository": [model.get("state") for model in client.get_model_repository_index(as_json=True)["models"]],
        "unknown": failure(lambda: client.get_model_metadata("nothing")),
    }


def synchronous(client):
    every = [tensor(name, array) for name, array in arrays.items()]
    results = {
        kind: client.infer("echo", every, request_id="r-1", compression_algorithm=kind)
        for kind in (None, "gzip", "deflate")
    }
    one = client.infer("echo", every, outputs=[grpcclient.InferRequestedOutput("FP32")], model_version="7")
    large = np.arange(500_000, dtype=np.float32).reshape(1, -1)
    return {
        "same": {
            str(kind): [name for name, array in arrays.items() if not same(result, name, array)]
            for kind, result in results.items()
        },
        "id": results[None].get_response().id,
        "outputs": [output.name for output in one.get_response().outputs],
        "version": one.get_response().model_version,
        "large": same(client.infer("echo", [tensor("x", large)]), "x", large),
        "parameters": client.infer(
            "echo", [tensor("x", large[:, :1])], parameters={"text": "a", "flag": True, "count": 5}, priority=1
        )
        .get_response()
        .model_version,
    }


def callbacks(client):
    done = queue.Queue()
    calls = 40
    for index in range(calls):
        array = np.array([[index]], np.int64)
        client.async_infer(
            "echo",
            [tensor("x", array)],
            callback=lambda result, error, array=array: done.put(error is None and same(result, "x", array)),
        )
    return sum(done.get(timeout=60) for _ in range(calls))


def typed(client):
    """Contents by type, which tritonclient itself never sends."""
    request = service_pb2.ModelInferRequest(model_name="echo", id="t")
    for name, datatype, field, values in (
        ("i", "INT16", "int_contents", [-5, 6]),
        ("l", "INT64", "int64_contents", [-(2**63), 2**63 - 1]),
        ("f", "FP32", "fp32_contents", [0.5, -0.25]),
        ("b", "BOOL", "bool_contents", [True, False]),
        ("s", "BYTES", "bytes_contents", ["é".encode(), b""]),
    ):
        given = request.inputs.add(name=name, datatype=datatype, shape=[2])
        getattr(given.contents, field).extend(values)
    stub = client._client_stub
    response, call = stub.ModelInfer.with_call(request, metadata=(("x-request-id", "from-metadata"), ("traceparent", f"00-{'ab' * 16}-{'cd' * 8}-01")))
    contents = {output.name: output.contents for output in response.outputs}
    return {
        "int": list(contents["i"].int_contents),
        "long": [str(value) for value in contents["l"].int64_contents],
        "float": list(contents["f"].fp32_contents),
        "bool": list(contents["b"].bool_contents),
        "text": [value.decode() for value in contents["s"].bytes_contents],
        "raw": len(response.raw_output_contents),
        "arm": response.parameters["arm"].string_param,
        "metadata": {key: value for key, value in call.initial_metadata() if key.startswith("x-")},
        "trace": dict(call.initial_metadata()).get("traceparent"),
    }


def refused(client):
    good = tensor("x", np.zeros((1, 1), np.float32))
    shape = grpcclient.InferInput("x", [1, 1], "FP32")
    shape.set_data_from_numpy(np.zeros((1, 1), np.float32))
    shape._input.ClearField("shape")
    shape._input.shape.extend([3, 1])
    datatype = grpcclient.InferInput("x", [1], "FP32")
    datatype.set_data_from_numpy(np.zeros(1, np.float32))
    datatype._input.datatype = "BF17"
    huge = tensor("x", np.zeros((1, 3_000_000), np.float32))

    def failing(status):
        return failure(lambda: client.infer("echo", [good], parameters={"fail": status}))

    return {
        "name": failure(lambda: client.infer("nothing", [good])),
        "version": failure(lambda: client.infer("echo", [good], model_version="x")),
        "shape": failure(lambda: client.infer("echo", [shape])),
        "datatype": failure(lambda: client.infer("echo", [datatype])),
        "output": failure(lambda: client.infer("echo", [good], outputs=[grpcclient.InferRequestedOutput("z")])),
        "huge": failure(lambda: client.infer("echo", [huge])),
        "bomb": failure(lambda: client.infer("echo", [huge], compression_algorithm="gzip")),
        "broken": failure(lambda: client.infer("echo", [good], parameters={"break": True})),
        "token": failure(lambda: client.infer("echo", [good], headers={"authorization": "Bearer nobody"})),
        "statuses": {status: failing(status)[0] for status in (403, 413, 429, 503, 504, 500)},
        "after": same(client.infer("echo", [good]), "x", np.zeros((1, 1), np.float32)),
    }


def streamed(client):
    done = queue.Queue()
    client.start_stream(
        callback=lambda result, error: done.put(error.message() if error else result.get_response().id),
        headers={"x-request-id": "of-the-stream"},
    )
    for index in range(100):
        model = "nothing" if index == 50 else "echo"
        client.async_stream_infer(model, [tensor("x", np.array([[index]], np.int64))], request_id=str(index))
    answers = [done.get(timeout=60) for _ in range(100)]
    client.stop_stream()
    return {"error": answers[50], "ordered": answers[:50] + answers[51:] == [str(i) for i in range(100) if i != 50]}


async def asynchronous():
    async with aio.InferenceServerClient(url) as client:
        x = np.array([[1.5]], np.float32)
        results = await asyncio.gather(*(client.infer("echo", [tensor("x", x)]) for _ in range(50)))

        async def requests():
            for index in range(20):
                yield {"model_name": "echo", "inputs": [tensor("x", x)], "request_id": str(index)}

        answers = []
        async for result, error in client.stream_infer(requests()):
            answers.append(error.message() if error else result.get_response().id)
        return {"infer": sum(same(result, "x", x) for result in results), "stream": answers}


with grpcclient.InferenceServerClient(url) as client:
    print(
        json.dumps(
            {
                "described": described(client),
                "synchronous": synchronous(client),
                "callbacks": callbacks(client),
                "typed": typed(client),
                "refused": refused(client),
                "streamed": streamed(client),
                "asynchronous": asyncio.run(asynchronous()),
            }
        )
    )
