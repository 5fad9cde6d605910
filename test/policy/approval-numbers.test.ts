import { expect, test } from 'vitest';
import { fairnessNumbers, optimizationNumbers, qualityNumbers } from '../../policy/approval-numbers.ts';
import { fairness, quality } from '../report/example-evidence.ts';

test('the quality shows the primary metric first, each metric beside the champion, and the weakest slice', () => {
  const lines = qualityNumbers(quality, 'logLoss');
  expect(lines[0]).toBe('on 13981 test rows');
  expect(lines[1]).toMatch(/^logLoss 0\.3733, champion 0\.3864/);
  expect(lines).toContainEqual(
    expect.stringMatching(/^auc 0\.9027, champion 0\.8955 \(difference \+0\.\d+, .* to .*\)$/),
  );
  expect(lines.at(-1)).toBe('weakest slice: DIS = 2, accuracy 83.65 % on 12203 rows');
});

test('the primary metric is shown beside one answer for every row, and slices by whether more is better', () => {
  const mae = (value: number) => ({ metrics: { mae: value, r2: null } });
  const lines = qualityNumbers(
    {
      ...quality,
      candidate: { mae: 2, r2: 0.5 },
      championMetrics: null,
      differences: [],
      baseline: { answer: '7 for every row (the median of the labels)', metrics: { mae: 3 }, gain: null },
      slices: [
        { column: 'town', value: 'north', rows: 10, ...mae(1) },
        { column: 'town', value: 'south', rows: 20, ...mae(4) },
      ],
    },
    'mae',
  );
  expect(lines.slice(1)).toEqual([
    'mae 2, 7 for every row (the median of the labels) gets 3',
    'r2 0.5',
    'weakest slice: town = south, mae 4 on 20 rows',
  ]);
});

test('a comparison that was not possible is said', () => {
  const alone = { ...quality, championMetrics: null, differences: [] };
  expect(qualityNumbers({ ...alone, incomparable: 'version 2 cannot be compared' }, 'auc')[0]).toBe(
    'on 13981 test rows, version 2 cannot be compared',
  );
  expect(qualityNumbers({ ...alone, incomparable: null }, 'auc')[0]).toBe('on 13981 test rows, without a champion');
});

test('fairness shows every metric of every attribute with its interval', () => {
  const lines = fairnessNumbers(fairness);
  for (const { attribute, metrics } of fairness.attributes)
    for (const { metric, estimate } of metrics)
      if (estimate !== null)
        expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${attribute}: ${metric} `)));
});

test('a metric is shown with what is known of it', () => {
  const auc = { metric: 'auc' as const, estimate: 0, lower: -0.01, upper: 0.02 };
  const lines = qualityNumbers(
    {
      ...quality,
      candidate: { ...quality.candidate, auc: 0.9, brier: null, f1: 0.5 },
      championMetrics: { ...quality.candidate, auc: 0.89, f1: null },
      differences: [auc],
      slices: [],
    },
    'auc',
  );
  expect(lines[1]).toBe('auc 0.9, champion 0.89 (difference +0, -0.01 to +0.02)');
  expect(lines).toContain('f1 0.5');
  expect(lines.join()).not.toMatch(/brier|slice/);
});

test('fairness shows the interval and the champion where there are some, and the group whose error rate rises most', () => {
  const [first] = fairness.attributes;
  const metric = { metric: 'equalizedOddsDifference' as const, estimate: 0.1, lower: 0.05, upper: 0.2, champion: 0.08 };
  const group = (name: string, estimate: number | null) => ({
    ...first!.groups[0]!,
    group: name,
    loss: estimate === null ? null : { estimate, lower: -1, upper: 1 },
  });
  const numbers = (metrics: object[], groups: object[] = []) =>
    fairnessNumbers({ attributes: [{ ...first!, attribute: 'SEX', metrics, groups }] as never });
  expect(
    numbers([
      metric,
      { ...metric, champion: null },
      { ...metric, lower: null },
      { ...metric, upper: null, champion: null },
      { ...metric, estimate: null },
    ]),
  ).toEqual([
    'SEX: equalizedOddsDifference 0.1 (0.05 to 0.2), champion 0.08',
    'SEX: equalizedOddsDifference 0.1 (0.05 to 0.2)',
    'SEX: equalizedOddsDifference 0.1, champion 0.08',
    'SEX: equalizedOddsDifference 0.1',
  ]);
  expect(numbers([], [group('a', 0.01), group('b', 0.03), group('c', null), group('d', -0.2)])).toEqual([
    'SEX: the error of b changes most, by +0.03',
  ]);
});

test('quantized variants are shown beside the reference', () => {
  const variant = {
    model: 'm',
    metrics: quality.candidate,
    worstGroupLoss: 0,
    verdict: { status: 'pass' as const, checks: [] },
  };
  const lines = optimizationNumbers({
    chosen: 'dynamicInt8',
    variants: [
      {
        ...variant,
        variant: 'fp32',
        bytes: 1000,
        accuracyChange: { estimate: 0, lower: 0, upper: 0 },
        agreement: 1,
        speedup: [],
      },
      {
        ...variant,
        variant: 'dynamicInt8',
        bytes: 300,
        accuracyChange: { estimate: -0.001, lower: -0.002, upper: 0 },
        agreement: 0.995,
        speedup: [{ batch: 64, ratio: 1.5 }],
      },
    ] as never,
  });
  expect(lines).toEqual([
    'dynamicInt8: 1.5 times as fast at batch 64, 30 % of the size, 99.5 % equal answers, accuracy -0.001',
    'chosen: dynamicInt8',
  ]);
});
