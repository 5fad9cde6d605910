import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { writeChurnProject } from './churn-project.ts';
import { startStubWorkers, type StubWorkers } from './stub-workers.ts';
import { patience } from '../support/patience.ts';

interface Status {
  status: string;
  progress: { stage: string; evidence: string | null; waitingFor: string | null; version: number | null } | null;
  result: { outcome: string; reason: string } | null;
}
interface UnderWay {
  type: string;
  id: string;
  at: string | null;
  waitingFor: string | null;
}

/** Against a real server and the real workflows; the server is found through the lock file of its home. */
describe('the pawl command, with a server', { timeout: patience(60_000) }, () => {
  let temporal: TestTemporal;
  let workers: StubWorkers;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    temporal = await startTestTemporal();
    const { home } = temporal.config;
    await writeChurnProject(home);
    const { TEMPORAL_ADDRESS: _address, ...outer } = process.env;
    env = { ...outer, PAWL_HOME: home, PAWL_PROJECT: home };
    const config: Config = { ...loadConfig(env), address: temporal.server.address };
    workers = await startStubWorkers(config);
  });
  afterAll(async () => {
    await workers?.stop();
    await temporal?.stop();
  });

  /** `audit` and `status` say the same of a run. */
  const sameEnd = async (run: string, outcome: string, reason: string): Promise<void> => {
    const { runs } = await pawlJson<{ runs: { run: { id: string }; ended: object }[] }>(['audit', 'churn'], env);
    const { ended } = await pawlJson<{ ended: object }>(['status', run], env);
    expect(ended).toMatchObject({ outcome, reason });
    expect(runs.find(({ run: { id } }) => id === run)?.ended).toEqual(ended);
  };

  // Asked in this process: each `pawl` is a process of its own, too slow to poll with.
  const stageOf = (run: string) => (): Promise<string> =>
    temporal.client.workflow
      .getHandle(run)
      .query<{ stage: string }>('progress')
      .then(({ stage }) => stage, String);
  const untilWaiting = (run: string) => expect.poll(stageOf(run), { timeout: patience(30_000) }).toBe('approval');
  const statusOf = (id: string) => (): Promise<string> =>
    temporal.client.workflow
      .getHandle(id)
      .describe()
      .then(({ status }) => status.name, String);
  const decide = (verb: string, run: string, ...more: string[]) =>
    pawl([verb, run, '--by', 'ada', '--reason', 'looked at it', ...more], env);

  it('starts a run under an id of our kind, shows that it waits for a person, and lets nobody approve what was not seen', async () => {
    const { run } = await pawlJson<{ run: string }>(['run', 'churn'], env);
    expect(run).toMatch(/^retrain\/churn\/\d{4}-/);
    await untilWaiting(run);
    const [waiting] = await pawlJson<UnderWay[]>(['status'], env);
    expect(waiting).toMatchObject({ type: 'retrainAndRelease', id: run, at: 'approval' });
    expect(waiting?.waitingFor).toContain(`pawl approve ${run}`);

    const blind = await decide('approve', run, '--evidence', `sha256:${'0'.repeat(64)}`);
    expect(blind.code).toBe(1);
    expect(blind.stderr).toMatch(/"evidence" must be the digest that query "progress" shows/);

    const { stdout, code } = await decide('reject', run);
    expect(code).toBe(0);
    expect(stdout).toMatch(/version 1 of churn, evidence sha256:/);
    expect(stdout).toMatch(/quality +warn +no champion to compare with/);
    expect(stdout).toMatch(/rejected by ada/);
    await expect.poll(statusOf(run)).toBe('FAILED');
    expect((await pawlJson<Status>(['status', run], env)).result?.outcome).toBe('rejected');
    const shown = await pawl(['status', run], env);
    expect(shown.stdout).toMatch(
      /state +ended\n(.*\n)*outcome +rejected\nversion +1\nreason +rejected by ada: looked at it/,
    );
    expect((await decide('approve', run)).code).toBe(1);
  });

  it('takes a version through approval to all traffic, and writes the report of the run', async () => {
    const watched = pawl(['run', 'churn', '--watch', '--id', 'mine', '--json'], env);
    await untilWaiting('mine');
    expect((await decide('approve', 'mine')).stdout).toMatch(/approved by ada/);
    const { code, stdout } = await watched;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: 'mine', outcome: 'promoted', version: 2 });

    const versions = await pawlJson<object[]>(['versions', 'churn'], env);
    const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;
    const created = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    expect(versions).toEqual([
      { version: 2, status: 'champion', share: 1, digest, created, run: 'mine' },
      {
        version: 1,
        status: 'rejected',
        share: 0,
        digest,
        created,
        run: expect.stringMatching(/^retrain\/churn\//) as string,
      },
    ]);
    expect(Object.keys(versions[0] ?? {})).toEqual(['version', 'status', 'share', 'digest', 'created', 'run']);
    expect(await pawlJson(['show', 'churn@2'], env)).toMatchObject({
      status: 'champion',
      run: 'mine',
      approval: { by: 'ada' },
    });

    const out = join(temporal.config.home, 'mine.html');
    expect(await pawlJson(['report', 'mine', '--out', out], env)).toMatchObject({ run: 'mine', path: out });
    expect(await readFile(out, 'utf8')).toBe('<html>mine</html>');
    const path = join(temporal.config.home, 'report-mine.html');
    expect(await pawlJson(['report', 'mine'], env)).toMatchObject({ path });
    expect(await readFile(path, 'utf8')).toBe('<html>mine</html>');
  });

  it(
    'releases a version by hand, pauses and resumes it, promotes it, and rolls back to the one before',
    { timeout: patience(180_000) },
    async () => {
      const refused = await pawl(['release', 'churn@1', '--reason', 'try the old one'], env);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/version 1 was not approved: rejected by ada: looked at it\. .*--force/);
      expect((await pawl(['release', 'churn@1', '--force'], env)).stderr).toMatch(/--force needs a --reason/);
      const force = ['release', 'churn@1', '--reason', 'try the old one', '--force'];
      expect(await pawlJson(force, env)).toMatchObject({ release: 'release/churn' });
      const phase = async (): Promise<string | null> =>
        (await pawlJson<UnderWay[]>(['status'], env)).find(({ id }) => id === 'release/churn')?.at ?? null;
      await expect.poll(statusOf('release/churn')).toBe('RUNNING');
      await expect.poll(phase).toBe('shadow');
      const again = await pawl(force, env);
      expect(again.code).toBe(1);
      expect(again.stderr).toMatch(/a release of "churn" is under way already/);
      // The workflow says its phase before the deployment record has it.
      await expect
        .poll(async () => (await pawlJson<object[]>(['versions', 'churn'], env))[1])
        .toMatchObject({ version: 1, status: 'shadow' });

      const waitingFor = async (): Promise<string | null> =>
        (await pawlJson<UnderWay[]>(['status'], env)).find(({ id }) => id === 'release/churn')?.waitingFor ?? null;
      await expect.poll(waitingFor).toBe('evidence: the stub saw nothing');
      expect((await decide('pause', 'churn')).code).toBe(0);
      expect(await phase()).toBe('shadow, paused');
      expect(await waitingFor()).toBe('a person to resume: `pawl resume` (paused by ada: looked at it)');
      for (const verb of ['approve', 'reject'])
        expect(await decide(verb, 'release/churn')).toMatchObject({
          code: 1,
          stderr: 'pawl: "release/churn" is a release: `pawl resume churn`, `promote` or `abort` decides on it\n',
        });
      const paused = await pawl(['status', 'release/churn'], env);
      expect(paused.stdout).toMatch(/model +churn\nversion +1\nstate +under way\n(.*\n)*phase +shadow, paused/);
      expect((await decide('resume', 'churn')).stdout).toMatch(/resume by ada/);
      expect((await decide('resume', 'churn')).stderr).toMatch(/this release is not paused/);
      expect((await decide('abort', 'chrun')).stderr).toMatch(/there is no model "chrun": known are churn/);
      expect((await decide('promote', 'churn')).code).toBe(0);
      await expect.poll(statusOf('release/churn')).toBe('COMPLETED');
      const released = await pawl(['status', 'release/churn'], env);
      const log = await pawl(['release', 'log', 'churn'], env);
      expect(log.stdout).toMatch(
        /person +by force[^]*person +pause by ada: looked at it\n[^]*person +resume by ada: looked at it\n[^]*person +promote by ada/,
      );
      expect(released.stdout).toMatch(/model +churn\nversion +1\nstate +ended\n(.*\n)*outcome +promoted/);
      expect(await phase()).toBeNull();
      const ended = 'pawl: "release/churn" has ended (promoted): `pawl status release/churn` shows how\n';
      expect(await decide('approve', 'release/churn')).toMatchObject({ code: 1, stderr: ended });
      expect(await pawl(['cancel', 'release/churn'], env)).toMatchObject({ code: 1, stdout: '', stderr: ended });
      expect((await pawlJson<{ status: string }[]>(['versions', 'churn'], env))[1]).toMatchObject({
        status: 'champion',
      });

      const back = await decide('rollback', 'churn');
      expect(back).toMatchObject({ code: 0, stdout: 'version 2 of churn serves; version 1 was taken back\n' });
      expect((await decide('promote', 'churn')).stderr).toMatch(/no release of "churn" is under way/);
    },
  );

  it('keeps an audit trail of traffic, decisions and runs', async () => {
    const audit = await pawlJson<{
      deployments: {
        seq: number;
        champion: number | null;
        reason: string;
        forced: { version: number; objection: string }[];
      }[];
      approvals: { decision: string; by: string }[];
      runs: { run: { id: string } }[];
    }>(['audit', 'churn'], env);
    expect(audit.deployments.map(({ seq }) => seq)).toEqual(audit.deployments.map((_, index) => index + 1));
    expect(audit.deployments.at(-1)).toMatchObject({
      champion: 2,
      reason: expect.stringContaining('looked at it') as string,
    });
    expect(audit.approvals.map(({ decision }) => decision).toSorted()).toEqual(['approved', 'rejected']);
    expect(audit.runs).toHaveLength(2);
    expect(audit.deployments.find(({ reason }) => reason === 'try the old one')?.forced[0]?.objection).toMatch(
      /rejected by ada/,
    );
    const versions = await pawlJson<{ version: number; status: string }[]>(['versions', 'churn'], env);
    expect(versions.map(({ status }) => status)).toEqual(['champion', 'rolled back']);
    const shown = (await pawl(['audit', 'churn'], env)).stdout;
    const seqs = shown
      .split('\n\n')[0]!
      .split('\n')
      .slice(2)
      .map((line) => Number(line.split(' ')[0]));
    expect(seqs).toEqual(audit.deployments.map(({ seq }) => seq).toReversed());
    expect(shown).toMatch(/approved +ada +update +mine +looked at it/);
  });

  it('cancels a run, and tells a failed one from a wrong name', async () => {
    const { run } = await pawlJson<{ run: string }>(['run', 'churn', '--param', 'epochs=3', '--seed', '5'], env);
    await untilWaiting(run);
    expect((await pawl(['cancel', run], env)).code).toBe(0);
    await expect.poll(statusOf(run)).toBe('CANCELLED');
    await sameEnd(run, 'cancelled', 'cancelled at approval');
    const ended = `pawl: "${run}" has ended (cancelled): \`pawl status ${run}\` shows how\n`;
    expect(await pawl(['cancel', run], env)).toMatchObject({ code: 1, stdout: '', stderr: ended });
    expect(await decide('approve', run)).toMatchObject({ code: 1, stderr: ended });
    expect((await pawl(['cancel', 'nothing'], env)).stderr).toMatch(/there is no open execution "nothing"/);
    expect((await pawl(['run', 'chrun'], env)).stderr).toMatch(/there is no model "chrun": known are churn/);
    const bad = await pawl(['run', 'churn', '--watch', '--param', 'epochs=0'], env);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toMatch(/^pawl: params:\n/);
  });

  it('says of a failed, a terminated and a timed out run how it ended, in `audit` as in `status`', async () => {
    const broken = await pawl(['run', 'churn', '--watch', '--id', 'broken', '--seed', '13'], env);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toMatch(/^pawl: 13 is an unlucky seed/);
    await sameEnd('broken', 'failed', 'at train: 13 is an unlucky seed');

    await pawlJson(['run', 'churn', '--id', 'killed'], env);
    await untilWaiting('killed');
    await sameEnd('killed', 'open', '');
    await temporal.client.workflow.getHandle('killed').terminate('the disk is full');
    await sameEnd('killed', 'terminated', 'the disk is full');

    const late = await temporal.client.workflow.start('retrainAndRelease', {
      args: ['churn'],
      taskQueue: 'pawl',
      workflowId: 'late',
      workflowExecutionTimeout: '5s',
    });
    await expect.poll(statusOf(late.workflowId), { timeout: patience(30_000) }).toBe('TIMED_OUT');
    await sameEnd('late', 'timedOut', 'its execution exceeded its time-out on the Temporal server');
  });

  it('follows a run to its end, and says how its report is written', async () => {
    const watched = pawl(['run', 'churn', '--watch', '--id', 'watched'], env);
    await untilWaiting('watched');
    await decide('reject', 'watched');
    const { code, stdout } = await watched;
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\nrejected version \d+: rejected by ada: looked at it\n`pawl report watched` writes its report\n$/,
    );
  });

  it('refuses to import what is not a model, before a run starts', async () => {
    const file = join(temporal.config.home, 'models', 'churn.yaml');
    const { code, stderr } = await pawl(['import', 'churn', file], env);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect((await pawl(['import', 'churn', 'nothing.onnx'], env)).code).toBe(1);
    expect(await pawlJson(['status'], env)).toEqual([]);
  });

  it('makes, lists, pauses and triggers the schedules of the definitions', async () => {
    expect(await pawlJson(['schedule', 'sync'], env)).toMatchObject([
      { schedule: 'monitor/churn', change: 'created' },
      { schedule: 'retrain/churn', change: 'created' },
    ]);
    const listed = () =>
      pawlJson<{ schedule: string; paused: boolean; next: string | null }[]>(['schedule', 'list'], env);
    await expect.poll(async () => (await listed()).length).toBe(2);
    await pawlJson(['schedule', 'pause', 'churn', '--reason', 'holidays'], env);
    await expect
      .poll(listed)
      .toContainEqual(expect.objectContaining({ schedule: 'retrain/churn', paused: true, note: 'holidays' }));
    await pawlJson(['schedule', 'trigger', 'churn'], env);
    const scheduled = async (): Promise<string | undefined> =>
      (await pawlJson<UnderWay[]>(['status'], env)).find(({ id }) => id.startsWith('retrain/churn/schedule-'))?.id;
    await expect.poll(scheduled).toBeDefined();
    await pawl(['cancel', (await scheduled()) ?? ''], env);
    expect((await pawl(['schedule', 'pause', 'chrun'], env)).stderr).toMatch(/there is no model "chrun"/);
    await temporal.client.schedule.getHandle('monitor/churn').delete();
    expect((await pawl(['schedule', 'trigger', 'churn', '--monitor'], env)).stderr).toMatch(
      /there is no schedule "monitor\/churn": `pawl schedule sync` makes it/,
    );
  });

  it('examines what it needs, and finds the server, the store and the pollers', async () => {
    const findings = await pawlJson<{ check: string; status: string }[]>(['doctor'], env);
    expect(Object.fromEntries(findings.map(({ check, status }) => [check, status]))).toMatchObject({
      Node: 'ok',
      store: 'ok',
      'Temporal program': 'ok',
      'Temporal server': 'ok',
      'model churn': 'ok',
      'queue pawl': 'ok',
      'queue pawl-release': 'ok',
    });
  });
});
