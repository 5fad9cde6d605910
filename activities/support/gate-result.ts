import type { z } from 'zod';
import type { GateResult } from '../../contracts/run/run.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { failuresOf, reasonsOf } from '../../policy/verdict.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { saveDocument } from './documents.ts';

/** Stores a gate's evidence and returns what the workflow branches on. */
export async function gateResult<T extends z.ZodType<{ verdict: Verdict }>>(
  store: Pick<ArtifactStore, 'putBlob'>,
  schema: T,
  evidence: z.input<T> & { verdict: Verdict },
  numbers: readonly string[] = [],
): Promise<GateResult> {
  const digest = await saveDocument(store, schema, evidence);
  return {
    evidence: digest,
    status: evidence.verdict.status,
    reasons: reasonsOf(evidence.verdict),
    ...(evidence.verdict.status === 'fail' ? { failures: failuresOf(evidence.verdict) } : {}),
    numbers: [...numbers],
  };
}
