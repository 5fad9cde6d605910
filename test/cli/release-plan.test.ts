import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import type { LogEntry } from '../../contracts/serving/prediction-log.ts';
import { createProgram } from '../../cli/program.ts';
import type { PrintedPlan } from '../../cli/plan/printed.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import { canary, feedback, prediction } from '../ports/log-entries.ts';
import { putSegment } from '../ports/log-segments.ts';
import { pawl, pawlJson } from '../support/pawl.ts';
import { writeChurnProject } from './churn-project.ts';
import { patience } from '../support/patience.ts';

const minute = 60_000;
const of = { model: 'churn' };

/**
 * Ten hours of a champion: a key every minute that comes twice; one in 20 fails, one in 10 is slow, three in 10 are
 * positive and half get a label after 30 minutes; and a canary that always fails.
 */
function tenHours(now: number): LogEntry[] {
  return Array.from({ length: 600 }, (_, key) => {
    const at = now - (600 - key) * minute;
    const entry = { ...of, at, key: `key-${key}`, ms: key % 10 === 0 ? 80 : 2, label: key % 10 < 3 ? 1 : 0 };
    const first = prediction(`first-${key}`, {
      ...entry,
      ...(key % 20 === 19 ? { error: 'it fell', label: null } : {}),
    });
    const again = prediction(`again-${key}`, { ...entry, at: at + 1 });
    const beside = prediction(`canary-${key}`, {
      ...entry,
      ...canary,
      key: `other-${key}`,
      error: 'it fell',
      label: null,
    });
    const labelAt = at + 30 * minute;
    const label = key % 2 === 0 && labelAt < now ? [{ ...feedback(`first-${key}`, 1, labelAt), ...of }] : [];
    return [first, again, beside, ...label];
  }).flat();
}

