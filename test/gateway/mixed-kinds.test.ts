import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { createPredictionLog } from '../../ports/prediction-log/store.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { releaseWindow } from '../ports/release-log.ts';
import { definedTensors } from '../support/tensor-models.ts';
import { createWorld, post, until, type World } from './harness.ts';
import { tinyModel } from './models.ts';

let world: World;
let gateway: Gateway;
afterEach(() => world.close());

const release = 'release/tiny/1';
/** Two probabilities of `x` `[rows, 2]`, and a label. */
function tensorModel(): Uint8Array {
  const g = new GraphBuilder('two');
  g.input('x', 'float32', ['batch', 2]);
  g.output(g.node('Identity', ['x'], {}, { output: 'seen' }), 'float32', ['batch', 2]);
  return encodeModel(g.model());
}

/** A version on columns, and one on tensors; the numbers by kind. */
async function versions(first: 'columns' | 'tensors'): Promise<{ columns: number; tensors: number }> {
  world = await createWorld();
  const { definition, dataset } = definedTensors({ type: 'integer' });
  const said = { positive: undefined, dataset: undefined, ...definition };
  const onColumns = (): Promise<number> => world.addVersion(tinyModel(0));
  const onTensors = (): Promise<number> => world.addVersion(tensorModel(), 'tiny', {}, true, dataset, true, said);
  if (first === 'columns') return { columns: await onColumns(), tensors: await onTensors() };
  const tensors = await onTensors();
  return { columns: await onColumns(), tensors };
}

const columns = { age: 40, sector: 'a' };
const tensors = { x: [1, 2] };

describe.each([
  ['columns', 'tensors', columns, [{ kind: 'tensors', input: 'x' }]],
  [
    'tensors',
    'columns',
    tensors,
    [
      { kind: 'columns', input: 'age' },
      { kind: 'columns', input: 'sector' },
    ],
  ],
] as const)('a champion on %s and a candidate on %s', (champion, candidate, own, lacking) => {
  let numbers: { columns: number; tensors: number };
  beforeEach(async () => {
    numbers = await versions(champion);
    const shadow = { version: numbers[candidate], sample: 1 };
    await world.deploy({ champion: numbers[champion], shadow, release });
    gateway = await world.gateway();
  });

  const seen = () =>
    createPredictionLog({ store: world.store }).observe({
      ...releaseWindow,
      since: 0,
      release,
      champion: numbers[champion],
      canary: numbers[candidate],
    });

  async function askTimes(times: number, body: object): Promise<void> {
    for (let i = 0; i < times; i += 1) {
      const reply = await post(`${gateway.url}/predict/tiny`, body, { 'x-request-id': `${i}`, 'x-pawl-key': `${i}` });
      expect(reply).toMatchObject({ status: 200 });
      expect(Number(reply.headers.get('x-pawl-version'))).toBe(numbers[champion]);
    }
    await until('all is in the store', async () => (await world.logged()).length === 2 * times, 30_000);
  }

  it('names what callers of the champion do not send yet', async () => {
    await askTimes(5, own);
    expect(await seen()).toMatchObject({
      mirrored: { requests: 0, errors: 0, dropped: 5 },
      misfits: {
        requests: 5,
        uncounted: 0,
        missing: lacking.map((one) => ({ ...one, version: numbers[candidate], requests: 5 })),
      },
    });
  });

  it('has both answer requests with the inputs of both', async () => {
    await askTimes(5, { ...columns, ...tensors });
    const found = await seen();
    expect(found.mirrored).toMatchObject({ requests: 5, errors: 0, dropped: 0 });
    expect(found.misfits).toBeUndefined();
  });
});
