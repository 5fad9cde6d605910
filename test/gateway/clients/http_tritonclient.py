"""tritonclient[http] against a gateway that serves the models of test/gateway/rest-world.ts."""

import asyncio
import json
from urllib.request import Request, urlopen

import ml_dtypes
import numpy as np
import tritonclient.http as http
import tritonclient.http.aio as aio
from tritonclient.utils import InferenceServerException

from http_checks import check, run

numeric = {
    "bool": ("BOOL", np.bool_),
    "int8": ("INT8", np.int8),
    "int16": ("INT16", np.int16),
    "int32": ("INT32", np.int32),
    "int64": ("INT64", np.int64),
    "uint8": ("UINT8", np.uint8),
    "uint16": ("UINT16", np.uint16),
    "uint32": ("UINT32", np.uint32),
    "uint64": ("UINT64", np.uint64),
    "float16": ("FP16", np.float16),
    "float32": ("FP32", np.float32),
    "float64": ("FP64", np.float64),
}
texts = np.array([["", "a"], ["é€😀", "x" * 300]], dtype=np.object_)


def client(url, **options):
    return http.InferenceServerClient(url.removeprefix("http://"), **options)


def tensor(name, values, datatype, binary=True, module=http):
    given = module.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def extremes(dtype):
    if dtype is np.bool_:
        return np.array([[True, False], [False, True]])
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return np.array([[info.min, info.max], [0, 1]], dtype=dtype)
    info = np.finfo(dtype)
    return np.array([[info.min, info.max], [info.tiny, -0.0]], dtype=dtype)


def echo_inputs(binary=True, module=http):
    inputs = []
    for name, (datatype, dtype) in numeric.items():
        values = extremes(dtype)
        if not binary and name in ("int64", "uint64"):
            values = np.array([[0, 2**53 - 1], [1, 2]], dtype=dtype)
        # The client itself cannot send FP16 as JSON.
        inputs.append(tensor(name, values, datatype, binary or name == "float16", module))
    inputs.append(tensor("string", texts, "BYTES", binary, module))
    return inputs


def expect_echo(result, binary=True):
    for name, (_, dtype) in numeric.items():
        wanted = extremes(dtype)
        if not binary and name in ("int64", "uint64"):
            wanted = np.array([[0, 2**53 - 1], [1, 2]], dtype=dtype)
        got = result.as_numpy(f"{name}_out")
        assert got.dtype == dtype, f"{name}: {got.dtype}"
        np.testing.assert_array_equal(got, wanted, err_msg=name)
    got = [text.decode() if isinstance(text, bytes) else text for text in result.as_numpy("string_out").flatten()]
    assert got == list(texts.flatten()), got


matrix = np.arange(24, dtype=np.float32).reshape(3, 8) / 7


def refused(status, message, call):
    try:
        call()
    except InferenceServerException as error:
        assert str(error.status()) == str(status), f"{error.status()}: {error.message()}"
        assert message in error.message(), error.message()
        return
    raise AssertionError("it was answered")


@check("asks for life, readiness, metadata and configuration")
def describe(url):
    with client(url) as triton:
        assert triton.is_server_live() and triton.is_server_ready()
        assert triton.is_model_ready("echo") and triton.is_model_ready("echo", "1")
        assert not triton.is_model_ready("echo", "9")
        assert not triton.is_model_ready("nobody")
        assert "binary_tensor_data" in triton.get_server_metadata()["extensions"]
        metadata = triton.get_model_metadata("echo", "1")
        assert metadata["versions"] == ["1"], metadata
        assert {"name": "float16", "datatype": "FP16", "shape": [-1, 2]} in metadata["inputs"], metadata
        config = triton.get_model_config("matrix")
        assert config["input"] == [{"name": "x", "data_type": "TYPE_FP32", "dims": [8]}], config
        assert config["max_batch_size"] > 0
        assert triton.get_model_config("fixed")["max_batch_size"] == 0
        assert {"name": "matrix", "version": "1", "state": "READY", "reason": ""} in triton.get_model_repository_index()


@check("sends and gets every type as raw bytes")
def raw(url):
    with client(url) as triton:
        expect_echo(triton.infer("echo", echo_inputs()))


@check("sends every type as JSON and gets raw bytes")
def json_in_raw_out(url):
    with client(url) as triton:
        result = triton.infer("echo", echo_inputs(binary=False))
        assert all("binary_data_size" in output["parameters"] for output in result.get_response()["outputs"])
        expect_echo(result, binary=False)


@check("gets JSON, or raw bytes, by output")
def by_output(url):
    with client(url) as triton:
        names = [*numeric, "string"]
        outputs = [
            http.InferRequestedOutput(f"{name}_out", binary_data=index % 2 == 0 or name in ("float16", "bool"))
            for index, name in enumerate(names)
        ]
        result = triton.infer("echo", echo_inputs(), outputs=outputs)
        assert [output["name"] for output in result.get_response()["outputs"]] == [f"{name}_out" for name in names]
        expect_echo(result)


@check("gets one of several outputs")
def one_output(url):
    with client(url) as triton:
        result = triton.infer("echo", echo_inputs(), outputs=[http.InferRequestedOutput("int8_out")])
        assert [output["name"] for output in result.get_response()["outputs"]] == ["int8_out"]


