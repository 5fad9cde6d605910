import type { SnapshotRef } from '../../contracts/data/dataset.ts';
import { fairnessEvidenceSchema, type AttributeAudit } from '../../contracts/evidence/fairness.ts';
import { usualGroupEvents } from '../../contracts/model/model-definition.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { groupsByName } from '../../ml/fairness/groups.ts';
import { fairnessNumbers } from '../../policy/approval-numbers.ts';
import { judgeFairness } from '../../policy/gates/fairness.ts';
import { inSlices } from '../support/in-slices.ts';
import { championPredictions } from '../support/champion.ts';
import { gateResult } from '../support/gate-result.ts';
import type { Ports } from '../ports.ts';
import { loadPinned, loadSide, predictWith } from '../support/labelled-rows.ts';

function* oneByOne<T, R>(items: readonly T[], work: (item: T) => R): Generator<number, R[], void> {
  const results: R[] = [];
  for (const item of items) {
    results.push(work(item));
    yield results.length / items.length;
  }
  return results;
}

/** Audits the candidate by group and by pairs of attributes on the held-out rows, beside the champion on the same rows. */
export const createAssessFairness = (ports: Ports) =>
  async function assessFairness(input: { run: Run; candidate: Candidate; snapshot: SnapshotRef }): Promise<GateResult> {
    const { run, candidate, snapshot } = input;
    const pinned = await loadPinned(ports, run);
    const { definition, dataset, labelSpace, task } = pinned;
    const { frame, outcomes } = await loadSide(ports, pinned, snapshot, 'test');
    const ours = await predictWith(ports, candidate.model, frame, labelSpace, run.imported !== null);
    const champion = await championPredictions(ports, run, pinned, snapshot, 'test');
    const theirs = champion?.predictions ?? null;
    const { minGroupRows, minGroupEvents = usualGroupEvents, alpha, resamples } = definition.fairness;
    // Every sensitive attribute is audited, with limits or without.
    const names = new Set([
      ...dataset.sensitive.map((attribute) => attribute.column),
      ...Object.keys(definition.fairness.attributes),
    ]);
    const audit = (attribute: string): AttributeAudit =>
      task.audit({
        groups: groupsByName(frame, attribute, dataset.sensitive),
        outcomes,
        space: labelSpace,
        candidate: ours,
        champion: theirs,
        cap: task.capOf(outcomes.truth),
        minGroupRows,
        minGroupEvents,
        alpha,
        resamples,
        seed: run.seed,
      });
    const attributes = await inSlices(oneByOne([...names], audit));
    return gateResult(
      ports.store,
      fairnessEvidenceSchema,
      {
        schema: 'pawl.evidence.fairness/1',
        run: run.id,
        model: candidate.model,
        champion: run.champion,
        rows: frame.rowCount,
        attributes,
        verdict: judgeFairness(attributes, definition.fairness, run.champion !== null),
      },
      fairnessNumbers({ attributes }),
    );
  };
