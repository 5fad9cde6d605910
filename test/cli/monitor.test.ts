import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveDocument } from '../../activities/support/documents.ts';
import { monitorEvidenceSchema, type MonitorEvidence } from '../../contracts/evidence/monitor.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { writeChurnProject } from './churn-project.ts';

let folder: string;
let env: NodeJS.ProcessEnv;
const store = () => createFileStore(pathToFileURL(join(folder, 'store')).href);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-monitor-'));
  await writeChurnProject(folder);
  const { TEMPORAL_ADDRESS: _address, ...outer } = process.env;
  env = {
    ...outer,
    PAWL_PROJECT: folder,
    PAWL_MODELS: join(folder, 'models'),
    PAWL_HOME: join(folder, 'home'),
    PAWL_STORE: store().url,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a monitor that never ran is said, with what runs it, and an unknown model is refused', async () => {
  const { code, stdout } = await pawl(['monitor', 'churn'], env);
  expect(code).toBe(0);
  expect(stdout).toMatch(/the monitor of "churn" never ran: .*`pawl schedule trigger churn --monitor` runs it now/);
  expect(stdout).toContain('`pawl schedule sync` makes the schedule "monitor/churn" if the model is new');
  expect(await pawlJson(['monitor', 'churn'], env)).toEqual({
    model: 'churn',
    last: null,
    evidence: null,
    differences: [],
  });
  expect((await pawl(['monitor', 'chrun'], env)).stderr).toContain('there is no model "chrun"');
});

const check = {
  name: 'psi.age',
  status: 'fail',
  observed: 0.4,
  limit: 0.25,
  required: true,
  message: 'age moved',
} as const;
const findings: MonitorEvidence = {
  schema: 'pawl.evidence.monitor/1',
  model: 'churn',
  version: 3,
  from: Date.parse('2026-01-01T00:00:00Z'),
  to: Date.parse('2026-01-02T00:00:00Z'),
  requests: 5_000,
  keys: 400,
  errors: 7,
  labels: 900,
  cohort: { from: Date.parse('2025-12-30T00:00:00Z'), to: Date.parse('2025-12-31T00:00:00Z') },
  accuracy: { estimate: 0.81, lower: 0.78, upper: 0.84, least: 0.79, most: 0.83, unlabelled: 45 },
  error: null,
  drift: [
    { column: 'sector', psi: 0.01, lower: 0, pValue: 1, adjusted: 1 },
    { column: 'age', psi: 0.4, lower: 0.31, pValue: 0, adjusted: 0 },
  ],
  unread: [{ column: 'late', requests: 12 }],
  notLogged: ['email'],
  odd: [{ column: 'age', outside: 12, unknown: 0 }],
  verdict: { status: 'fail', checks: [check] },
  trigger: 'age moved',
};

async function remember(evidence: MonitorEvidence): Promise<void> {
  await createRegistry(store(), Date.now).recordMonitor({
    schema: 'pawl.monitor/1',
    model: 'churn',
    at: '2026-01-02T00:00:01.000Z',
    status: 'fail',
    evidence: await saveDocument(store(), monitorEvidenceSchema, evidence),
    reasons: ['the column age moved'],
    trigger: 'age moved',
  });
}

test('the last findings are shown: verdict, window, accuracy, and columns by their drift', async () => {
  await remember(findings);
  const { code, stdout } = await pawl(['monitor', 'churn'], env);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /verdict +fail\nstarts a run +age moved\nversion +3\nwindow +2026-01-01 00:00:00 to 2026-01-02/,
  );
  expect(stdout).toMatch(
    /requests +5000, 7 of them failed\naccuracy +81 % \(78 % to 84 %\) on 900 labels of requests from 2025-12-30 00:00:00 to 2025-12-31 00:00:00 UTC, 45 have none\n/,
  );
  expect(stdout).toContain('the column age moved');
  expect(stdout).toMatch(/unread late +12 requests were answered by versions that do not read it/);
  expect(stdout).toMatch(/odd age +12 outside the range, 0 of an unknown category/);
  expect(stdout).toMatch(/COLUMN +PSI +AT LEAST\nage +0.400 +0.310\nsector +0.010 +0.000/);
});

test('of numbers the mean error is shown, with what errors count as at most', async () => {
  const error = { estimate: 12.25, lower: 11, upper: 13.5, least: 11.5, most: 13, unlabelled: 4, cap: 150 };
  await remember({ ...findings, accuracy: null, error });
  expect((await pawl(['monitor', 'churn'], env)).stdout).toMatch(
    /mean error +12\.25 \(11 to 13\.5\) on 900 labels of requests from .* UTC, 4 have none; errors above 150 count as that\n/,
  );
});

test('accuracy that is not judged is said, with the key to declare', async () => {
  await remember({ ...findings, cohort: null, accuracy: null, labels: 12 });
  const undeclared = await pawl(['monitor', 'churn'], env);
  expect(undeclared.stdout).toContain('not judged: declare release.labels.maturity (12 labels came in the window)');
  await remember({ ...findings, accuracy: null, labels: 0 });
  expect((await pawl(['monitor', 'churn'], env)).stdout).toContain('no labels of requests from 2025-12-30 00:00:00');
});
