import { cancellationSignal } from '@temporalio/activity';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import { programSchema } from '../../contracts/run/program.ts';
import type { Run } from '../../contracts/run/run.ts';
import { shownReasons } from '../../contracts/shown-text.ts';
import type { ProgramSources } from '../../ports/trainer/port.ts';
import { loadDocument, saveDocument } from './documents.ts';
import type { Pinned } from './labelled-rows.ts';
import type { Ports } from '../ports.ts';
import { versionAsWritten } from './unchanged-document.ts';

/** Pins the files that the definition's trainer takes, so that any worker trains by them; null where it takes none. */
export async function pinProgram(
  ports: Pick<Ports, 'store' | 'definitions'>,
  { trainer }: Pick<ModelDefinition, 'trainer'>,
): Promise<Digest | null> {
  const files = await ports.definitions.filesOf(trainer);
  if (files.length === 0) return null;
  const kept = await Promise.all(
    files.map(async ({ path, bytes, executable }) => ({ path, digest: await ports.store.putBlob(bytes), executable })),
  );
  return saveDocument(ports.store, programSchema, { schema: 'pawl.program/1', files: kept });
}

/** What the run's trainer is given where it is a program, or trains a model from elsewhere; undefined for any other. */
export async function programSources(
  ports: Pick<Ports, 'store' | 'imports' | 'registry'>,
  run: Run,
  { definition, dataset }: Pinned,
): Promise<ProgramSources | undefined> {
  if (run.program === undefined) return undefined;
  const { files } = await loadDocument(ports.store, programSchema, run.program);
  return {
    files: await Promise.all(
      files.map(async ({ path, digest, executable }) => ({
        path,
        bytes: await ports.store.getBlob(digest),
        executable,
      })),
    ),
    champion: readsChampion(definition) ? await championModel(ports, run) : null,
    async adapt(model) {
      const taken = await ports.imports.examine(model, definition, dataset, cancellationSignal());
      if ('bytes' in taken) return taken.bytes;
      throw new PawlError(
        errorTypes.invalidModel,
        `the model that the trainer ${definition.trainer.kind === 'graph' ? 'takes' : 'left'} does not fit "${run.model}": ${shownReasons(taken.faults)}`,
      );
    },
  };
}

/** Whether a trainer is given the model that serves. */
export const readsChampion = ({ trainer }: Pick<ModelDefinition, 'trainer'>): boolean => trainer.kind === 'command';

/** The bytes of the model that serves, not quantized. */
async function championModel(
  ports: Pick<Ports, 'store' | 'registry'>,
  { model, champion }: Run,
): Promise<Uint8Array | null> {
  if (champion === null) return null;
  const { candidate } = await versionAsWritten(ports.registry, model, champion);
  return ports.store.getBlob(candidate.fp32);
}
