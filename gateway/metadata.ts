import type { Serving } from './follow-model.ts';
import { notFound } from './http-error.ts';
import { datatypeOf } from './protocol/datatypes.ts';

/** Metadata of the server, as the Open Inference Protocol has it. */
export const serverMetadata = { name: 'pawl', version: '2', extensions: [] as string[] };

/** Metadata of a model: of the named version, else of the champion. Throws `HttpError` 404. */
export function modelMetadata(serving: Serving, version: number | null): object {
  const { record, versions } = serving;
  const shown = version ?? record.champion ?? record.canary?.version ?? record.shadow?.version ?? 0;
  const served = versions.get(shown);
  if (served === undefined)
    throw notFound(
      `model "${record.model}" does not serve version ${shown}: loaded are ${[...versions.keys()].join(', ')}`,
    );
  const { signature } = served.loaded;
  return {
    name: record.model,
    versions: [...versions.keys()].toSorted((a, b) => a - b).map(String),
    platform: 'onnx_onnxv1',
    inputs: signature.inputs.map(({ name, type }) => ({ name, datatype: datatypeOf[type], shape: [-1, 1] })),
    outputs: signature.outputs.map(({ name, type }) => ({
      name,
      datatype: datatypeOf[type],
      shape: served.outputShapes[name] ?? [-1],
    })),
  };
}
