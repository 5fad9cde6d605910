import { createOnnxInference } from './onnx.ts';
import type { InferenceEngine } from './port.ts';

/** What runs models: ONNX Runtime on the CPU. */
export const openInference = (): InferenceEngine => createOnnxInference();
