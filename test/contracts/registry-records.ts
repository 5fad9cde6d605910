import { digestSchema, type Digest } from '../../contracts/digest.ts';
import type { RunRecord } from '../../contracts/run/run.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import type { DeploymentChange } from '../../ports/registry/port.ts';

export const digest = (fill: string): Digest => digestSchema.parse(`sha256:${fill.repeat(64)}`);

export const draft = (model: string, run: string, fill = 'a'): Omit<ModelVersion, 'version'> => ({
  schema: 'pawl.version/1',
  model,
  created: '2026-01-01T00:00:00.000Z',
  run,
  candidate: { model: digest(fill), fp32: digest(fill), variant: 'fp32' },
  lineage: {
    definition: digest('1'),
    dataset: digest('2'),
    snapshot: digest('3'),
    training: null,
    champion: null,
    code: 'test',
    environment: {},
  },
  verdicts: [],
  subject: { run, definition: digest('1'), snapshot: digest('3'), model: digest(fill), stages: [] },
  evidence: digest('4'),
});

export const change = (champion: number, reason = 'test'): DeploymentChange => ({
  salt: 'salt',
  champion,
  previous: null,
  canary: null,
  shadow: null,
  guard: null,
  forced: [],
  frozen: false,
  release: null,
  actor: 'tester',
  reason,
});

export const runRecord = (model: string, id: string, startedAt: string): RunRecord => ({
  schema: 'pawl.run/1',
  run: {
    id,
    model,
    startedAt,
    definition: digest('1'),
    dataset: digest('2'),
    selection: {},
    imported: null,
    seed: 1,
    champion: null,
    code: 'test',
  },
  snapshot: null,
  release: null,
  result: null,
  endedAt: null,
});
