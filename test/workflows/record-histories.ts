/**
 * Records a history of each way that each workflow can end, for the replay tests: `npx tsx test/workflows/record-histories.ts`.
 * Record again only together with a versioned change of a workflow: a history that no longer replays is a running
 * workflow that would break.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { PawlError } from '../../contracts/errors.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { startHarness, until, type Harness } from './harness.ts';

const folder = fileURLToPath(new URL('../fixtures/histories/', import.meta.url));
const command = { by: 'ada', reason: 'looked at it' };

/** Numbers that the server draws, and stacks, which hold paths of the machine: no replay reads them. */
const noise = new Set(['taskId', 'requestId', 'historySizeBytes', 'stackTrace']);
const withoutNoise = (key: string, value: unknown): unknown => (noise.has(key) ? undefined : value);

async function scenarios({ client, define, defineServing }: Harness): Promise<Record<string, WorkflowHandle>> {
  const start = (type: string, workflowId: string, ...args: unknown[]): Promise<WorkflowHandle> =>
    client.workflow.start(type, { args, workflowId, taskQueue: type === 'release' ? 'pawl-release' : 'pawl' });
  const decided = async (run: WorkflowHandle, name: 'approve' | 'reject'): Promise<WorkflowHandle> => {
    const { evidence } = await until(
      () => run.query<{ evidence: string | null }>('progress'),
      (answer) => answer.evidence !== null,
    );
    await run.signal(name, { ...command, evidence: 'not what it awaits' });
    await run.executeUpdate(name, { args: [{ ...command, evidence }] });
    return run;
  };
  const cancelled = async (run: WorkflowHandle): Promise<WorkflowHandle> => {
    await until(
      () => run.query<{ waitingFor: string | null }>('progress'),
      ({ waitingFor }) => waitingFor !== null,
    );
    await run.cancel();
    return run;
  };
  const promoted = await defineServing('promoted', { analysis: () => 'advance' });
  const fired = await defineServing('fired', {
    analysis: ({ phase }) => (phase === 'bake' ? 'rollback' : 'advance'),
  });
  const steered = await defineServing('steered', { analysis: ({ phase }) => (phase === 'bake' ? 'advance' : 'hold') });
  const stopped = await define('stopped', { gates: { data: 'fail' } });
  const held = await define('held', { gates: { fairness: 'inconclusive' } }, { approval: { require: 'never' } });
  const broken = await define('broken', {
    training: () => Promise.reject(new PawlError('InvalidDataError', 'no rows')),
  });
  const takenBack = await defineServing(
    'taken-back',
    { analysis: () => 'rollback' },
    { approval: { require: 'never' } },
  );
  const searched = await define(
    'searched',
    { gates: { quality: 'fail' } },
    { trainer: { kind: 'gbdt' }, search: { ranges: { leaves: { of: [3, 4, 5] } }, method: 'random' } },
  );
  const expired = await define('expired', {}, { approval: { deadline: '200ms' } });
  const drifted = await define('drifted', { trigger: 'age drifted' });

  const recorded: Record<string, WorkflowHandle> = {
    'retrain-promoted': await decided(await start('retrainAndRelease', 'run-promoted', promoted), 'approve'),
    'retrain-rejected': await decided(await start('retrainAndRelease', 'run-rejected', { model: held }), 'reject'),
    'retrain-stopped': await start('retrainAndRelease', 'run-stopped', stopped),
    'retrain-searched': await start('retrainAndRelease', 'run-searched', searched),
    'retrain-failed': await start('retrainAndRelease', 'run-failed', broken),
    'retrain-rolled-back': await start('retrainAndRelease', 'run-rolled-back', takenBack),
    'retrain-expired': await start('retrainAndRelease', 'run-expired', expired),
    'retrain-cancelled': await cancelled(await start('retrainAndRelease', 'run-cancelled', held)),
    'release-promoted': client.workflow.getHandle(`release/${promoted}`),
    'release-rolled-back': await start('release', `release/${fired}`, { model: fired, version: 2 }),
    reproduce: await start('reproduce', 'reproduce-promoted', { model: promoted, version: 1 }),
    monitor: await start('monitorModel', 'monitor-drifted', drifted),
  };
  const bySteering = await start('release', `release/${steered}`, { model: steered, version: 2 });
  await until(
    () => bySteering.query<{ analyses: number }>('progress'),
    ({ analyses }) => analyses > 1,
  );
  await bySteering.signal('pause', command);
  await bySteering.executeUpdate('resume', { args: [command] });
  await bySteering.executeUpdate('promote', { args: [command] });
  recorded['release-steered'] = bySteering;
  await bySteering.result();
  recorded.rollback = await start('rollback', 'rollback-steered', { model: steered, reason: 'complaints' });
  return recorded;
}

const temporal = await startTestTemporal();
try {
  const harness = await startHarness(temporal.config, temporal.server.address);
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, handle] of Object.entries(await scenarios(harness))) {
      // How it ended is part of the history in any case.
      await handle.result().catch(() => undefined);
      const history = historyToJSON(await handle.fetchHistory());
      await writeFile(join(folder, `${name}.json`), `${JSON.stringify(JSON.parse(history, withoutNoise))}\n`);
    }
  } finally {
    await harness.stop();
  }
} finally {
  await temporal.stop();
}
