import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { runCommand } from '../support/command.ts';
import { describeWith } from '../support/needs.ts';
import { noPython, pythonVenv } from '../support/python.ts';
import { createWorld, until, type World } from './harness.ts';
import { probabilityOf, tinyModel } from './models.ts';

const python = await pythonVenv(['tritonclient[grpc]==2.73.0', 'numpy==2.4.6']);
const script = fileURLToPath(new URL('clients/grpc_gateway.py', import.meta.url));
const rounded = (value: number): number => Number(value.toFixed(4));

let world: World | undefined;
afterEach(() => world?.close());

describeWith(python === null ? noPython : null, 'a gateway over gRPC', () => {
  it('answers tritonclient as it does over REST, describes its models, and logs what was asked', async () => {
    world = await createWorld();
    await world.addVersion(tinyModel(0), 'tiny', {}, false, {});
    await world.deploy({ champion: 1 });
    const { grpc } = await world.gateway();
    const { code, stdout, stderr } = await runCommand(python!, [script, `127.0.0.1:${grpc.port}`]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const first = rounded(probabilityOf(10, 1, 0));
    const second = rounded(probabilityOf(-30, 0, 0));
    const said = JSON.parse(stdout) as Record<string, unknown>;
    expect(said).toMatchObject({
      id: 'from-python',
      version: '1',
      label: [1, 0],
      only: ['label'],
      ready: [true, true, false],
      metadata: {
        name: 'tiny',
        versions: ['1'],
        inputs: [
          { name: 'age', datatype: 'FP32', shape: ['-1', '1'] },
          { name: 'sector', datatype: 'BYTES', shape: ['-1', '1'] },
        ],
      },
      config: {
        max_batch_size: 64,
        input: [
          { name: 'age', data_type: 'TYPE_FP32', dims: ['1'] },
          { name: 'sector', data_type: 'TYPE_STRING', dims: ['1'] },
        ],
      },
      count: '3',
      repository: [{ name: 'tiny', version: '1', state: 'READY' }],
      missing: ['StatusCode.INVALID_ARGUMENT', expect.stringContaining('sector')],
      shape: ['StatusCode.INVALID_ARGUMENT', expect.stringContaining('age')],
      output: ['StatusCode.INVALID_ARGUMENT', expect.stringContaining('"z"')],
      model: ['StatusCode.NOT_FOUND', expect.stringContaining('huge')],
    });
    const probabilities = said.probabilities as [number, number][];
    expect(probabilities.map(([, positive]) => positive)).toEqual([
      expect.closeTo(first, 3),
      expect.closeTo(second, 3),
    ]);
    const row = async (): Promise<unknown> => (await world!.logged()).find(({ request }) => request === 'from-python');
    await until('the request is in the log', async () => (await row()) !== undefined);
    expect(await row()).toMatchObject({ model: 'tiny', key: 'k' });
  });
});
