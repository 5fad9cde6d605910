"""MLServer has no runtime for ONNX of its own: this one calls onnxruntime."""
import numpy as np
import onnxruntime as ort
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxRuntime(MLModel):
    async def load(self) -> bool:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(
            self.settings.parameters.uri, options, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        tensor = payload.inputs[0]
        if tensor.datatype == "BYTES":
            x = np.array(StringCodec.decode_input(tensor), dtype=np.object_).reshape(tensor.shape)
        else:
            x = NumpyCodec.decode_input(tensor)
        label, probabilities = self._session.run(["label", "probabilities"], {"x": x})
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                NumpyCodec.encode_output("label", label.reshape(-1, 1)),
                NumpyCodec.encode_output("probabilities", probabilities),
            ],
        )
