import type { RetrainRequest, RunResult } from '../../contracts/run/run.ts';
import type { DemoSources } from './sources.ts';

export interface Chapter {
  /** Fixed workflow id, so that an interrupted demo goes on where it was. */
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly request: RetrainRequest;
  /** What must become of it; null when it did. */
  disappointment(result: RunResult): string | null;
}

const model = 'employment';

export const chaptersOf = (sources: DemoSources): Chapter[] => [
  {
    id: `retrain/${model}/demo-1`,
    title: 'Run 1: a first small batch',
    about: '2,000 rows of 2015. There is no champion to compare with, so a person must approve.',
    request: { model, data: { from: 2015, to: 2015, limit: 2000 } },
    disappointment: (result) => expect(result, 'promoted'),
  },
  {
    id: `retrain/${model}/demo-2`,
    title: 'Run 2: two whole years',
    about: 'All of 2015 and 2016, while live traffic of later years is served by version 1.',
    request: { model, data: { from: 2015, to: 2016 } },
    disappointment: (result) => expect(result, 'promoted'),
  },
  {
    id: `retrain/${model}/demo-3`,
    title: 'Run 3: a year with an upstream label bug',
    about:
      `2017 alone. The demo plants a bug in this snapshot: everyone of 45 to 64 years with SCHL 16 ` +
      `(${sources.mislabelled.changed.toLocaleString('en')} of ${sources.mislabelled.rows.toLocaleString('en')} rows) is marked as not employed. ` +
      `The test rows carry the same bug, so offline the candidate looks better; only the true labels of live requests can tell.`,
    request: { model, data: { source: sources.mislabelled.path, from: 2017, to: 2017 } },
    disappointment: (result) => expect(result, 'rolledBack') ?? firedByLabels(result),
  },
  {
    id: `retrain/${model}/demo-4`,
    title: 'Run 4: a corrupted file',
    about: 'Words and impossible numbers for ages, keys that repeat, a missing column.',
    request: { model, data: { source: sources.corrupted } },
    disappointment: (result) => expect(result, 'stopped') ?? stoppedAt(result, 'data'),
  },
];

const expect = (result: RunResult, outcome: RunResult['outcome']): string | null =>
  result.outcome === outcome ? null : `expected ${outcome}, got ${result.outcome}: ${result.reason}`;

const firedByLabels = (result: RunResult): string | null =>
  result.reason.includes('accuracy is worse') ? null : `expected the guard of labels to fire, but: ${result.reason}`;

function stoppedAt(result: RunResult, stage: string): string | null {
  const last = result.verdicts.at(-1);
  return last?.stage === stage ? null : `expected to stop at ${stage}, stopped at ${last?.stage ?? 'nothing'}`;
}
