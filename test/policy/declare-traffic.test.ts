import { expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { declareSegments } from '../../policy/release/plan/declare-segments.ts';
import { declareTraffic, trafficOf } from '../../policy/release/plan/choose-traffic.ts';

const measured = {
  hours: 12,
  keys: 1200,
  errors: 12,
  slow: 0,
  answered: 1190,
  positives: 1190,
  labels: 300,
  wrong: 60,
  labelled: 0.5,
  labelDelayHours: 2,
  mirrored: 0,
  disagree: 0,
  scoreSpread: null,
  smallestGroup: null,
};

test('what is given comes before what was measured, and that before a default', () => {
  const traffic = declareTraffic({ errorRate: 0.2, keysPerHour: 7 }, measured);
  expect(traffic).toMatchObject({
    keysPerHour: { value: 7, from: 'given' },
    labelsPerHour: { value: 50, from: 'measured', note: '300 labels over 12 h' },
    labelDelayHours: { value: 2, from: 'measured', note: 'median of 300 labels' },
    errorRate: { value: 0.2, from: 'given' },
    wrongRate: { value: 0.2, from: 'measured' },
    discordantShare: { value: 0.04, from: 'default', note: 'not known before a shadow' },
  });
  expect(declareTraffic({}, measured).errorRate).toEqual({
    value: 0.01,
    from: 'measured',
    note: '12 of 1200 keys over 12 h',
  });
});

test('a rate that none or every key had is moved off certainty, and says so', () => {
  const { slowRate, positiveRate } = declareTraffic({}, measured);
  expect(slowRate).toMatchObject({ value: 1 / 1202, note: '0 of 1200 keys over 12 h; 1 of 1202 is taken' });
  expect(positiveRate.value).toBe(1191 / 1192);
});

test('without traffic each number that was not given is a default', () => {
  const traffic = declareTraffic({ keysPerHour: 100 }, null);
  expect(Object.values(traffic).map(({ from }) => from)).toEqual(['given', ...Array<string>(17).fill('default')]);
  expect(trafficOf(traffic)).toMatchObject({ keysPerHour: 100, labelsPerHour: 0, positiveRate: 0.5 });
});

test('a delay is a default where no label came', () => {
  const traffic = declareTraffic({}, { ...measured, labels: 0, wrong: 0, labelled: 0, labelDelayHours: null });
  expect(traffic.labelDelayHours).toEqual({ value: 0, from: 'default', note: 'no labels came' });
  expect(traffic.wrongRate).toEqual({ value: 0.1, from: 'default', note: 'no labels came' });
  expect(traffic.labelsPerHour.value).toBe(0);
});

test('values are measured where some came, else taken at the middle of their range', () => {
  const values = { values: 240, valued: 0.25, delayHours: 3, mean: 0.1 };
  expect(declareTraffic({ valueDelayHours: 1 }, { ...measured, values })).toMatchObject({
    valuesPerHour: { value: 25, from: 'measured', note: '240 values over 12 h' },
    valueDelayHours: { value: 1, from: 'given' },
    valueMean: { value: 0.1, from: 'measured' },
  });
  expect(declareTraffic({}, { ...measured, values, hours: 12.346 })).toMatchObject({
    valuesPerHour: { note: '240 values over 12.3 h' },
  });
  expect(declareTraffic({}, { ...measured, values: null })).toMatchObject({
    valuesPerHour: { value: 0, from: 'default', note: 'no values came' },
    valueMean: { value: 0.5, from: 'default', note: 'no values came: the middle of the range' },
  });
});

test('what only two versions side by side show is measured where another one answered copies', () => {
  const seen = {
    ...measured,
    mirrored: 400,
    disagree: 8,
    scoreSpread: 0.03,
    smallestGroup: { name: 'SEX = 2', keys: 60 },
  };
  expect(declareTraffic({}, seen)).toMatchObject({
    discordantShare: { value: 0.02, from: 'measured', note: '8 of 400 mirrored keys with different labels over 12 h' },
    scoreSpread: { value: 0.03, from: 'measured', note: 'of 400 mirrored keys' },
    groupShare: { value: 0.05, from: 'measured', note: 'SEX = 2, 60 of 1200 keys' },
  });
  expect(declareTraffic({}, { ...seen, without: [3] }).discordantShare.note).toBe(
    '8 of 400 mirrored keys with different labels (without version 3: rolled back) over 12 h',
  );
  expect(declareTraffic({}, measured)).toMatchObject({
    scoreSpread: { value: 0.05, from: 'default', note: 'not known before a shadow' },
    groupShare: { value: 0.1, from: 'default' },
  });
});

test('probabilities in the band and out of range are measured where they were asked for, and none out of range stays none', () => {
  const scores = { inBand: 120, outOfRange: 0 };
  expect(declareTraffic({}, { ...measured, scores })).toMatchObject({
    bandRate: { value: 0.1, from: 'measured', note: '120 of 1200 keys over 12 h' },
    outOfRangeRate: { value: 0, from: 'measured', note: '0 of 1200 keys over 12 h: any is harm' },
  });
  const some = declareTraffic({}, { ...measured, scores: { ...scores, outOfRange: 3 } });
  expect(some.outOfRangeRate).toMatchObject({ value: 3 / 1200, from: 'measured' });
  expect(declareTraffic({}, measured).bandRate.from).toBe('default');
});

test("a segment's share of the keys is what was given, else what was measured, else even", () => {
  const guards = { bySegment: { column: 'country', values: { DE: 1, FR: 1, AT: 1 } } };
  const policy = releasePolicySchema.parse({ guards });
  const segments = { 'country=DE': 300, 'country=FR': 0, 'country=AT': 60 };
  expect(declareSegments(policy, { 'country=AT': 0.5 }, { ...measured, segments })).toEqual({
    'country=DE': { value: 0.25, from: 'measured', note: '300 of 1200 keys' },
    'country=FR': { value: 1 / 1202, from: 'estimated', note: '0 of 1200 keys; 1 of 1202 is taken' },
    'country=AT': { value: 0.5, from: 'given', note: '' },
  });
  expect(declareSegments(policy, {}, null)['country=FR']).toEqual({
    value: 1 / 3,
    from: 'default',
    note: 'even shares',
  });
  expect(declareSegments(releasePolicySchema.parse({}), {}, measured)).toEqual({});
});

test('the defaults are those of a quiet service', () => {
  expect(trafficOf(declareTraffic({}, null))).toEqual({
    keysPerHour: 0,
    labelsPerHour: 0,
    labelDelayHours: 0,
    errorRate: 0.01,
    slowRate: 0.01,
    positiveRate: 0.5,
    discordantShare: 0.04,
    disagreementShare: 0.04,
    wrongRate: 0.1,
    scoreSpread: 0.05,
    groupShare: 0.1,
    valuesPerHour: 0,
    valueDelayHours: 0,
    valueMean: 0.5,
    bandRate: 0.1,
    outOfRangeRate: 0,
    predictionParts: 10,
    predictionShare: 0.1,
  });
});

test('a rate of one key, or of all but one, is taken as it is; hours are said to three digits', () => {
  expect(declareTraffic({}, measured).keysPerHour).toEqual({
    value: 100,
    from: 'measured',
    note: '1200 keys over 12 h',
  });
  const seen = declareTraffic({}, { ...measured, hours: 1.23456, errors: 1, slow: 1199 });
  expect(seen.errorRate).toEqual({ value: 1 / 1200, from: 'measured', note: '1 of 1200 keys over 1.23 h' });
  expect(seen.slowRate.value).toBe(1199 / 1200);
});

test('segments without a measurement, or of no keys, are shared evenly', () => {
  const policy = releasePolicySchema.parse({
    guards: { bySegment: { column: 'SEX', all: 1, values: { a: 1, b: 1, c: 1, d: 1 } } },
  });
  const shares = (seen: object | null) =>
    Object.values(declareSegments(policy, {}, seen === null ? null : { ...measured, ...seen })).map(
      ({ value, from }) => [value, from],
    );
  const even = Array.from({ length: 4 }, () => [0.25, 'default']);
  expect(shares(null)).toEqual(even);
  expect(shares({})).toEqual(even);
  expect(shares({ keys: 0, segments: { 'SEX=a': 0 } })).toEqual(even);
  expect(shares({ keys: 1, segments: { 'SEX=a': 1 } })).toEqual([
    [1, 'measured'],
    [1 / 3, 'estimated'],
    [1 / 3, 'estimated'],
    [1 / 3, 'estimated'],
  ]);
});

test('of numbers losses are those of the last evaluation, as the log does not tell them', () => {
  const losses = {
    meanLoss: 0.12,
    squaredDifference: 0.003,
    disagreement: 0.4,
    rows: 600,
    note: '600 test rows of version 3',
  };
  expect(declareTraffic({}, { ...measured, disagree: 0, wrong: 0 }, losses)).toMatchObject({
    discordantShare: {
      value: 0.003,
      from: 'measured',
      note: 'mean square of the difference of bounded losses, 600 test rows of version 3',
    },
    disagreementShare: { value: 0.4, from: 'measured', note: 'other answers, 600 test rows of version 3' },
    wrongRate: { value: 0.12, from: 'measured', note: 'mean bounded loss, 600 test rows of version 3' },
  });
  const first = declareTraffic({ wrongRate: 0.3 }, measured, {
    ...losses,
    squaredDifference: null,
    disagreement: null,
  });
  expect(first.discordantShare).toMatchObject({ value: 0.04, from: 'default', note: 'no run compared two versions' });
  expect(first.wrongRate).toMatchObject({ value: 0.3, from: 'given' });
  expect(declareTraffic({}, measured, { ...losses, squaredDifference: 0 }).discordantShare.value).toBe(1 / 602);
  expect(declareTraffic({}, measured, null).wrongRate.from).toBe('default');
  const classes = declareTraffic({}, measured);
  expect(classes.disagreementShare).toEqual(classes.discordantShare);
});
