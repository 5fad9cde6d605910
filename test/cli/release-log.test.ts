import { expect, test } from 'vitest';
import { describeLoggedRelease } from '../../cli/commands/release-log.ts';
import { analysisRecordSchema, releaseRecordSchema } from '../../contracts/release/release-log.ts';

const sick = "instance gw-2 fails 12 % of the candidate's requests, the others 0.1 %: look at that machine";
const analysis = (minute: number, more: object = {}) =>
  analysisRecordSchema.parse({
    schema: 'pawl.analysis/1',
    model: 'tiny',
    version: 2,
    release: 'release/tiny/1',
    at: minute * 60_000,
    phase: 'canary',
    step: 0,
    status: 'fail',
    decision: 'hold',
    fired: [],
    reasons: ['5 labels of at least 800: held until there are more', 'and more'],
    evidence: `sha256:${String(minute).padStart(64, '0')}`,
    ...more,
  });

test('the log of a release shows an analysis from which on errors stood on one instance, beside what was fired', () => {
  const analyses = [
    analysis(1),
    analysis(2),
    analysis(3, { instances: sick }),
    analysis(4, { instances: sick }),
    analysis(5, { instances: sick, fired: ['errors'], decision: 'rollback' }),
  ];
  const lines = describeLoggedRelease({ release: 'release/tiny/1', ended: null, analyses, traffic: [] }).split('\n');
  expect(lines.filter((line) => line.includes('canary, step 1'))).toHaveLength(3);
  expect(lines.filter((line) => line.includes(sick))).toHaveLength(2);
  expect(lines.find((line) => line.includes('rollback'))).toContain(`fired: errors; ${sick}`);
});

test('the log of a release that has ended says what people ordered, and when', () => {
  const ended = releaseRecordSchema.parse({
    schema: 'pawl.release/1',
    release: 'release/tiny/1',
    champion: 1,
    definition: `sha256:${'1'.repeat(64)}`,
    startedAt: 0,
    endedAt: 400_000,
    commands: [{ at: 90_000, text: 'pause by bob: look' }],
    result: {
      outcome: 'promoted',
      model: 'tiny',
      version: 2,
      reason: 'proven',
      analyses: 2,
      evidence: null,
      rollbackMs: null,
    },
  });
  const lines = describeLoggedRelease({
    release: 'release/tiny/1',
    ended,
    analyses: [analysis(1), analysis(2)],
    traffic: [],
  }).split('\n');
  expect(lines[3]).toMatch(/^1970-01-01 00:01:30 +person +pause by bob: look$/);
});

test('the log of a release says why an analysis holds', () => {
  const held = { status: 'inconclusive' };
  const analyses = [
    analysis(1, held),
    analysis(2, held),
    analysis(3, { status: 'pass', decision: 'advance', reasons: [] }),
  ];
  const lines = describeLoggedRelease({ release: 'release/tiny/1', ended: null, analyses, traffic: [] }).split('\n');
  expect(lines.find((line) => line.includes('hold'))).toContain('5 labels of at least 800: held until there are more');
});
