import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resultOfRelease } from '../../contracts/release/release.ts';
import type { Progress } from '../../contracts/run/approval.ts';
import { findBinary } from '../../config/set-up-scripts.ts';
import { resultOfRun } from '../../contracts/run/run.ts';
import { runCommand, type Ended } from '../support/command.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startHarness, strangeDigest, until, type Harness } from './harness.ts';
import { patience } from '../support/patience.ts';

const command = { by: 'ada', reason: 'because' };

describe('ways in', { timeout: patience(60_000) }, () => {
  let temporal: TestTemporal;
  let harness: Harness;
  let binary: string;
  beforeAll(async () => {
    temporal = await startTestTemporal();
    harness = await startHarness(temporal.config, temporal.server.address);
    binary = (await findBinary('temporal')).path;
  });
  afterAll(async () => {
    await harness?.stop();
    await temporal?.stop();
  });

  /** The `temporal` program, as a person types it. */
  const cli = (...args: string[]): Promise<Ended> =>
    runCommand(binary, [...args, '--address', temporal.server.address], { env: {} });
  const cliJson = async <T>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await cli(...args, '--output', 'json');
    if (code !== 0) throw new Error(`temporal ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  const handle = (id: string): WorkflowHandle => harness.client.workflow.getHandle(id);
  const progress = (id: string): Promise<Progress> => handle(id).query<Progress>('progress');
  const untilAwaited = async (id: string): Promise<string> => {
    const { evidence } = await until(
      () => progress(id),
      (answer) => answer.evidence !== null,
    );
    return evidence ?? '';
  };
  const startRun = async (...more: string[]): Promise<string> => {
    const { workflowId } = await cliJson<{ workflowId: string }>(
      'workflow',
      'start',
      '--type',
      'retrainAndRelease',
      '--task-queue',
      'pawl',
      ...more,
    );
    return workflowId;
  };

  describe('the temporal program', () => {
    it('starts a run by the bare name of a model, without an id, and approves it by update', async () => {
      await harness.define('employment');
      const run = await startRun('--input', '"employment"');
      const evidence = await untilAwaited(run);
      const approve = (digest: string): Promise<Ended> =>
        cli(
          'workflow',
          'update',
          'execute',
          '--workflow-id',
          run,
          '--name',
          'approve',
          '--input',
          JSON.stringify({ ...command, evidence: digest }),
        );
      const refused = await approve(strangeDigest);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr + refused.stdout).toMatch(/"evidence\\?" must be the digest that query \\?"progress/);
      const approved = await approve(evidence);
      expect(approved.code).toBe(0);
      expect(approved.stdout).toMatch(/approved by ada/);
      expect(await handle(run).result()).toMatchObject({ outcome: 'promoted', version: 1 });
    });

    it('starts a run by an object under an id of one’s own, and approves it by signal', async () => {
      await harness.define('by-signal');
      const run = await startRun('--workflow-id', 'mine', '--input', '{"model":"by-signal","seed":4}');
      expect(run).toBe('mine');
      const evidence = await untilAwaited(run);
      const input = JSON.stringify({ ...command, evidence });
      const sent = await cli('workflow', 'signal', '--workflow-id', run, '--name', 'approve', '--input', input);
      expect(sent.code).toBe(0);
      expect(await handle(run).result()).toMatchObject({ outcome: 'promoted' });
      expect(await harness.ports.registry.approval('by-signal', run)).toMatchObject({ via: 'signal', by: 'ada' });
    });

    it('fails at once, saying what was wrong, on a model that nobody defined', async () => {
      const run = await startRun('--input', '"nobody"');
      const { code, stdout } = await cli('workflow', 'result', '--workflow-id', run);
      expect(code).not.toBe(0);
      expect(stdout).toMatch(/there is no model "nobody": known are/);
      expect(stdout).toMatch(/UnknownModelError/);
    });

    it('finds runs by the search attributes', async () => {
      await harness.define('listed');
      await harness.define('listed-failed', { gates: { data: 'fail' } });
      const waiting = await startRun('--input', '"listed"');
      const stopped = await startRun('--input', '"listed-failed"');
      await untilAwaited(waiting);
      await resultOfRun(handle(stopped));
      const found = async (query: string): Promise<string[]> => {
        const rows = await cliJson<{ execution: { workflowId: string } }[]>('workflow', 'list', '--query', query);
        return rows.map(({ execution }) => execution.workflowId);
      };
      // Visibility is written a moment after the fact.
      const untilFound = (query: string, id: string) =>
        until(
          () => found(query),
          (ids) => ids.join() === id,
        );
      await untilFound('PawlModel="listed" and PawlStage="approval"', waiting);
      await untilFound('PawlModel="listed" and PawlVersion=1', waiting);
      await untilFound('PawlModel="listed-failed" and PawlVerdict="fail"', stopped);
      expect(await found('PawlModel="listed" and PawlStage="train"')).toEqual([]);
      await handle(waiting).terminate();
    });

    it('starts a release, steers it, and rolls back', async () => {
      const model = await harness.defineServing('steered', {
        analysis: ({ phase }) => (phase === 'bake' ? 'advance' : 'hold'),
      });
      const id = `release/${model}`;
      const started = await cli(
        'workflow',
        'start',
        '--type',
        'release',
        '--task-queue',
        'pawl-release',
        '--workflow-id',
        id,
        '--input',
        JSON.stringify({ model, version: 2 }),
      );
      expect(started.code).toBe(0);
      await until(
        () => handle(id).query<{ phase: string }>('progress'),
        ({ phase }) => phase === 'shadow',
      );
      const promoted = await cli(
        'workflow',
        'update',
        'execute',
        '--workflow-id',
        id,
        '--name',
        'promote',
        '--input',
        JSON.stringify(command),
      );
      expect(promoted.code).toBe(0);
      expect(await handle(id).result()).toMatchObject({ outcome: 'promoted' });
      expect(await harness.record(model)).toMatchObject({ champion: 2 });

      const back = await cliJson<{ workflowId: string }>(
        'workflow',
        'start',
        '--type',
        'rollback',
        '--task-queue',
        'pawl',
        '--input',
        JSON.stringify({ model, reason: 'complaints' }),
      );
      expect(await handle(back.workflowId).result()).toMatchObject({ champion: 1, from: 2 });
      expect(await harness.record(model)).toMatchObject({ champion: 1, release: null });
    });
  });

  describe('the Web UI', () => {
    /** What the form sends: every field of a payload spelled out. */
    const payloads = (value: unknown) => ({
      payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64(JSON.stringify(value)) }],
    });
    /** As the browser does: the first page gives a token as a cookie, and every request that changes something repeats it. */
    const post = async (path: string, body: unknown): Promise<unknown> => {
      const { uiUrl } = temporal.server;
      const page = await fetch(`${uiUrl}/api/v1/settings`);
      const cookie = page.headers.getSetCookie().find((text) => text.startsWith('_csrf=')) ?? '';
      const token = /^_csrf=([^;]*)/.exec(cookie)?.[1] ?? '';
      const response = await fetch(`${uiUrl}/api/v1/namespaces/default/workflows/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': token, cookie: `_csrf=${token}` },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      return response.json();
    };
    const startByForm = (id: string, type: string, taskQueue: string, input: unknown): Promise<unknown> =>
      post(encodeURIComponent(id), {
        workflowType: { name: type },
        taskQueue: { name: taskQueue },
        input: payloads(input),
      });

    it.for([
      ['a bare name', 'form-name'],
      ['an object', { model: 'form-object' }],
    ] as const)('starts a run from its form by %s, and decides it by signal', async ([, input]) => {
      const model = typeof input === 'string' ? input : input.model;
      await harness.define(model);
      const id = `ui-${model}`;
      await startByForm(id, 'retrainAndRelease', 'pawl', input);
      const evidence = await untilAwaited(id);
      await post(`${id}/signal/approve`, { input: payloads({ ...command, evidence: strangeDigest }) });
      await until(
        () => progress(id),
        ({ ignored }) => ignored.length === 1,
      );
      await post(`${id}/signal/approve`, { input: payloads({ ...command, evidence }) });
      expect(await handle(id).result()).toMatchObject({ outcome: 'promoted' });
    });

    it('starts and stops a release from its form', async () => {
      const model = await harness.defineServing('form-release');
      await startByForm('ui-release', 'release', 'pawl-release', { model, version: 2 });
      await until(
        () => harness.record(model),
        ({ shadow }) => shadow !== null,
      );
      await post('ui-release/signal/rollback', { input: payloads(command) });
      expect(await resultOfRelease(handle('ui-release'))).toMatchObject({ outcome: 'rolledBack', reason: 'because' });
    });
  });

  it('shows people readable summaries, current details and descriptions of the messages', async () => {
    await harness.defineServing('shown', { gates: { quality: 'warn' } }, { approval: { require: 'never' } });
    const run = await startRun('--workflow-id', 'shown-run', '--input', '"shown"');
    await until(
      () => harness.record('shown'),
      ({ shadow }) => shadow !== null,
    );
    const details = await cli('workflow', 'metadata', '--workflow-id', run, '--output', 'json');
    expect(details.stdout).toContain('**shown** is at `release`, version 3');
    expect(details.stdout).toContain('| quality | **warn** | quality was told to warn |');
    expect(details.stdout).toContain('the run is approved');
    const summaries = (await handle(run).fetchHistory()).events
      ?.map(({ userMetadata }) => userMetadata?.summary?.data)
      .filter((data) => data !== null && data !== undefined)
      .map((data) => JSON.parse(Buffer.from(data).toString()) as string);
    expect(summaries).toEqual(
      expect.arrayContaining([
        'Pin definition, data, champion and code',
        'Train the candidate',
        'Register an immutable version',
      ]),
    );

    const release = await until(
      () => cli('workflow', 'metadata', '--workflow-id', 'release/shown', '--output', 'json'),
      ({ stdout }) => stdout.includes('Analysis 2'),
    );
    expect(release.stdout).toContain('**shown** version 3: `shadow`');
    expect(release.stdout).toContain('rollback this release');
    const described = await cli('workflow', 'describe', '--workflow-id', 'release/shown');
    expect(described.stdout).toContain('Release version 3 of shown');
    const timers = (await handle('release/shown').fetchHistory()).events
      ?.filter(
        ({ timerStartedEventAttributes }) =>
          timerStartedEventAttributes !== null && timerStartedEventAttributes !== undefined,
      )
      .map(({ userMetadata }) => Buffer.from(userMetadata?.summary?.data ?? []).toString());
    expect([...new Set(timers)]).toEqual(['"Until the total deadline"', '"Until the next analysis of the evidence"']);
    await handle(run).cancel();
  });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');
