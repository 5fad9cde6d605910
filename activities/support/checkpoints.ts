import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { checkpointRefSchema } from '../../contracts/run/job.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { EpochReport } from '../../ports/trainer/port.ts';
import type { Job } from './job.ts';
import { readRecord, writeRecord } from './job-record.ts';

/** Where a training began. */
export interface ResumedFrom {
  /** 0: it began from the start. */
  readonly epoch: number;
  /** The run whose checkpoint it was. */
  readonly run: string | null;
  /** Why a checkpoint that was there could not be used. */
  readonly unusable: string | null;
}

export const noCheckpoint = (unusable: string | null): ResumedFrom => ({ epoch: 0, run: null, unusable });

/** Checkpoints of one job. */
export interface Checkpoints {
  load(): Promise<{ readonly bytes: Uint8Array | null; readonly from: ResumedFrom }>;
  /** The validation loss at the last checkpoint, where that is of this epoch; else null. */
  lossAt(epoch: number): Promise<number | null>;
  save(report: EpochReport, bytes: Uint8Array): Promise<void>;
}

/** Checkpoints in the store by the job's key, so that any worker and any run with the same work goes on from the last one. */
export function checkpointsOf(store: ArtifactStore, { run, stage, key }: Job): Checkpoints {
  const at = `work/${stage}/${key}/checkpoint`;
  return {
    async load() {
      const found = await readRecord(store, at, checkpointRefSchema);
      if (found === null) return { bytes: null, from: noCheckpoint(null) };
      try {
        const bytes = await store.getBlob(found.checkpoint);
        return { bytes, from: { epoch: found.epoch, run: found.run, unusable: null } };
      } catch (error) {
        if (!(error instanceof PawlError) || error.type !== errorTypes.corruptArtifact) throw error;
        return { bytes: null, from: noCheckpoint(error.message) };
      }
    },
    async lossAt(epoch) {
      const found = await readRecord(store, at, checkpointRefSchema);
      return found?.epoch === epoch ? found.validationLoss : null;
    },
    async save({ epoch, validationLoss: loss }, bytes) {
      const validationLoss = Number.isFinite(loss) ? loss : null;
      const checkpoint = await store.putBlob(bytes);
      await writeRecord(store, at, checkpointRefSchema, {
        schema: 'pawl.checkpoint/1',
        run: run.id,
        epoch,
        validationLoss,
        checkpoint,
      });
    },
  };
}
