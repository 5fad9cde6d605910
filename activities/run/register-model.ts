import { approvalSubjectSchema, type ApprovalSubject } from '../../contracts/run/approval.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import type { Digest } from '../../contracts/digest.ts';
import { trainingEvidenceSchema } from '../../contracts/evidence/training.ts';
import type { Candidate, Run, StageVerdict } from '../../contracts/run/run.ts';
import type { VersionRef } from '../../contracts/model/version.ts';
import { loadDocument } from '../support/documents.ts';
import type { Ports } from '../ports.ts';

/** Registers the candidate as an immutable version, with its lineage and the digest that an approval must name. */
export const createRegisterModel = (ports: Ports) =>
  async function registerModel(input: {
    run: Run;
    snapshot: SnapshotRef | null;
    candidate: Candidate;
    training: Digest;
    verdicts: StageVerdict[];
  }): Promise<VersionRef> {
    const { run, snapshot, candidate, verdicts } = input;
    const subject: ApprovalSubject = approvalSubjectSchema.parse({
      run: run.id,
      definition: run.definition,
      dataset: run.dataset,
      snapshot: snapshot?.manifest ?? null,
      model: candidate.model,
      stages: verdicts.map(({ stage, evidence, status }) => ({ name: stage, evidence, status })),
    });
    const evidence = await ports.store.putBlob(canonicalJson(subject));
    const { training, drawn } = await loadDocument(ports.store, trainingEvidenceSchema, input.training);
    const version = await ports.registry.register({
      schema: 'pawl.version/1',
      model: run.model,
      created: new Date(ports.now()).toISOString(),
      run: run.id,
      candidate,
      lineage: {
        definition: run.definition,
        dataset: run.dataset,
        snapshot: snapshot?.manifest ?? null,
        training: training === null ? null : input.training,
        ...(drawn === undefined ? {} : { inputs: input.training }),
        ...(run.trainedOn === undefined ? {} : { trainedOn: run.trainedOn }),
        ...(run.program === undefined ? {} : { program: run.program }),
        champion: run.champion,
        code: run.code,
        environment: training?.environment ?? {},
      },
      verdicts,
      subject,
      evidence,
    });
    return {
      model: version.model,
      version: version.version,
      digest: version.candidate.model,
      evidence: version.evidence,
    };
  };
