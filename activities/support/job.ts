import { canonicalJson } from '../../contracts/canonical.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { partsOfStage, type ReusableStage } from '../../contracts/run/job.ts';
import type { Run } from '../../contracts/run/run.ts';
import { loadDocument } from './documents.ts';
import { readsChampion } from './program.ts';
import type { Ports } from '../ports.ts';

/** Work of one stage. */
export interface Job {
  readonly run: Run;
  readonly stage: ReusableStage;
  /** 64 hexadecimal digits: the digest of all that the work depends on. */
  readonly key: string;
}

type Needed = Pick<Ports, 'store' | 'code' | 'machine'>;

/**
 * Describes the work of a stage by rows, definition, seed, champion, code and machine, beside `inputs`. Two runs have equal keys where the work is the
 * same; with `cache: false`, and where the code has changes that no revision names, only the attempts of one run have.
 */
export async function describeJob(
  ports: Needed,
  run: Run,
  stage: ReusableStage,
  inputs: Readonly<Record<string, unknown>>,
): Promise<Job> {
  const definition = await loadDocument(ports.store, modelDefinitionSchema, run.definition);
  const isOwn = run.cache === false || ports.code.endsWith('+changes');
  const isOfChampion = stage === 'train' || stage === 'folds' ? readsChampion(definition) : run.champion !== null;
  const digest = await ports.store.putBlob(
    canonicalJson({
      schema: 'pawl.job/1',
      stage,
      definition: Object.fromEntries(partsOfStage[stage].map((part) => [part, definition[part] ?? null])),
      dataset: run.dataset,
      seed: run.seed,
      champion: isOfChampion ? { model: run.model, version: run.champion } : null,
      program: run.program ?? null,
      imported: run.imported,
      trainedOn: run.trainedOn ?? null,
      inputs,
      code: ports.code,
      machine: ports.machine,
      run: isOwn ? { id: run.id, startedAt: run.startedAt } : null,
    }),
  );
  return { run, stage, key: digest.slice('sha256:'.length) };
}
