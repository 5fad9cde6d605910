import type { FeedbackEntry, MirrorEntry, PredictionEntry } from '../../contracts/serving/prediction-log.ts';

export const since = 1_700_000_000_000;

/** The label that the outputs give; null for none. */
type Answer = { label?: number | string | null };
const outputsOf = (label: number | string | null): PredictionEntry['outputs'] =>
  label === null
    ? {}
    : {
        label:
          typeof label === 'string'
            ? { type: 'string', shape: [1], data: [label] }
            : { type: 'int64', shape: [1], data: BigInt64Array.of(BigInt(label)) },
      };
export const prediction = (
  id: string,
  { label = 0, ...change }: Partial<PredictionEntry> & Answer = {},
): PredictionEntry => ({
  kind: 'prediction',
  id,
  key: id,
  at: since + 1,
  model: 'tiny',
  version: 1,
  arm: 'champion',
  share: 0.25,
  seq: 3,
  release: 'release/tiny/1',
  instance: 'one',
  ms: 2,
  modelMs: 1,
  error: null,
  rows: 1,
  inputs: inputsOf({ age: 3, sector: 'x' }),
  outputs: outputsOf(label),
  ...change,
});
export const inputsOf = (values: Record<string, number | string>): PredictionEntry['inputs'] =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? { type: 'string', shape: [1, 1], data: [value] }
        : { type: 'float32', shape: [1, 1], data: Float32Array.of(value) },
    ]),
  );
export const canary = { version: 2, arm: 'canary' } as const;
export const mirror = (id: string, { label = 1, ...change }: Partial<MirrorEntry> & Answer = {}): MirrorEntry => ({
  kind: 'mirror',
  id,
  at: since + 2,
  model: 'tiny',
  version: 2,
  seq: 3,
  release: 'release/tiny/1',
  instance: 'one',
  rows: 1,
  outputs: outputsOf(label),
  ms: 3,
  error: null,
  ...change,
});
export const feedback = (
  id: string,
  label: string | number | null,
  at = since + 5,
  value: number | null = null,
): FeedbackEntry => ({
  kind: 'feedback',
  id,
  at,
  model: 'tiny',
  label,
  value,
  instance: 'one',
});
