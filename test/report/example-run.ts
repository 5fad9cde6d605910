import { createHash } from 'node:crypto';
import type { ReportInput } from '../../report/input.ts';
import type { Digest } from '../../contracts/digest.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';

export const digestOf = (name: string): Digest => `sha256:${createHash('sha256').update(name).digest('hex')}` as Digest;

export const definition = modelDefinitionSchema.parse({
  model: 'employment',
  description: 'Employment status from the American Community Survey, Massachusetts',
  owner: 'demo',
  dataset: 'acs-employment',
  features: ['AGEP', 'SCHL', 'MAR', 'RELP', 'DIS', 'ESP'],
  quality: {
    margins: { auc: 0.005, accuracy: 0.01, logLoss: 0.02, brier: 0.01 },
    limits: { auc: 0.8 },
    slices: ['SEX', 'DIS'],
  },
  fairness: {
    attributes: {
      SEX: { limits: { equalizedOddsDifference: 0.15, demographicParityRatio: 0.8 }, maxGroupLoss: 0.02 },
      RAC1P: { limits: { equalOpportunityDifference: 0.3 }, maxGroupLoss: 0.05 },
      'SEX x DIS': {},
    },
  },
  staging: { rate: 150, maxP99Ms: 100 },
});

export const runId = 'retrain/employment/2026-03-02T03:00:00Z';
export const run: ReportInput['run'] = {
  id: runId,
  model: 'employment',
  startedAt: '2026-03-02T03:00:04.120Z',
  definition: digestOf('definition'),
  dataset: digestOf('dataset'),
  selection: { from: 2017, to: 2017 },
  imported: null,
  seed: 7,
  champion: 2,
  code: 'pawl 0.1.0, 96 1f3c2a9, node 20.19.5, linux x64',
};
