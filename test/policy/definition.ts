import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { knownLabels } from './known-labels.ts';

export const definition = modelDefinitionSchema.parse({
  model: 'employment',
  dataset: 'acs',
  features: ['AGEP', 'SCHL'],
  release: { labels: knownLabels },
});

export const dataset = datasetDefinitionSchema.parse({
  dataset: 'acs',
  source: 'acs.parquet',
  licence: 'public',
  provenance: 'made for a test',
  key: 'id',
  target: 'employed',
  columns: {
    id: { type: 'integer', kind: 'key' },
    AGEP: { type: 'integer', kind: 'numeric', min: 0, max: 99 },
    SCHL: { type: 'string', kind: 'categorical', nullable: true, allowed: ['16', '21'] },
    employed: { type: 'integer', kind: 'target' },
  },
});

/** Names and states of the checks that did not pass. */
export const troubles = (verdict: Verdict): string[] =>
  verdict.checks.filter((check) => check.status !== 'pass').map((check) => `${check.name} ${check.status}`);
