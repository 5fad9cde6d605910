import { activityInfo } from '@temporalio/activity';
import { snapshotSchema } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { OpenedReproduction } from '../../contracts/run/reproduction.ts';
import type { Ports } from '../ports.ts';
import { loadDocument } from '../support/documents.ts';
import { versionAsWritten } from '../support/unchanged-document.ts';

/** Pins what a version was trained from. Throws `InvalidRequestError` for a version that was not trained here, and `UnknownVersionError`. */
export const createOpenReproduction = (ports: Ports) =>
  async function openReproduction(input: { model: string; version: number }): Promise<OpenedReproduction> {
    const { model, version } = input;
    const { lineage } = await versionAsWritten(ports.registry, model, version);
    if (lineage.training === null || lineage.snapshot === null)
      throw new PawlError(
        errorTypes.invalidRequest,
        `version ${version} of "${model}" was imported: train it again where it came from`,
        { model, version },
      );
    const [{ training }, { data, rowCount, selection }] = await Promise.all([
      loadDocument(ports.store, trainingEvidenceSchema, lineage.training),
      loadDocument(ports.store, snapshotSchema, lineage.snapshot),
    ]);
    const { workflowExecution, scheduledTimestampMs } = activityInfo();
    return {
      run: {
        id: workflowExecution?.workflowId ?? `reproduce/${model}/${version}`,
        model,
        startedAt: new Date(scheduledTimestampMs).toISOString(),
        definition: lineage.definition,
        dataset: lineage.dataset,
        selection,
        imported: null,
        seed: training?.seed ?? 0,
        champion: lineage.champion,
        ...(lineage.program === undefined ? {} : { program: lineage.program }),
        cache: false,
        code: ports.code,
      },
      version,
      snapshot: { manifest: lineage.snapshot, data, rowCount },
      plan: ports.work,
    };
  };
