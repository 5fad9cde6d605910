import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeLogged } from '../../cli/backtest/describe-logged.ts';
import type { PrintedBacktest } from '../../cli/backtest/printed.ts';
import { replayLogged, type LoggedReplay } from '../../cli/backtest/replay-logged.ts';
import { definitionOf } from '../../cli/definition-of.ts';
import { UsageError } from '../../cli/errors.ts';
import { falseRollbacksIn } from '../../cli/false-rollbacks.ts';
import { createProgram } from '../../cli/program.ts';
import { parseDocument } from '../../config/load-config.ts';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { writeChurnProject } from './churn-project.ts';
import { createPast, minute, startedAt, type Past } from './past-releases.ts';
import { patience } from '../support/patience.ts';

const traffic = ['--keys-per-hour', '20000', '--labels-per-hour', '10000', '--label-delay', '6m'];
const strict = 'analyzeEvery: 1m\nstepDuration: 15m\nbake: 30m\nlabels: { maturity: 0, missing: random }\n';
const blind = `${strict}guards: { rules: { errors: { weight: 0 }, mirroredErrors: { weight: 0 }, bakeErrors: { weight: 0 } } }\n`;

describe('pawl backtest', { timeout: patience(120_000) }, () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const file = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-backtest-'));
    await writeChurnProject(folder);
    env = { ...process.env, PAWL_PROJECT: folder, PAWL_HOME: join(folder, 'home'), TEMPORAL_ADDRESS: '127.0.0.1:1' };
    await writeFile(file('strict.yaml'), strict);
    await writeFile(file('blind.yaml'), blind);
    await writeFile(file('bad.yaml'), 'analyzeEvery: 1m\nguards: { rules: { errors: { wait: 0 } } }\n');
    await writeFile(file('model.yaml'), 'model: churn\ndataset: people\nfeatures: [age]\nrelease: { mode: ring }\n');
    await writeFile(file('torn.yaml'), 'steps: [0.1');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('prints one row an incident, draws a picture, and ends well where all harm is caught', async () => {
    const args = ['backtest', file('strict.yaml'), ...traffic, '--repeats', '4', '--fail-on-missed'];
    const { code, stdout } = await pawl([...args, '--svg', file('out.svg')], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^4 releases of each incident, mode canary, alpha 0\.05\n\nTRAFFIC +VALUE +FROM\nkeys an hour +20000 +given\n/,
    );
    expect(stdout).toMatch(/^INCIDENT +PASSED +HELD +PAUSED +ROLLED BACK +DELAY +P95 +BAD +P95 +BY +VERDICT$/m);
    expect(stdout).toMatch(/^latency x 3 +0 % +0 % +0 % +100 % +1 min +1 min +0 +0 +mirroredSlow +missed 0 %$/m);
    expect(stdout).toMatch(/^noise of one arm's machines .* not judged$/m);
    expect(stdout).toMatch(/missed: at most 0 % of any harmful one\n$/);
    const svg = await readFile(file('out.svg'), 'utf8');
    expect(svg).toMatch(/^<svg\s+xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg.match(/<g>/g)).toHaveLength(16);
    expect(svg).toContain('noise of one arm&#39;s machines');
    expect(svg).toContain('<title>rolled back: 4 of 4</title>');
  });

  it('says what a policy misses, and fails where it is asked to', async () => {
    const args = ['backtest', file('blind.yaml'), ...traffic, '--repeats', '2'];
    const missed = await pawlJson<PrintedBacktest>(args, env);
    expect(missed.missedOften).toEqual([
      'errors x 2',
      'errors x 5',
      'errors x 5 from step 2 on',
      'errors x 5 from the bake on',
    ]);
    expect(missed.incidents).toHaveLength(16);
    expect(missed.traffic.keysPerHour).toEqual({ value: 20_000, from: 'given', note: '' });
    const { code, stdout } = await pawl([...args, '--fail-on-missed', '--json'], env);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual(missed);
  });

  it.each([
    [
      ['bad.yaml', ...traffic],
      1,
      /bad\.yaml:\n.*unknown key "guards\.rules\.errors\.wait": known are weight, action, missing/,
    ],
    [['model.yaml', ...traffic], 1, /model\.yaml:\n[^]*release\.mode/],
    [['torn.yaml', ...traffic], 1, /torn\.yaml is not valid YAML/],
    [['none.yaml', ...traffic], 1, /there is no file .*none\.yaml: name a YAML file, or a model/],
    [['strict.yaml'], 1, /a policy without a model has no log to measure: give --keys-per-hour/],
    [['strict.yaml', '--logged'], 1, /give --logged <model>/],
    [['strict.yaml', '--logged', 'chrun'], 1, /there is no model "chrun": known are churn/],
    [['strict.yaml', '--logged', 'churn', '--svg', 'a.svg'], 2, /'--logged \[model\]' cannot be used with/],
    [['strict.yaml', ...traffic, '--repeats', '70000'], 2, /at most 65536 repeats/],
  ])('ends as it should: %j', async ([name = '', ...args], expected, message) => {
    const program = await createProgram(() => undefined);
    for (const command of program.commands) command.configureOutput({ writeErr: () => undefined });
    vi.stubEnv('PAWL_PROJECT', folder).stubEnv('PAWL_HOME', file('home'));
    try {
      const said: unknown = await program
        .parseAsync(['backtest', file(name), ...args], { from: 'user' })
        .catch((error: unknown) => error);
      expect(said).toBeInstanceOf(Error);
      expect((said as Error).message).toMatch(message);
      expect(said instanceof UsageError || said instanceof CommanderError ? 2 : 1).toBe(expected);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('takes a model by its name, and says where it was never released', async () => {
    const { code, stdout } = await pawl(['backtest', 'churn', '--logged'], env);
    expect(stdout).toBe('"churn" was never released\n\nno logged analysis was found that could be judged again\n');
    expect(code).toBe(0);
  });
});

describe('past releases against a policy', { timeout: patience(60_000) }, () => {
  let past: Past;
  beforeAll(async () => {
    past = await createPast();
  });
  afterAll(() => past?.close());

  const policyOf = (text: string): ReleasePolicy => parseDocument(releasePolicySchema, 'policy.yaml', text);
  const quick =
    'analyzeEvery: 1m\nstepDuration: 10m\nminStepRequests: 10\nminLabels: 0\nbake: 10m\nsteps: [0.2, 0.5]\n';
  const replayed = async (text: string): Promise<LoggedReplay[]> => [
    ...(await replayLogged(past.context, 'tiny', policyOf(text))).releases,
  ];

  it('tells what happened then', async () => {
    const releases = await replayed(quick);
    expect(releases.map(({ version, champion, outcome }) => [version, champion, outcome])).toEqual([
      [2, 1, 'champion kept'],
      [3, 1, 'promoted'],
    ]);
    expect(releases[0]).toMatchObject({ actor: 'ada', reason: 'customers called', startedAt });
    expect(releases[0]?.errors).toBe(past.errors);
  });

  it('stops the release that burned, soon after it began to, and lets the other go on', async () => {
    const [burned, good] = await replayed(quick);
    expect(burned?.replay).toMatchObject({ outcome: 'rolledBack', by: ['errors'], phase: { kind: 'canary', step: 0 } });
    const canaryFrom = startedAt + 10 * minute;
    expect(burned?.replay?.at).toBeGreaterThan(canaryFrom);
    expect(burned?.replay?.at).toBeLessThanOrEqual(canaryFrom + 8 * minute);
    expect(burned?.errorsUntil).toBe(past.errorsBefore(burned?.replay?.at ?? 0));
    expect(burned?.errorsUntil).toBeLessThan(past.errors / 2);
    expect(good?.replay).toMatchObject({ outcome: 'passed', phase: { kind: 'bake' } });
    expect(good?.errors).toBe(0);
  });

  it('asks a person where the policy says so, and goes on where its guards are off', async () => {
    const [asks] = await replayed(`${quick}guards: { rules: { errors: { action: pause } } }\n`);
    expect(asks?.replay).toMatchObject({ outcome: 'paused', by: ['errors'] });
    const [off] = await replayed(
      `${quick}guards: { rules: { errors: { weight: 0 }, mirroredErrors: { weight: 0 } } }\n`,
    );
    expect(off?.replay).toMatchObject({ outcome: 'passed' });
    expect(off?.errorsUntil).toBe(past.errors);
  });

  it('still holds where the policy wants more than there was', async () => {
    const [, good] = await replayed(quick.replace('stepDuration: 10m', 'stepDuration: 1h'));
    expect(good?.replay).toMatchObject({ outcome: 'held', phase: { kind: 'canary', step: 0 } });
    const [, unlabelled] = await replayed(quick.replace('minLabels: 0', 'minLabels: 10'));
    expect(unlabelled?.replay).toMatchObject({ outcome: 'held', phase: { kind: 'canary', step: 1 } });
    expect(unlabelled?.replay?.reasons.join()).toContain('labels');
  });

  it('are judged by segment where the policy says so, if the log tells it', async () => {
    const by = (column: string, value: string) =>
      `${quick}guards: { bySegment: { column: ${column}, values: { ${value}: 1 }, all: 0, minRequests: 1 } }\n`;
    const [burned, good] = await replayed(by('age', '3'));
    expect(burned?.replay).toMatchObject({ outcome: 'rolledBack', by: ['errors[age=3]'] });
    expect(good?.replay).toMatchObject({ outcome: 'passed' });
    const [, unseen] = await replayed(by('age', '4'));
    expect(unseen?.replay).toMatchObject({ outcome: 'held' });
    expect(unseen?.replay?.reasons.join()).toContain('0 requests of the canary where age=4 of at least 1');
    await expect(replayed(by('sector', 'x'))).rejects.toMatchObject({
      type: 'InvalidConfigError',
      message: expect.stringContaining('"sector", which is not an input of the model: name one of age') as string,
    });
  });

  it('leaves the warm-up out of the evidence, but not of the errors', async () => {
    const [warm] = await replayed(`${quick}warmUp: 8m\n`);
    expect(warm?.replay?.outcome).toBe('rolledBack');
    expect(warm?.replay?.at).toBeGreaterThan(startedAt + 18 * minute);
    expect(warm?.errorsUntil).toBe(past.errorsBefore(warm?.replay?.at ?? 0));
  });

  it('judges the logged looks again to the same bits, and finds those that were changed', async () => {
    const { analyses } = await replayLogged(past.context, 'tiny', policyOf(quick));
    expect(analyses).toEqual({ found: 2, same: 1, different: [past.changedLook], unplaced: [] });
  });

  it('say how many of them guards roll back by chance at most, under this policy and under their own', async () => {
    const policy = policyOf(`${quick}alpha: 0.02\n`);
    const result = await replayLogged(past.context, 'tiny', policy);
    expect(result.falseRollbacks).toMatchObject({ releases: 2 });
    expect(result.falseRollbacks.expected).toBeCloseTo(2 * guardBudget(policy, 1).spent, 12);
    expect(describeLogged(result)).toMatch(
      /candidates of 2 releases harmless, the guards .* at most 0\.024 in expectation/,
    );

    const { registry } = past.context.ports;
    const { lineage } = await registry.version('tiny', 2);
    const ended = {
      outcome: 'rolledBack',
      model: 'tiny',
      version: 2,
      reason: 'x',
      analyses: 1,
      evidence: null,
    } as const;
    for (const [i, champion] of [null, 1, 1].entries())
      await registry.recordRelease({
        schema: 'pawl.release/1',
        release: `release/tiny/${i}`,
        champion,
        definition: lineage.definition,
        startedAt: startedAt + i,
        endedAt: startedAt + i + 1,
        commands: [],
        result: { ...ended, rollbackMs: 1 },
      });
    // The first was compared with nothing, and yet a try of the same bytes.
    const { release } = await definitionOf(past.context, { model: 'tiny', version: 2 });
    const spent = guardBudget(release, 2).spent + guardBudget(release, 3).spent;
    const own = await falseRollbacksIn(past.context, 'tiny');
    expect(own).toEqual({ releases: 2, expected: spent, atLeastOne: spent });
  });
});
