import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { startEmbeddedServer } from '../../workers/embedded-server.ts';
import { runningServer } from '../../workers/server-lock.ts';
import { processStart, readLock } from '../../config/set-up-scripts.ts';
import Long from 'long';
import { Cron } from 'croner';
import { cronFault, skippedRuns } from '../../config/cron.ts';
import { syncSchedules } from '../../workers/sync-schedules.ts';
import { startTestTemporal, temporaryConfig, type TestTemporal } from '../support/temporal.ts';
import { patience } from '../support/patience.ts';

describe('the embedded server', () => {
  let temporal: TestTemporal;
  beforeAll(async () => {
    temporal = await startTestTemporal();
  });
  afterAll(() => temporal?.stop());

  it('knows the search attributes of Pawl', async () => {
    const { customAttributes } = await temporal.client.connection.operatorService.listSearchAttributes({
      namespace: temporal.config.namespace,
    });
    expect(Object.keys(customAttributes ?? {})).toEqual(
      expect.arrayContaining(['PawlModel', 'PawlStage', 'PawlVerdict', 'PawlVersion']),
    );
  });

  it('is found by others through the lock file of its home', () => {
    const { address, uiUrl, pid } = temporal.server;
    expect(runningServer(temporal.config.home)).toEqual({
      address,
      uiUrl,
      pid: process.pid,
      server: { pid, start: processStart(pid) },
    });
  });

  it('refuses a second server on the same database, and names the first', async () => {
    const second = startEmbeddedServer(temporal.config, { log: () => undefined });
    await expect(second).rejects.toThrow(new RegExp(`process ${process.pid} runs .* at ${temporal.server.address}`));
  });

  it.each([
    '*/15 9-17 * * MON-FRI',
    '0 3 1,15 * *',
    '0 3 * jan,JUL *',
    '0 3 * * 7',
    '0 3 * * 0',
    '0 3 * * 5-7',
    '0 0-23/6 * * *',
    '10,20-30/5 4 */2 * *',
    '0 3 1-7 * 1',
    '0 3 * * SUN',
    '@weekly',
    '@monthly',
  ])('runs a schedule of cron "%s" at the times that it was checked by', async (cron) => {
    const { client, config } = temporal;
    if (cronFault({ cron, timezone: 'UTC', paused: true }) !== null) throw new Error(`"${cron}" should be taken`);
    const scheduleId = `cron-${cron.replaceAll(/\W/g, '_')}`;
    const handle = await client.schedule.create({
      scheduleId,
      spec: { cronExpressions: [cron] },
      action: { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' },
      state: { paused: true },
    });
    const from = Date.UTC(2030, 0, 1);
    const to = Date.UTC(2030, 2, 15);
    const { startTime } = await client.workflowService.listScheduleMatchingTimes({
      namespace: config.namespace,
      scheduleId,
      startTime: { seconds: Long.fromNumber(from / 1000 - 1) },
      endTime: { seconds: Long.fromNumber(to / 1000) },
    });
    await handle.delete();
    const found = (startTime ?? []).map(({ seconds }) => Number(seconds) * 1000);
    const first = new Cron(cron, { timezone: 'UTC', paused: true, legacyMode: false }).nextRuns(
      found.length + 1,
      new Date(from - 1000),
    );
    expect(found.length).toBeGreaterThan(1);
    expect(found).toEqual(first.slice(0, -1).map((at) => at.getTime()));
    expect(first.at(-1)?.getTime()).toBeGreaterThan(found.at(-1) ?? Infinity);
  });

  it('makes the schedules of the definitions, keeps what a person paused, and deletes what is gone', async () => {
    const { client, config } = temporal;
    const definition = modelDefinitionSchema.parse({
      model: 'employment',
      dataset: 'people',
      features: ['age'],
      monitor: { every: '2h' },
      schedule: { cron: '0 3 * * 1' },
    });
    const definitions = { list: () => ['employment'], model: () => definition };
    const changes = await syncSchedules(client, config, definitions);
    expect(changes.map(({ change, problem }) => ({ change, problem }))).toEqual([
      { change: 'created', problem: null },
      { change: 'created', problem: null },
    ]);
    const retrain = client.schedule.getHandle('retrain/employment');
    const created = await retrain.describe();
    expect(created.action).toMatchObject({
      workflowType: 'retrainAndRelease',
      taskQueue: 'pawl',
      args: ['employment'],
    });
    expect(created.policies.overlap).toBe('SKIP');
    const { spec } = await client.schedule.getHandle('monitor/employment').describe();
    expect(spec.intervals).toMatchObject([{ every: 7_200_000 }]);
    await retrain.pause('a person said so');
    await syncSchedules(client, config, definitions);
    expect((await retrain.describe()).state).toMatchObject({ paused: true, note: 'a person said so' });

    // What the definition paused goes on when the definition says so.
    await retrain.unpause();
    const paused = { ...definition, schedule: { cron: '0 3 * * 1', timezone: 'UTC', paused: true } };
    await syncSchedules(client, config, { ...definitions, model: () => paused });
    expect((await retrain.describe()).state.paused).toBe(true);
    await syncSchedules(client, config, definitions);
    expect((await retrain.describe()).state.paused).toBe(false);

    // The rows of its runs go with it.
    const windowed = modelDefinitionSchema.parse({
      ...definition,
      schedule: { cron: '0 3 * * 1', data: { last: '90d' } },
    });
    await syncSchedules(client, config, { ...definitions, model: () => windowed });
    expect((await retrain.describe()).action).toMatchObject({
      args: [{ model: 'employment', data: { last: 90 * 86_400_000 } }],
    });

    // Every night at a quarter past two, in a zone that skips that quarter once a year.
    const schedule = { cron: '15 2 * * *', timezone: 'Europe/Berlin', paused: false };
    const nightly = await syncSchedules(client, config, { ...definitions, model: () => ({ ...definition, schedule }) });
    const [skipped] = skippedRuns(schedule, new Date());
    const night = Date.UTC(skipped?.year ?? 0, (skipped?.month ?? 1) - 1, skipped?.day, 1, 15);
    expect(nightly.flatMap(({ notes }) => notes)).toEqual([
      expect.stringContaining('clocks skip a run in Europe/Berlin: on '),
    ]);
    const asked = await client.workflowService.listScheduleMatchingTimes({
      namespace: config.namespace,
      scheduleId: 'retrain/employment',
      startTime: { seconds: Long.fromNumber(night / 1000 - 86_400) },
      endTime: { seconds: Long.fromNumber(night / 1000 + 86_400) },
    });
    const times = (asked.startTime ?? []).map(({ seconds }) => Number(seconds) * 1000);
    expect(times.map((time) => new Date(time).toISOString())).toContain(new Date(night).toISOString());

    const listed = async (): Promise<string[]> => {
      const ids: string[] = [];
      for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
      return ids.toSorted();
    };
    await expect.poll(listed).toEqual(['monitor/employment', 'retrain/employment']);
    await syncSchedules(client, config, { list: () => [], model: definitions.model });
    await expect.poll(listed).toEqual([]);
  });

  it('is started again on the same ports when it is killed, and has forgotten nothing', async () => {
    const { client, server, said } = temporal;
    const handle = await client.workflow.start('nobodyPolls', { taskQueue: 'nobody', workflowId: 'kept' });
    const { address, pid } = server;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => server.pid).not.toBe(pid);
    await expect
      .poll(() => handle.describe().then(({ status }) => status.name, String), { timeout: patience(20_000) })
      .toBe('RUNNING');
    expect(server.address).toBe(address);
    expect(said).toEqual([expect.stringContaining(`process ${pid}) ended by SIGKILL`)]);
    await expect.poll(() => runningServer(temporal.config.home)?.server.pid).toBe(server.pid);
  });
});

describe('the lock of the embedded server', () => {
  it('is taken over from a process that has ended, and is gone after the stop', async () => {
    const { config, remove } = await temporaryConfig();
    const path = join(config.home, 'temporal.lock');
    await symlink(JSON.stringify({ pid: process.pid, start: 'another time' }), path);
    const server = await startEmbeddedServer(config, { log: () => undefined });
    expect(readLock(path)).toMatchObject({ pid: process.pid, address: server.address });
    const { pid } = server;
    await server.stop();
    expect(readLock(path)).toBeNull();
    await expect.poll(() => processStart(pid)).toBeNull();
    await remove();
  });
});
