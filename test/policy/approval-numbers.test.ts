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
    'dynamicInt8: 1.5 times as fast at batch 64, 30 % of the size, 99.5 % equal labels, accuracy -0.001',
    'chosen: dynamicInt8',
  ]);
});
