import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { createStagingHost } from '../../ports/staging/process.ts';
import { tinyModel } from '../gateway/models.ts';
import { patience } from '../support/patience.ts';

const rows: Frame = {
  rowCount: 2,
  columns: {
    age: { type: 'number', values: Float64Array.of(3, NaN) },
    sector: { type: 'string', values: ['a', ''] },
  },
};
const host = createStagingHost({ config: loadConfig({}) });
/** Other tests may run on the machine: what is left behind is looked for in a folder of our own. */
const usual = process.env.TMPDIR;
let temporary = '';
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'staging-test-'));
  process.env.TMPDIR = temporary;
});
afterAll(async () => {
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  await rm(temporary, { recursive: true, force: true });
});
const leftovers = async (): Promise<string[]> =>
  (await readdir(temporary)).filter((name) => name.startsWith('pawl-staging-'));

describe('the staging host', () => {
  it(
    'measures the candidate in a gateway process of its own, at the rate that was asked for',
    { timeout: patience(60_000) },
    async () => {
      const before = await leftovers();
      const job = { model: 'tiny', bytes: tinyModel(0), rows, rate: 100, durationMs: 1_500 };
      const measured = await host.benchmark(job, new AbortController().signal);
      expect(measured).toMatchObject({ requests: 150, errors: 0, offered: 100 });
      expect(measured.throughput).toBeGreaterThan(80);
      expect(measured.latencyMs.p50).toBeGreaterThan(0);
      expect(measured.latencyMs.p99).toBeGreaterThanOrEqual(measured.latencyMs.p50);
      expect(measured.memoryMb).toBeGreaterThan(30);
      expect(measured.memoryMb).toBeLessThan(2_000);
      if (process.platform === 'linux') {
        const { idle, steal, gateway, others } = measured.machine ?? {};
        expect(gateway).toBeGreaterThan(0);
        expect((idle ?? 0) + (steal ?? 0) + (gateway ?? 0) + (others ?? 0)).toBeCloseTo(1, 1);
      }
      expect(await leftovers()).toEqual(before);
      process.stdout.write(`staging: ${JSON.stringify(measured)}\n`);
    },
  );

  it('counts requests that the candidate cannot answer', { timeout: patience(60_000) }, async () => {
    const job = { model: 'tiny', bytes: tinyModel(0, 'tenure'), rows, rate: 50, durationMs: 400 };
    const measured = await host.benchmark(job, new AbortController().signal);
    expect(measured).toMatchObject({ requests: 20, errors: 20, throughput: 0 });
    expect(measured.failures[0]?.message).toMatch(/^400 .*(age|sector|tenure)/);
  });

  it('ends the process and leaves nothing behind when it is aborted', { timeout: patience(60_000) }, async () => {
    const before = await leftovers();
    const aborter = new AbortController();
    const job = { model: 'tiny', bytes: tinyModel(0), rows, rate: 50, durationMs: 60_000 };
    const benchmark = host.benchmark(job, aborter.signal);
    setTimeout(() => {
      aborter.abort(new Error('cancelled'));
    }, 3_000);
    await expect(benchmark).rejects.toThrow('cancelled');
    expect(await leftovers()).toEqual(before);
  });
});
