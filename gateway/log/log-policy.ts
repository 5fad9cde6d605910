import { createHmac } from 'node:crypto';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** What of a request may be logged. */
export interface LogPolicy {
  /** The inputs without those that are dropped, and with keyed hashes in place of those that are hashed. */
  inputs(inputs: Tensors): Tensors;
}

/** Hex digits of an HMAC-SHA-256 by the installation's secret: equal values stay equal, and say nothing to who has no key. */
const hashBy = (secret: Uint8Array, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex').slice(0, 16);

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

export function createLogPolicy({ log }: Pick<ServingPolicy, 'log'>, secret: Uint8Array): LogPolicy {
  const dropped = new Set(log.drop);
  const hashed = new Set(log.hash);
  return {
    inputs:
      dropped.size === 0 && hashed.size === 0
        ? (inputs) => inputs
        : (inputs) => {
            const kept: Record<string, Tensor> = {};
            for (const name in inputs) {
              const tensor = inputs[name];
              if (tensor === undefined || dropped.has(name)) continue;
              kept[name] = hashed.has(name)
                ? {
                    type: 'string',
                    shape: tensor.shape,
                    data: Array.from(tensor.data as ArrayLike<unknown>, (value) => hashBy(secret, String(value))),
                  }
                : tensor;
            }
            return kept;
          },
  };
}
