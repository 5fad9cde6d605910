import { expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import { rolledBackRun } from './example.ts';
import { lastAnalysis } from './example-release.ts';
import { nestingErrors, textOf } from './markup.ts';

it('shows what keys were predicted, with the shares of both versions', () => {
  const mix = [
    { prediction: 'below 10', events: [{ share: 0.5, champion: 30, canary: 10 }] },
    {
      prediction: '10 and more',
      events: [
        { share: 0.1, champion: 50, canary: 5 },
        { share: 0.5, champion: 40, canary: 35 },
      ],
    },
  ];
  const page = renderReport({
    ...rolledBackRun,
    lastAnalysis: { ...lastAnalysis, observation: { ...lastAnalysis.observation, mix } },
  });
  expect(nestingErrors(page)).toEqual([]);
  expect(textOf(page)).toMatch(/10 and more\s*90\s*75\S*\s*%\s*40\s*80\S*\s*%/);
  expect(textOf(renderReport(rolledBackRun))).not.toContain('Predictions for keys');
});
