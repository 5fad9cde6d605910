import { messagesOf } from './messages.ts';
import type { ModelProto, TensorProto } from './proto.ts';

/** The values of a tensor that lie in a file beside the model. */
export interface FarWeights {
  readonly tensor: TensorProto;
  /** Path of the file, relative to the model's. */
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
  /** In bytes; null for the rest of the file. */
  readonly length: number | null;
  /** SHA-1 of the file where the model says it. */
  readonly checksum: string | null;
}

/** `TensorProto.DataLocation.EXTERNAL`. */
const external = 1;

/** Tensors whose values lie in another file, as the keys of `external_data` say (ONNX, "External Data"). */
export function farWeights(model: ModelProto): FarWeights[] {
  const found: FarWeights[] = [];
  for (const message of messagesOf(model)) {
    if (message.dataLocation !== external) continue;
    const tensor = message as unknown as TensorProto;
    const said = Object.fromEntries((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
    const { location = '', offset = '0', length = null, checksum = null } = said;
    found.push({ tensor, location, offset: Number(offset), length: length === null ? null : Number(length), checksum });
  }
  return found;
}

/** Puts the values into the tensor, which then is as if they had never been elsewhere. */
export function takeIn(tensor: TensorProto, values: Uint8Array): void {
  tensor.rawData = values;
  delete tensor.externalData;
  delete tensor.dataLocation;
}
