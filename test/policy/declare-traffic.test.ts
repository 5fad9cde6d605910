import { expect, test } from 'vitest';
import { declareTraffic, trafficOf } from '../../policy/declare-traffic.ts';

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
  expect(Object.values(traffic).map(({ from }) => from)).toEqual(['given', ...Array<string>(7).fill('default')]);
  expect(trafficOf(traffic)).toMatchObject({ keysPerHour: 100, labelsPerHour: 0, positiveRate: 0.5 });
});

test('a delay is a default where no label came', () => {
  const traffic = declareTraffic({}, { ...measured, labels: 0, wrong: 0, labelled: 0, labelDelayHours: null });
  expect(traffic.labelDelayHours).toEqual({ value: 0, from: 'default', note: 'no labels came' });
  expect(traffic.wrongRate).toEqual({ value: 0.1, from: 'default', note: 'no labels came' });
  expect(traffic.labelsPerHour.value).toBe(0);
});
