import { describe, expect, test } from 'vitest';
import type { AnalysisEvidence, ObservedSegment, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { isReproduced } from '../../policy/release/backtest/judge-again.ts';
import { gatewayGuard } from '../../policy/release/gateway-guard.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { segmentsToRead } from '../../policy/release/what-to-count/segments.ts';
import { troubles } from './definition.ts';
import { last, policyOf, quiet } from './groups.ts';
import { bySegment, calm, analysis, part, split } from './segments.ts';

const burning: ReleaseObservation = {
  ...quiet,
  segments: [part('country=DE', {}), part('country=FR', { error: split(4, 40) })],
};
describe('the alpha of guards that judge by segment', () => {
  test('is shared by the weights of the segments, and only theirs is', () => {
    const [plain, parted] = [guardBudget(policyOf({}), 1), guardBudget(policyOf({ bySegment }), 1)];
    expect(alphaOf(parted, 'positives')).toBeCloseTo(alphaOf(plain, 'positives') / 4, 15);
    expect(alphaOf(parted, 'positives', 'country=DE')).toBeCloseTo(alphaOf(plain, 'positives') / 2, 15);
    expect(alphaOf(parted, 'accuracy')).toBe(alphaOf(plain, 'accuracy'));
    expect(() => alphaOf(parted, 'accuracy', 'country=DE')).toThrow('no alpha was set aside');
    expect(parted.spent).toBeCloseTo(plain.spent, 15);
    expect(alphaOf(guardBudget(policyOf({ bySegment: null }), 1), 'errors')).toBe(alphaOf(plain, 'errors'));
  });
  test('leaves gateways theirs of all of the traffic', () => {
    const [plain, parted] = [policyOf({}), policyOf({ bySegment })].map((policy) => gatewayGuard(policy, 1));
    expect(parted?.errors?.alpha).toBeCloseTo((plain?.errors?.alpha ?? 0) / 4, 15);
    expect(gatewayGuard(policyOf({ bySegment: { ...bySegment, all: 0 } }), 1)).toBeNull();
  });
});

describe('a release whose policy names segments', () => {
  const policy = policyOf({ bySegment });
  test('goes on while nothing speaks against any', () => {
    const { decision, guards, verdict } = analysis(calm, policy);
    expect([decision, troubles(verdict)]).toEqual(['advance', []]);
    expect(guards.filter(({ segment }) => segment !== undefined).map(({ name, segment }) => [name, segment])).toEqual(
      ['country=DE', 'country=FR'].flatMap((segment) =>
        ['errors', 'slow', 'positives', 'negatives'].map((name) => [name, segment]),
      ),
    );
  });
  test.each<[string, Partial<ObservedSegment['events']>, number]>([
    ['errors', { error: split(4, 40) }, 0],
    ['slow', { slow: split(4, 40) }, 40],
    ['positives', { positive: split(40, 90) }, 0],
    ['negatives', { negative: split(40, 90) }, 0],
  ])('goes back for the %s of one of them, and names it', (name, events, slow) => {
    const fr = { ...part('country=FR', events), slow: { champion: 0, canary: slow } };
    const { decision, verdict, guards } = analysis({ ...calm, segments: [part('country=DE', {}), fr] }, policy);
    expect(decision).toBe('rollback');
    expect(troubles(verdict)).toEqual([`guard.${name}[country=FR] fail`]);
    expect(verdict.checks.find(({ status }) => status === 'fail')?.message).toContain(
      "times the champion's, where country=FR",
    );
    expect(guards.find(({ fired }) => fired)).toMatchObject({ name, segment: 'country=FR' });
  });
  test('does not call a segment slow with hardly a slow request', () => {
    const fr = { ...part('country=FR', { slow: split(4, 40) }, 5000), slow: { champion: 4, canary: 40 } };
    expect(analysis({ ...calm, segments: [part('country=DE', {}), fr] }, policy).decision).toBe('advance');
  });
  test.each([
    ['hold', 'hold'],
    ['pass', 'advance'],
    ['rollback', 'rollback'],
  ])('with too little seen in one does what the rule says of missing evidence: %s', (missing, decision) => {
    const ruled = policyOf({ bySegment, rules: { errors: { missing } } });
    const rare = { ...calm, segments: [part('country=DE', {}), part('country=FR', {}, 49)] };
    const judged = analysis(rare, ruled);
    expect(judged.decision).toBe(decision);
    expect(troubles(judged.verdict)).toEqual([expect.stringContaining('canary.requests[country=FR] ') as string]);
    expect(analysis(rare, ruled, { step: 1 }).decision).toBe('advance');
  });
  test('holds where nothing was seen of any', () => {
    expect(troubles(analysis(quiet, policy).verdict)).toEqual([
      'canary.requests[country=DE] inconclusive',
      'canary.requests[country=FR] inconclusive',
    ]);
  });
  test('asks a person for one segment, and again for another', () => {
    const pausing = policyOf({ bySegment, rules: { errors: { action: 'pause' } } });
    expect(analysis(burning, pausing).decision).toBe('pause');
    expect(analysis(burning, pausing, { acknowledged: ['errors'] }).decision).toBe('pause');
    const acknowledged = ['errors[country=FR]'];
    expect(analysis(burning, pausing, { acknowledged })).toMatchObject({
      decision: 'advance',
      verdict: { status: 'warn' },
    });
    const both = { ...burning, segments: [part('country=DE', { error: split(4, 40) }), ...(burning.segments ?? [])] };
    expect(analysis(both, pausing, { acknowledged }).decision).toBe('pause');
  });
  describe.each([
    { mode: 'ab', at: { step: 0 } },
    { mode: 'blueGreen', at: { phase: 'bake' } },
  ] as const)('of mode $mode', ({ mode, at }) => {
    const plain = policyOf({ bySegment }, { mode });
    test('holds before its end where too little was seen in one', () => {
      const rare = { ...calm, segments: [part('country=DE', {}), part('country=FR', {}, 49)] };
      const judged = analysis(rare, plain, at);
      expect([judged.decision, troubles(judged.verdict)]).toEqual([
        'hold',
        ['canary.requests[country=FR] inconclusive'],
      ]);
      expect(analysis(calm, plain, at).decision).toBe('advance');
    });
  });
});

describe('a backtest', () => {
  const policy = policyOf({ bySegment, rules: { errors: { action: 'pause' } } }, { steps: [0.5] });
  const phase = { kind: 'canary', step: 0, share: 0.5, from: 0, to: 1e10 } as const;
  const release = {
    holder: 'h',
    version: 2,
    champion: 1,
    startedAt: 0,
    endedAt: null,
    outcome: 'under way',
    actor: 'a',
    reason: 'r',
    phases: [phase],
  } as const;
  const logged = (acknowledged: string[]): AnalysisEvidence => {
    const judged = analysis(burning, policy, { step: 0, steps: 1, acknowledged });
    const who = {
      model: 'm',
      version: 2,
      champion: 1,
      holder: 'h',
      phase: 'canary',
      step: 0,
      at: last.elapsedMs,
    } as const;
    const evidence = { schema: 'pawl.evidence.analysis/1', ...who, observation: burning, ...judged } as const;
    return analysisEvidenceSchema.parse(JSON.parse(JSON.stringify(evidence)));
  };
  test.each([[[]], [['errors[country=FR]']]])(
    'judges a logged analysis with segments again to the same bits, gone on in spite of %j',
    (acknowledged) => {
      const evidence = logged(acknowledged);
      expect(evidence.decision).toBe(acknowledged.length === 0 ? 'pause' : 'advance');
      expect(isReproduced(evidence, release, policy, 1)).toBe(true);
      const [de, fr] = burning.segments ?? [];
      const changed = { ...burning, segments: [de, { ...fr, events: part('', { error: split(4, 41) }).events }] };
      const other = analysisEvidenceSchema.parse({ ...evidence, observation: changed });
      expect(isReproduced(other, release, policy, 1)).toBe(false);
    },
  );
});

describe('which segments the log tells', () => {
  const dataset = datasetDefinitionSchema.parse({
    dataset: 'people',
    source: 's',
    licence: 'l',
    provenance: 'p',
    key: 'id',
    target: 'left',
    columns: {
      country: { type: 'string', kind: 'categorical', allowed: ['DE', 'FR', 'US'] },
      age: { type: 'integer', kind: 'numeric' },
      plan: { type: 'string', kind: 'categorical' },
      member: { type: 'boolean', kind: 'categorical', allowed: ['1', 'no'] },
    },
    sensitive: [
      { column: 'age', bands: [30, 60] },
      { column: 'country', labels: { DE: 'Germany' } },
    ],
  });
  const read = (column: string, values: Record<string, number>, log: object = {}) =>
    segmentsToRead(
      modelDefinitionSchema.parse({
        model: 'churn',
        dataset: 'people',
        features: ['country', 'age', 'plan', 'member'],
        release: { guards: { bySegment: { column, values } } },
        serving: { log },
      }),
      dataset,
    );
  test('by their codes, or by the bands of a sensitive attribute', () => {
    expect(read('country', { DE: 1, missing: 1 })).toEqual({
      part: { column: 'country', rule: { type: 'string', missing: [] } },
      segments: [
        { segment: 'country=DE', group: 'DE' },
        { segment: 'country=missing', group: 'missing' },
      ],
    });
    expect(read('age', { 'below 30': 1, '60 and above': 2 })).toMatchObject({
      part: { column: 'age', bands: [30, 60] },
      segments: [{ segment: 'age=below 30' }, { segment: 'age=60 and above' }],
    });
    expect(read('plan', { any: 1 })?.segments).toHaveLength(1);
    expect(read('member', { yes: 1, '0.0': 1 })?.segments.map(({ group }) => group)).toEqual(['true', 'false']);
  });
  test.each<[string, Record<string, number>, object, RegExp]>([
    [
      'town',
      { a: 1 },
      {},
      /"churn": .*judges by "town", which is not an input of the model: name one of country, age, plan, member/,
    ],
    [
      'country',
      { DE: 1 },
      { drop: ['country'] },
      /"country", which serving\.log\.drop keeps out .*: take it from the list/,
    ],
    [
      'country',
      { DE: 1 },
      { hash: ['country'] },
      /"country", which serving\.log\.hash leaves only as hashes .*: take it/,
    ],
    ['country', { DE: 1, UK: 1 }, {}, /in dataset "people" no value "UK": it has DE, FR, US/],
    ['age', { 30: 1 }, {}, /no value "30": it has below 30, 30 to below 60, 60 and above/],
    ['plan', {}, {}, /name 1 to 20 values/],
    ['plan', { a: 0 }, {}, /expected number to be >0/],
  ])('and no others: %s %j %j', (column, values, log, message) => {
    expect(() => read(column, values, log)).toThrow(message);
  });
});
