import { z } from 'zod';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { digestSchema } from '../../contracts/digest.ts';
import { doneJobSchema, type ReusableStage } from '../../contracts/run/job.ts';
import type { Candidate, Run } from '../../contracts/run/run.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { Ports } from '../ports.ts';
import { describeJob, type Job } from './job.ts';
import { readRecord, writeRecord } from './job-record.ts';

/** A result, and the other run that did the work; absent where this one did. */
export type Reused<T> = T & { readonly from?: string };

/** What was found for the job in the store, as long as all that it names is still there; else does the work, and records it. */
export async function onceFor<T extends object>(
  store: ArtifactStore,
  { run, stage, key }: Job,
  schema: z.ZodType<T>,
  work: () => Promise<T>,
): Promise<Reused<T>> {
  const at = `work/${stage}/${key}/done`;
  const done = await readRecord(store, at, doneJobSchema);
  const before = done === null ? null : await usable(store, schema, done.result);
  if (done !== null && before !== null) return done.run === run.id ? before : { ...before, from: done.run };
  const result = await work();
  await writeRecord(store, at, doneJobSchema, { schema: 'pawl.done/1', run: run.id, result });
  return result;
}

/** The same activity of a stage that judges, whose work is done once. */
export const reusing =
  <T extends object>(
    ports: Pick<Ports, 'store' | 'code' | 'machine'>,
    stage: ReusableStage,
    schema: z.ZodType<T>,
    activity: (input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }) => Promise<T>,
  ) =>
  async (input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<Reused<T>> => {
    const { run, candidate, snapshot } = input;
    const job = await describeJob(ports, run, stage, { candidate, rows: snapshot.data });
    return onceFor(ports.store, job, schema, () => activity(input));
  };

async function usable<T>(
  store: Pick<ArtifactStore, 'hasBlob'>,
  schema: z.ZodType<T>,
  result: unknown,
): Promise<T | null> {
  const read = schema.safeParse(result);
  if (!read.success) return null;
  const there = await Promise.all(digestsIn(read.data).map((digest) => store.hasBlob(digest)));
  return there.every(Boolean) ? read.data : null;
}

function digestsIn(value: unknown): z.infer<typeof digestSchema>[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(digestsIn);
  const { success, data } = digestSchema.safeParse(value);
  return success ? [data] : [];
}