@check("packs requests and gets packed answers")
def packed(url):
    wide = np.random.default_rng(1).normal(size=(500, 8)).astype(np.float32)
    with client(url) as triton:
        for algorithm in ("gzip", "deflate"):
            for binary in (True, False):
                result = triton.infer(
                    "matrix",
                    [tensor("x", wide, "FP32", binary)],
                    outputs=[http.InferRequestedOutput("y", binary_data=binary)],
                    request_compression_algorithm=algorithm,
                    response_compression_algorithm=algorithm,
                )
                np.testing.assert_array_equal(result.as_numpy("y"), wide * 2)
    request = Request(
        f"{url}/v2/models/matrix/infer",
        json.dumps({"inputs": [{"name": "x", "datatype": "FP32", "shape": [500, 8], "data": wide.flatten().tolist()}]}).encode(),
        {"accept-encoding": "gzip"},
    )
    with urlopen(request) as response:
        assert response.headers["content-encoding"] == "gzip", response.headers


@check("sends raw tensors at offsets that are not aligned")
def unaligned(url):
    # The length of the id moves the tensors behind the JSON.
    with client(url) as triton:
        for length in range(1, 10):
            result = triton.infer("echo", echo_inputs(), request_id="r" * length)
            assert result.get_response()["id"] == "r" * length
            expect_echo(result)


@check("names a version, parameters and a time limit")
def options(url):
    with client(url) as triton:
        result = triton.infer(
            "matrix",
            [tensor("x", matrix, "FP32")],
            model_version="1",
            timeout=30_000_000,
            priority=1,
            parameters={"key": "customer-7", "number": 1.5, "flag": True},
        )
        assert result.get_response()["model_version"] == "1"
        np.testing.assert_array_equal(result.as_numpy("y"), matrix * 2)


@check("gets NaN and infinities as they are in raw bytes, and as null in JSON")
def not_finite(url):
    values = np.array([[np.nan, np.inf, -np.inf, 0, 1, 2, 3, 4]], dtype=np.float32)
    with client(url) as triton:
        given = [tensor("x", values, "FP32")]
        np.testing.assert_array_equal(triton.infer("matrix", given).as_numpy("y"), values * 2)
        result = triton.infer("matrix", given, outputs=[http.InferRequestedOutput("y", binary_data=False)])
        assert result.get_response()["outputs"][0]["data"][:4] == [None, None, None, 0]


@check("sends many requests at once")
def many(url):
    with client(url, concurrency=8) as triton:
        asked = [triton.async_infer("matrix", [tensor("x", matrix + i, "FP32")]) for i in range(100)]
        for i, request in enumerate(asked):
            np.testing.assert_array_equal(request.get_result().as_numpy("y"), (matrix + i) * 2)


@check("asks by asyncio")
async def by_asyncio(url):
    async with aio.InferenceServerClient(url.removeprefix("http://")) as triton:
        assert await triton.is_server_live() and await triton.is_model_ready("echo")
        assert (await triton.get_model_metadata("echo"))["name"] == "echo"
        results = await asyncio.gather(*(triton.infer("echo", echo_inputs(module=aio)) for _ in range(20)))
        for result in results:
            expect_echo(result)
        wide = np.repeat(matrix, 200, axis=0)
        result = await triton.infer(
            "matrix",
            [tensor("x", wide, "FP32", module=aio)],
            request_compression_algorithm="gzip",
            response_compression_algorithm="deflate",
        )
        np.testing.assert_array_equal(result.as_numpy("y"), wide * 2)


@check("serves a model of fixed shapes")
def fixed(url):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    with client(url) as triton:
        result = triton.infer("fixed", [tensor("x", values, "FP32")])
        np.testing.assert_array_equal(result.as_numpy("y"), -values)
        refused(400, "not [2, 3]", lambda: triton.infer("fixed", [tensor("x", values.T.copy(), "FP32")]))


@check("reads statistics")
def statistics(url):
    with client(url) as triton:
        triton.infer("matrix", [tensor("x", matrix, "FP32")])
        for stats in (triton.get_inference_statistics("matrix", "1"), triton.get_inference_statistics()):
            (model,) = [model for model in stats["model_stats"] if model["name"] == "matrix"]
            assert model["version"] == "1" and model["inference_stats"]["success"]["count"] > 0, model


@check("is told what is wrong")
def wrong(url):
    with client(url) as triton:
        ask = lambda *given, **options: lambda: triton.infer(options.pop("model", "matrix"), list(given), **options)
        good = tensor("x", matrix, "FP32")
        refused(404, "nobody", ask(good, model="nobody"))
        refused(404, "version 9", ask(good, model_version="9"))
        refused(400, '"x" (FP32)', ask(tensor("z", matrix, "FP32")))
        refused(400, "not [rows, 8]", ask(tensor("x", matrix[:, :7].copy(), "FP32")))
        refused(400, "not [rows, 8]", ask(tensor("x", matrix[0], "FP32")))
        refused(400, "BYTES where the model takes a number", ask(tensor("x", np.array([["a"] * 8], dtype=object), "BYTES")))
        refused(400, '"z"', ask(good, outputs=[http.InferRequestedOutput("z")]))
        refused(400, "classification", ask(good, outputs=[http.InferRequestedOutput("y", class_count=2)]))
        shared = http.InferInput("x", [3, 8], "FP32")
        shared.set_shared_memory("region", 96)
        refused(400, "shared memory", ask(shared))
        bfloat = http.InferInput("x", [3, 8], "BF16")
        bfloat.set_data_from_numpy(matrix.astype(ml_dtypes.bfloat16))
        refused(400, "BF16", ask(bfloat))


if __name__ == "__main__":
    run()
