import { createHmac } from 'node:crypto';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** What of a request may be logged. */
export interface LogPolicy {
  /** The inputs without those that are dropped or too large, and with keyed hashes in place of those that are hashed. */
  inputs(inputs: Tensors): Tensors;
}

/** Hex digits of an HMAC-SHA-256 by the installation's secret: equal values stay equal, and say nothing to who has no key. */
const hashBy = (secret: Uint8Array, value: string | Uint8Array): string =>
  createHmac('sha256', secret).update(value).digest('hex').slice(0, 16);

/**
 * A sticky key as it may be logged: as its hash where one of the versions in traffic takes keys from an input that one of them hides. So a
 * key is the same whichever version answers.
 */
export function loggableKey(key: string, policies: readonly ServingPolicy[], secret: Uint8Array): string {
  const isPrivate = policies.some(
    ({ key: input }) =>
      input !== null && policies.some(({ log }) => log.drop.includes(input) || log.hash.includes(input)),
  );
  return isPrivate ? hashBy(secret, key) : key;
}

/** @param onLarge An input was left out because it has more values a row than the policy logs. @default nothing */
export function createLogPolicy(
  { log }: Pick<ServingPolicy, 'log'>,
  secret: Uint8Array,
  onLarge: (input: string) => void = () => undefined,
): LogPolicy {
  const dropped = new Set(log.drop);
  const hashed = new Set(log.hash);
  /** The same object where all is logged as it is, as of nearly every request. */
  const inputs = (given: Tensors): Tensors => {
    let kept: Record<string, Tensor> | null = null;
    for (const name in given) {
      const tensor = given[name];
      if (tensor === undefined) continue;
      const { data, shape } = tensor;
      const isDropped = dropped.has(name);
      const isLarge = data.length > log.maxValues && data.length > log.maxValues * (shape[0] ?? 1);
      if (!isDropped && !isLarge && !hashed.has(name)) continue;
      kept ??= { ...given };
      if (isDropped || isLarge) delete kept[name];
      else kept[name] = hashOf(tensor, secret);
      if (isLarge && !isDropped) onLarge(name);
    }
    return kept ?? given;
  };
  return { inputs };
}

/** A hash for each value, or one for each row that has several: those of single pixels would say what the picture is. */
function hashOf({ shape, data }: Tensor, secret: Uint8Array): Tensor {
  const [rows = 1] = shape;
  const width = data.length / rows;
  if (width <= 1)
    return {
      type: 'string',
      shape,
      data: Array.from(data as ArrayLike<unknown>, (value) => hashBy(secret, String(value))),
    };
  const ofRow = (row: number): string | Uint8Array => {
    const [from, to] = [row * width, (row + 1) * width];
    if (!ArrayBuffer.isView(data)) return JSON.stringify(data.slice(from, to));
    const { buffer, byteOffset, byteLength } = data.subarray(from, to);
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  return {
    type: 'string',
    shape: [rows, 1],
    data: Array.from({ length: rows }, (_, row) => hashBy(secret, ofRow(row))),
  };
}