describe('pawl release plan', { timeout: patience(120_000) }, () => {
  let folder: string;
  let judging: string;
  let env: NodeJS.ProcessEnv;
  let bare: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pawl-release-plan-'));
    judging = join(folder, 'judging');
    await writeChurnProject(folder);
    const bySegment = 'column: age, values: { 30: 2, 60: 1 }, all: 4';
    await writeFile(
      join(folder, 'models', 'ages.yaml'),
      `model: ages\ndataset: people\nfeatures: [age]\nrelease: { guards: { bySegment: { ${bySegment} } }, labels: { maturity: 0, missing: random } }\n`,
    );
    await writeFile(
      join(folder, 'models', 'bright.yaml'),
      'model: bright\ntensors: { label: { type: number, min: 0, max: 1 } }\nrelease: { labels: { maturity: 0, missing: random } }\n',
    );
    bare = { ...process.env, PAWL_PROJECT: folder, PAWL_HOME: join(folder, 'bare'), TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const home = join(folder, 'home');
    env = { ...bare, PAWL_HOME: home };
    const now = Date.now();
    const entries = tenHours(now);
    const store = createFileStore(pathToFileURL(join(home, 'store')).href);
    await putSegment(store, entries.slice(0, 1_500), 0);
    await store.close();
    const local = join(home, 'gateway', 'one', 'churn');
    await mkdir(local, { recursive: true });
    await writeFile(join(home, 'gateway', 'one', 'lock.json'), '{}');
    const writer = new FrameWriter();
    for (const entry of entries.slice(1_500)) writer.append(entry);
    await writeFile(join(local, `${now}-00000001.log`), writer.take());
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("measures the champion's keys, in the store and on this machine, and says over how long", async () => {
    const { traffic, guards, promotion } = await pawlJson<PrintedPlan>(['release', 'plan', 'churn'], env);
    expect(traffic.keysPerHour.value).toBeCloseTo(60, 0);
    expect(traffic.keysPerHour).toMatchObject({ from: 'measured', note: '600 keys over 10 h' });
    expect(traffic.labelsPerHour.value).toBeCloseTo(30, 0);
    expect(traffic.labelDelayHours).toMatchObject({
      value: 0.5,
      note: expect.stringMatching(/^median of 28\d labels$/),
    });
    expect(traffic.errorRate).toMatchObject({ value: 0.05, note: '30 of 600 keys over 10 h' });
    expect(traffic.slowRate.value).toBe(0.1);
    expect(traffic.positiveRate.value).toBe(0.3);
    // All labels are 1, and of the labelled keys, the even ones, two in five are answered so.
    expect(traffic.wrongRate.value).toBeCloseTo(0.6, 1);
    expect(traffic.discordantShare).toMatchObject({ value: 0.04, from: 'default' });
    expect(guards).toHaveLength(10);
    expect(promotion?.message).toContain('labels');
  });

  it('measures a shorter time, and takes what is given instead', async () => {
    const plan = [
      'release',
      'plan',
      'churn',
      '--since',
      '2h',
      '--error-rate',
      '0.02',
      '--drop',
      '0.05',
      '--holdback',
      '0',
    ];
    const { traffic, guards, policy } = await pawlJson<PrintedPlan>(plan, env);
    expect(traffic.keysPerHour.note).toMatch(/^1(19|20) keys over (2|1\.9\d) h$/);
    expect(traffic.errorRate).toEqual({ value: 0.02, from: 'given', note: '' });
    expect(guards.find(({ guard }) => guard === 'accuracy')?.effect).toEqual({ kind: 'drop', value: 0.05 });
    expect(policy.holdback).toBe(0);
    expect(guards.filter(({ guard }) => guard.startsWith('bake'))).toEqual([]);
  });

  it('prints a table for people, and says in words what never fires', async () => {
    const { code, stdout } = await pawl(['release', 'plan', 'churn', '--ratio', '3'], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Release of churn: mode canary, alpha 0\.05, steps 5 %, 25 %, 50 %\n\nTRAFFIC +VALUE +FROM\n/,
    );
    expect(stdout).toMatch(/^errors +5 % +measured: 30 of 600 keys over 10 h$/m);
    expect(stdout).toMatch(/^GUARD +ALPHA +FINDS +OF THE HARM +NEEDS +MEDIAN +P95 +HAS +IN STEP$/m);
    expect(stdout).toMatch(/^errors +0\.\d+ .* rate x 3 /m);
    expect(stdout).toMatch(/^bakeErrors: can never fire: at this traffic it finds no effect/m);
    expect(stdout).toMatch(/^promotion: accuracy +0\.05 +< -2 % +none +\d+ labels /m);
    expect(stdout).toMatch(/^promotion: \d+ labels .* after the deadline of 24 h: it would go back before$/m);
  });

  it("shows what each segment's guards find, whose alpha adds up to the guard's with that of all traffic", async () => {
    const plan = [
      'release',
      'plan',
      'ages',
      '--keys-per-hour',
      '3600',
      '--labels-per-hour',
      '1e4',
      '--label-delay',
      '1h',
      '--segment-share',
      'age=60=0.05',
    ];
    const { guards, segments, segmentShares } = await pawlJson<PrintedPlan>(plan, bare);
    expect(segments.map(({ segment, guard }) => `${guard} ${segment}`)).toEqual(
      ['age=30', 'age=60'].flatMap((segment) =>
        ['errors', 'slow', 'positives', 'negatives'].map((name) => `${name} ${segment}`),
      ),
    );
    expect(segmentShares).toMatchObject({ 'age=30': { value: 0.5, note: 'even shares' }, 'age=60': { value: 0.05 } });
    const whole = guards.find(({ guard }) => guard === 'positives')?.alpha ?? 0;
    const parts = segments.flatMap(({ guard, alpha }) => (guard === 'positives' ? [alpha] : []));
    expect(parts).toEqual([expect.closeTo(whole / 2, 12), expect.closeTo(whole / 4, 12)]);
    const { stdout } = await pawl(plan, bare);
    expect(stdout).toMatch(/^SEGMENT +KEYS +FROM +ERRORS +SLOW +POSITIVES +NEGATIVES$/m);
    expect(stdout).toMatch(/^age=30 +50 % +default: even shares +rate x [\d.]+; [\d.]+ h .* +never$/m);
    expect(stdout).toMatch(/^age=60 +5 % +given( +never){4}$/m);
  });

  it('plans from given numbers alone, where nothing was logged', async () => {
    const given = ['--keys-per-hour', '36000', '--labels-per-hour', '1e4', '--label-delay', '24h'];
    const { traffic, promotion } = await pawlJson<PrintedPlan>(['release', 'plan', 'churn', ...given], bare);
    expect(traffic).toMatchObject({ labelDelayHours: { value: 24 }, errorRate: { value: 0.01, from: 'default' } });
    expect(promotion).toMatchObject({ withinDeadline: false });
  });

  it('says what a loss of accuracy is where answers are neither right nor wrong', async () => {
    const given = ['--keys-per-hour', '36000', '--labels-per-hour', '1e4'];
    const numbers = await pawl(['release', 'plan', 'bright', ...given], bare);
    expect([numbers.code, numbers.stderr]).toEqual([0, '']);
    expect(numbers.stdout).toMatch(
      /^Answers are judged by the mean error: a loss of accuracy of 1 % is a change of it by 1 % of what one answer can lose\.$/m,
    );
    expect((await pawl(['release', 'plan', 'churn', ...given], bare)).stdout).not.toContain('Answers are judged by');
  });

  it('has rows and numbers for guards whose limit the policy sets', async () => {
    await writeChurnProject(
      judging,
      '{ guards: { fairness: { maxGroupLoss: 0.05 }, minAgreement: 0.98, maxScoreShift: 0.05, ' +
        'scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 }, outOfRangeRatio: 1, ' +
        'value: { from: -10, to: 40, maxLoss: 1 } }, promotion: { metrics: { value: { margin: 4 } } } }',
      'fairness: { attributes: { sector: {} } }\n',
    );
    const given = [
      '--keys-per-hour',
      '36000',
      '--labels-per-hour',
      '1e5',
      '--score-spread',
      '0.02',
      '--group-share',
      '0.3',
      '--values-per-hour',
      '36000',
      '--value-mean',
      '-5',
      '--band-rate',
      '0.2',
    ];
    const { code, stdout } = await pawl(['release', 'plan', 'churn', ...given], { ...bare, PAWL_PROJECT: judging });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^score spread +0\.02 +given$/m);
    expect(stdout).toMatch(/^group +30 % +given$/m);
    expect(stdout).toMatch(/^probability 0\.4 to 0\.6 +20 % +given$/m);
    expect(stdout).toMatch(/^scoreBand +0\.\d+ +rate x [\d.]+ +rate x 3 +\d+ keys /m);
    expect(stdout).toMatch(/^outOfRange +0\.\d+ +rate 0\.\d+ % +rate 2 % +\d+ keys /m);
    expect(stdout).toMatch(/^fairness +0\.\d+ +-[\d.]+ % +-10 % +\d+ labels /m);
    expect(stdout).toMatch(/^agreement +0\.\d+ +[\d.]+ % differ +4 % differ +\d+ keys /m);
    expect(stdout).toMatch(/^mean value +-5 +given$/m);
    expect(stdout).toMatch(/^value +0\.\d+ +-[\d.]+ +-2 +\d+ values /m);
    expect(stdout).toMatch(/^promotion: value +0\.05 +< -5 +none +\d+ values /m);
    expect(stdout).toMatch(/^value: .* a fall of the mean value by .* values of -10 and 40 only, -5 on average: /m);
    expect(stdout).toMatch(/^scoreShift: the smallest effect .* is a mean shift of the score by 0\.0\d+/m);
  });

  it.each([
    [['churn'], 1, /^pawl: the prediction log has no request .* give --keys-per-hour, .* --positive-rate/],
    [['churn', '--error-rate', '2'], 2, /--error-rate.*a number from 0 to 1/],
    [['churn', '--keys-per-hour', '1', '--value-mean', '3'], 1, /--value-mean: the policy judges no values/],
    [['churn@3', '--keys-per-hour', '1'], 1, /has no version 3/],
    [['ages', '--keys-per-hour', '1', '--segment-share', 'age=31=0.2'], 1, /no segment age=31: it has age=30, age=60/],
    [['chrun', '--keys-per-hour', '1'], 1, /there is no model "chrun": known are ages, bright, churn/],
  ])('ends as it should: %j', async (args, expected, message) => {
    const { code, stderr } = await pawl(['release', 'plan', ...args], bare);
    expect(stderr).toMatch(message);
    expect(code).toBe(expected);
  });

  it.each([
    ['--keys-per-hour', '0', 'a number above 0'],
    ['--labels-per-hour', '-1', 'a number from 0'],
    ['--slow-rate', 'many', 'a number from 0 to 1'],
    ['--positive-rate', '1.1', 'a number from 0 to 1'],
    ['--discordant', '', 'a number from 0 to 1'],
    ['--score-spread', '-1', 'a number from 0 to 1'],
    ['--group-share', '2', 'a number from 0 to 1'],
    ['--value-mean', 'much', 'a number is needed'],
    ['--band-rate', '2', 'a number from 0 to 1'],
    ['--out-of-range-rate', '-1', 'a number from 0 to 1'],
    ['--segment-share', '0.3', 'Give a segment and its share'],
    ['--segment-share', 'age=30=1', 'a number between 0 and 1'],
    ['--ratio', '1', 'a number between 1 and 1000'],
    ['--drop', '1', 'a number between 0 and 1'],
    ['--holdback', '0.7', 'a number from 0 to 0.5'],
    ['--label-delay', 'soon', 'an age such as 30m'],
    ['--since', '1', 'an age such as 30m'],
  ])('names the option whose number is bad: %s %s', async (option, value, message) => {
    const program = await createProgram(() => undefined);
    const plan = program.commands.find((command) => command.name() === 'release')?.commands[0];
    plan?.configureOutput({ writeErr: () => undefined });
    const said = await program
      .parseAsync(['release', 'plan', 'churn', `${option}=${value}`], { from: 'user' })
      .then(String, (error: Error) => error.message);
    expect(said).toContain(`option '${option} `);
    expect(said).toContain(message);
  });

  it('leaves the release of a version what it was', async () => {
    const { code, stderr } = await pawl(['release', 'churn@1', '--by', 'ada', '--json'], bare);
    expect(stderr).toMatch(/^pawl: no Temporal server answers at /);
    expect(code).toBe(1);
  });
});
