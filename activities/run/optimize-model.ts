import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { optimizationEvidenceSchema, type Variant } from '../../contracts/evidence/optimization.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { z } from 'zod';
import { candidateSchema, gateResultSchema, type Candidate, type Run } from '../../contracts/run/run.ts';
import { optimizationNumbers } from '../../policy/approval-numbers.ts';
import { judgeOptimization } from '../../policy/gates/optimization.ts';
import { gateResult } from '../support/gate-result.ts';
import { fp32Variant, judgeQuantized, type Fp32Reference } from './optimize/judge-quantized.ts';
import { makeVariant, type QuantizedVariant } from './optimize/make-variant.ts';
import { loadModel } from '../support/load-model.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide, type Pinned } from '../support/labelled-rows.ts';

/** The verdict, and the candidate to go on with. */
export const optimizedSchema = gateResultSchema.extend({ candidate: candidateSchema });

type Needed = Pick<Ports, 'store' | 'tables' | 'inference'>;

/**
 * Quantizes the candidate, judges each variant beside its fp32 reference on the held-out rows, and goes on with the best that
 * keeps within the definition's limits; fp32 stays where INT8 does not pay. The status is `pass` either way, and the
 * reason says which.
 */
export const createOptimizeModel = (ports: Needed) =>
  async function optimizeModel(input: {
    run: Run;
    candidate: Candidate;
    snapshot: SnapshotRef;
  }): Promise<z.infer<typeof optimizedSchema>> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { definition } = pinned;
    const rows = await loadSide(ports, pinned, snapshot, 'test');
    if (rows.frame.rowCount === 0)
      throw new PawlError(errorTypes.invalidData, `snapshot ${snapshot.data} has no test rows to judge a variant by`);

    const fp32 = await ports.store.getBlob(candidate.fp32);
    const loaded = await loadModel(ports, candidate.fp32, run.imported !== null);
    try {
      const predictions = await loaded.predict(rows.frame, pinned.labelSpace);
      const reference: Fp32Reference = { run, pinned, rows, loaded, predictions };
      const variants: Variant[] = [];
      const notMade: string[] = [];
      for (const variant of definition.optimize.variants) {
        const judged = await tryVariant(ports, reference, variant, fp32, () =>
          calibrationRows(ports, pinned, snapshot),
        );
        if (typeof judged === 'string') notMade.push(`${variant}: ${judged}`);
        else variants.push(judged);
      }
      const own = fp32Variant(reference, { model: candidate.fp32, bytes: fp32.length });
      const { chosen, reason, verdict } = judgeOptimization(own, variants, notMade);
      const result = await gateResult(
        ports.store,
        optimizationEvidenceSchema,
        {
          schema: 'pawl.evidence.optimization/1',
          run: run.id,
          variants: [own, ...variants],
          chosen: chosen.variant,
          reason,
          verdict,
        },
        optimizationNumbers({ variants: [own, ...variants], chosen: chosen.variant }),
      );
      return {
        ...result,
        reasons: [reason],
        candidate: { model: chosen.model, fp32: candidate.fp32, variant: chosen.variant },
      };
    } finally {
      await loaded.release();
    }
  };

/** A text says why there is no such variant: a foreign model that cannot be quantized does not stop the run. */
async function tryVariant(...job: Parameters<typeof judgedVariant>): Promise<Variant | string> {
  try {
    return await judgedVariant(...job);
  } catch (error) {
    if (error instanceof PawlError && error.type === errorTypes.invalidModel) return error.message;
    throw error;
  }
}

/** Makes, stores and judges a variant. */
async function judgedVariant(
  ports: Needed,
  reference: Fp32Reference,
  variant: QuantizedVariant,
  fp32: Uint8Array,
  calibration: () => Promise<Frame>,
): Promise<Variant | string> {
  const isForeign = reference.run.imported !== null;
  const made = await makeVariant(ports, variant, fp32, isForeign, calibration);
  if (typeof made === 'string') return made;
  const model = await ports.store.putBlob(made);
  const loaded = await loadModel(ports, model, isForeign);
  try {
    return await judgeQuantized(reference, variant, { model, bytes: made.length }, loaded);
  } finally {
    await loaded.release();
  }
}

async function calibrationRows(ports: Needed, { definition, dataset }: Pinned, snapshot: SnapshotRef): Promise<Frame> {
  return ports.tables.readFrame({
    path: await ports.store.fetchFile(snapshot.data),
    dataset,
    columns: definition.features,
    split: { rule: definition.split, side: 'validation' },
    limit: definition.optimize.calibrationRows,
  });
}
