import { createHmac } from 'node:crypto';
import type { ServingPolicy } from '../../contracts/serving-policy.ts';
import type { Tensor } from '../../contracts/tensor.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** What of a request may be logged. */
export interface LogPolicy {
  /** The inputs without those that are dropped, and with keyed hashes in place of those that are hashed. */
  inputs(inputs: Tensors): Tensors;
  /** A sticky key that comes from a private input is logged as its hash. */
  key(key: string): string;
}

/** HMAC-SHA-256 by the installation's secret, 16 hex digits: equal values stay equal, and say nothing to who has no key. */
export function createLogPolicy({ log, key: keyInput }: ServingPolicy, secret: Uint8Array): LogPolicy {
  const dropped = new Set(log.drop);
  const hashed = new Set(log.hash);
  const hashOf = (text: string): string => createHmac('sha256', secret).update(text).digest('hex').slice(0, 16);
  const isPrivate = keyInput !== null && (dropped.has(keyInput) || hashed.has(keyInput));
  return {
    key: isPrivate ? hashOf : (key) => key,
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
                    data: Array.from(tensor.data as ArrayLike<unknown>, (value) => hashOf(String(value))),
                  }
                : tensor;
            }
            return kept;
          },
  };
}
