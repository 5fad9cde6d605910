import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { MonitorRecord } from '../../contracts/evidence/monitor.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createRegistry } from '../../ports/registry/store.ts';

test('the last findings of the monitor replace those before, and are null where it never ran', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-monitors-'));
  const open = () => createRegistry(createFileStore(pathToFileURL(folder).href), Date.now);
  const found = (at: string): MonitorRecord => ({
    schema: 'pawl.monitor/1',
    model: 'churn',
    at,
    status: 'warn',
    evidence: null,
    reasons: ['AGEP moved'],
    trigger: null,
  });
  expect(await open().lastMonitor('churn')).toBeNull();
  await open().recordMonitor(found('2026-01-01T00:00:00.000Z'));
  await open().recordMonitor(found('2026-01-01T01:00:00.000Z'));
  expect(await open().lastMonitor('churn')).toEqual(found('2026-01-01T01:00:00.000Z'));
  expect(await open().lastMonitor('another')).toBeNull();
  await rm(folder, { recursive: true, force: true });
});
