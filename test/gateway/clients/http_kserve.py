"""KServe's REST client against a gateway that serves the models of test/gateway/rest-world.ts."""

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from http_checks import check, run

matrix = np.arange(24, dtype=np.float32).reshape(3, 8) / 7


def client():
    return InferenceRESTClient(RESTConfig(protocol="v2"))


def request(values, binary, outputs=None):
    given = InferInput("x", list(values.shape), "FP32")
    given.set_data_from_numpy(values, binary_data=binary)
    return InferRequest(model_name="matrix", infer_inputs=[given], request_outputs=outputs)


@check("asks for life and readiness")
async def ready(url):
    async with client() as kserve:
        assert await kserve.is_server_live(url) is True
        assert await kserve.is_server_ready(url) is True
        assert await kserve.is_model_ready(url, "matrix") is True
        assert await kserve.is_model_ready(url, "nobody") is False


@check("sends JSON and raw bytes")
async def infer(url):
    async with client() as kserve:
        for binary in (False, True):
            response = await kserve.infer(url, request(matrix, binary), model_name="matrix")
            np.testing.assert_array_equal(response.outputs[0].as_numpy(), matrix * 2)


@check("gets raw bytes where it asks for them")
async def raw(url):
    async with client() as kserve:
        outputs = [RequestedOutput("y", parameters={"binary_data": True})]
        headers = {}
        response = await kserve.infer(
            url, request(matrix, True, outputs), model_name="matrix", response_headers=headers
        )
        assert "inference-header-content-length" in headers, headers
        np.testing.assert_array_equal(response.outputs[0].as_numpy(), matrix * 2)


@check("is told what is wrong")
async def wrong(url):
    async with client() as kserve:
        try:
            await kserve.infer(url, request(matrix[:, :7].copy(), False), model_name="matrix")
        except httpx.HTTPStatusError as error:
            assert error.response.status_code == 400 and "not [rows, 8]" in str(error), str(error)
            return
        raise AssertionError("it was answered")


if __name__ == "__main__":
    run()
