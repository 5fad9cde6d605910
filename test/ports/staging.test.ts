import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import { bodiesOfRows } from '../../codec/request-bodies.ts';
import { createStagingHost } from '../../ports/staging/process.ts';
import { stagingSuite } from '../contracts/staging.suite.ts';
import { tinyModel } from '../gateway/models.ts';
import { patience } from '../support/patience.ts';

const host = createStagingHost({ config: loadConfig({}) });

stagingSuite('a gateway process', async () => {
  // Other tests may run on the machine: what is left behind is looked for in a folder of our own.
  const usual = process.env.TMPDIR;
  const temporary = await mkdtemp(join(tmpdir(), 'staging-test-'));
  process.env.TMPDIR = temporary;
  return {
    host,
    leftovers: async () => (await readdir(temporary)).filter((name) => name.startsWith('pawl-staging-')),
    async close() {
      if (usual === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = usual;
      await rm(temporary, { recursive: true, force: true });
    },
  };
});

test.runIf(process.platform === 'linux')(
  'divides the time of the machine among the gateway, others and nobody',
  { timeout: patience(60_000) },
  async () => {
    const rows = { rowCount: 1, columns: { age: { type: 'number', values: Float64Array.of(3) } } } as const;
    const job = { model: 'tiny', bytes: tinyModel(0), requests: bodiesOfRows(rows, 1), rate: 50, durationMs: 400 };
    const { machine } = await host.benchmark(job, new AbortController().signal);
    const { idle = 0, steal = 0, gateway = 0, others = 0 } = machine ?? {};
    expect(gateway).toBeGreaterThan(0);
    expect(idle + steal + gateway + others).toBeCloseTo(1, 1);
  },
);
