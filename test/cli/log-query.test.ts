import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { mirror, prediction } from '../ports/log-entries.ts';
import { putSegment } from '../ports/log-segments.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { writeChurnProject } from './churn-project.ts';
import { patience } from '../support/patience.ts';

const framesOf = (...entries: LogEntry[]): Uint8Array => {
  const writer = new FrameWriter();
  for (const entry of entries) writer.append(entry);
  return writer.take();
};

describe('asking the prediction log', { timeout: patience(120_000) }, () => {
  const now = Date.now();
  const hour = 3_600_000;
  const of = { model: 'churn' };
  let folder: string;
  let local: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-log-query-'));
    await writeChurnProject(folder);
    const home = join(folder, 'home');
    env = { ...process.env, PAWL_PROJECT: folder, PAWL_HOME: home, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const store = createFileStore(pathToFileURL(join(home, 'store')).href);
    const old = now - 5 * hour;
    const wide = { type: 'float32' as const, shape: [1, 100], data: Float32Array.from({ length: 100 }, (_, i) => i) };
    await putSegment(
      store,
      [prediction('old-1', { ...of, at: old, inputs: { wide } }), prediction('old-2', { ...of, at: old, label: 1 })],
      0,
    );
    const recent = [prediction('new-1', { ...of, at: now - 1_000, ms: 7 }), mirror('new-1', { ...of, at: now - 900 })];
    await putSegment(store, recent, 1);
    await store.close();
    local = join(home, 'gateway', 'one', 'churn');
    await mkdir(local, { recursive: true });
    await writeFile(join(home, 'gateway', 'one', 'lock.json'), '{}');
    // Handed over, but killed before the local file was gone.
    await writeFile(join(local, `${now - 1_000}-00000001.log`), framesOf(...recent));
    const torn = framesOf(prediction('lost', { ...of, at: now }));
    await writeFile(
      join(local, `${now}-00000002.log`),
      Buffer.concat([
        framesOf(
          prediction('open-1', { ...of, at: now, key: '\x1b[2J' }),
          prediction('open-2', { ...of, at: now, rows: 1 }),
        ),
        torn.subarray(0, torn.length - 1),
      ]),
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('joins what is in the store and what is not there yet, each request once', async () => {
    const rows = await pawlJson<object[]>(
      ['log', 'query', 'select id, kind, count(*) as n from log group by all order by 1, kind desc'],
      env,
    );
    expect(rows).toEqual([
      { id: 'new-1', kind: 'prediction', n: 1 },
      { id: 'new-1', kind: 'mirror', n: 1 },
      { id: 'old-1', kind: 'prediction', n: 1 },
      { id: 'old-2', kind: 'prediction', n: 1 },
      { id: 'open-1', kind: 'prediction', n: 1 },
      { id: 'open-2', kind: 'prediction', n: 1 },
    ]);
  });

  it('knows times, numbers and JSON', async () => {
    const sql = `select time, "at", version, probability, inputs, inputs->>'$.sector' as sector, sum(ms) over () as ms
      from log where id = 'new-1' and kind = 'prediction'`;
    expect(await pawlJson(['log', 'query', sql], env)).toEqual([
      {
        time: new Date(now - 1_000).toISOString(),
        at: now - 1_000,
        version: 1,
        probability: null,
        inputs: { age: 3, sector: 'x' },
        sector: 'x',
        ms: 7,
      },
    ]);
  });

  it('prints a table for people that no client can garble, and less for a shorter time', async () => {
    const { code, stdout } = await pawl(
      [
        'log',
        'query',
        `select id, "key" from log where kind = 'prediction' order by id`,
        '--since',
        '1h',
        '--model',
        'churn',
      ],
      env,
    );
    expect(stdout).toBe('id      key\nnew-1   new-1\nopen-1  \\u001b[2J\nopen-2  open-2\n');
    expect(code).toBe(0);
  });

  it('finds a request by its id, with its copy and its label', async () => {
    const found = await pawl(['log', 'find', 'new-1'], env);
    expect(found.stdout).toMatch(/^kind +prediction$[^]*^kind +mirror$/m);
    expect(found.stdout).toContain('inputs    {"age":3,"sector":"x"}');
    const [old] = await pawlJson<{ id: string; label: string }[]>(['log', 'find', 'old-2'], env);
    expect(old).toMatchObject({ id: 'old-2', label: '1', model: 'churn' });
    const none = await pawl(['log', 'find', 'old-2', '--since', '1h'], env);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/^pawl: the prediction log knows no request "old-2" that young/);
  });

  it('shows the first values of a long tensor, and all as JSON', async () => {
    const { stdout, stderr } = await pawl(['log', 'find', 'old-1'], env);
    expect(stdout).toContain('inputs    {"wide":[0,1,2,3,4,5,6,7, and 92 more of [100]]}');
    expect(stderr).toBe('pawl: the first values of long tensors are shown: --json prints all\n');
    const [whole] = await pawlJson<{ inputs: { wide: number[] } }[]>(['log', 'find', 'old-1'], env);
    expect(whole?.inputs.wide).toHaveLength(100);
  });

  it.each([
    [['log', 'query', 'select 1', '--since', 'yesterday'], 2, /--since.*an age such as 30m, 1h or 7d/],
    [['log', 'query', 'select nothing from log'], 2, /^pawl: Binder Error: .*"nothing" not found/],
    [
      ['log', 'query', 'select max(at) from log'],
      2,
      /Parser Error[^]*"at" is a word of SQL: write the column in double quotes/,
    ],
    [['log', 'query', 'select id from log where at/1000 > 5'], 2, /"at" is a word of SQL/],
    [['log', 'query', `select "at", 'at' frm log`], 2, /^(?![^]*word of SQL)/],
    [['log', 'query', "copy (select 1) to 'out.csv'"], 2, /^pawl: Permission Error: .* disabled by configuration/],
    [['log', 'query', "select error('it fell')"], 1, /^pawl: .*it fell/],
    [['log', 'query', 'select 1', '--model', 'chrun'], 1, /there is no model "chrun": known are churn/],
    [['log', 'find', 'nobody'], 1, /the prediction log knows no request "nobody": /],
  ])('ends as it should: pawl %j', async (args, expected, message) => {
    const { code, stderr } = await pawl(args, env);
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
  });
});
