import { classCodes, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { Feeds, Signature } from '../../contracts/data/tensor.ts';
import type { Digest } from '../../contracts/digest.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import { PawlError } from '../../contracts/errors.ts';
import { trialEvidenceSchema, type TrialEvidence } from '../../contracts/evidence/trial.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Candidate, GateResult, Run } from '../../contracts/run/run.ts';
import { checkNumbers } from '../../ml/tasks/check-numbers.ts';
import { joinFeeds } from '../../ml/tensors/batches.ts';
import { drawRows } from '../../ml/tensors/draw-rows.ts';
import { areNear, valuesByRow } from '../../ml/tensors/near-values.ts';
import { trialNumbers } from '../../policy/approval-numbers.ts';
import { judgeTrial } from '../../policy/gates/trial.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { drawnOf } from '../support/drawn-of.ts';
import { gateResult } from '../support/gate-result.ts';
import { loadPinned, type Pinned } from '../support/labelled-rows.ts';
import { loadModel } from '../support/load-model.ts';
import { numbersOfLabel } from '../support/numbers-of-label.ts';
import type { Ports } from '../ports.ts';
import { reportProgress } from '../support/progress.ts';
import { versionAsWritten } from '../support/unchanged-document.ts';

/** Made-up rows, those that are asked together too, and messages that are kept. */
const triedRows = 64;
const togetherRows = 4;
const mostFailures = 3;

/** Asks a model on tensors made-up rows: what can be known of it before it has requests. */
export const createTryModel = (ports: Ports) =>
  async function tryModel(input: { run: Run; candidate: Candidate; training: Digest }): Promise<GateResult> {
    const { run, candidate, training } = input;
    const pinned = await loadPinned(ports, run);
    const inputs = await drawnOf(ports, training);
    const model = await loadModel(ports, candidate.model, run.imported !== null);
    try {
      const answers = await askAlone(model, inputs, pinned, run.seed);
      const trial = {
        rows: triedRows,
        ...answers,
        isSeparate: await isSeparate(model, inputs, run.seed),
        labels: classCodes(pinned.labelSpace),
        champion: await besideChampion(ports, run, model.signature, pinned.labelSpace),
      };
      return await gateResult(
        ports.store,
        trialEvidenceSchema,
        {
          schema: 'pawl.evidence.trial/1',
          run: run.id,
          inputs: [...inputs],
          ...trial,
          ...numbersOfLabel(pinned.labelSpace, pinned.definition),
          verdict: judgeTrial(trial),
        },
        trialNumbers(trial),
      );
    } finally {
      await model.release();
    }
  };

/** Every row in a pass of its own, as most requests come. */
async function askAlone(
  model: LoadedModel,
  inputs: readonly DrawnInput[],
  { task, labelSpace }: Pinned,
  seed: number,
): Promise<Pick<TrialEvidence, 'answered' | 'failures' | 'distinct'>> {
  const failures: string[] = [];
  const seen = new Set<string>();
  let answered = 0;
  for (let row = 0; row < triedRows; row += 1) {
    try {
      const outputs = await model.run(drawRows(inputs, 1, seed + row));
      checkNumbers(outputs, 1, row);
      const { answer, scores } = task.read(outputs, 1, labelSpace);
      seen.add([...answer, ...scores].join());
      answered += 1;
    } catch (error) {
      // What ended a confined process is a fact about the model; what a retry may mend is not.
      if (!(error instanceof Error) || (error instanceof PawlError && error.type !== errorTypes.invalidModel))
        throw error;
      if (failures.length < mostFailures) failures.push(error.message.split('\n')[0] ?? '');
    }
    reportProgress(row + 1, triedRows, 'rows');
  }
  return { answered, failures, distinct: seen.size };
}

async function isSeparate(model: LoadedModel, inputs: readonly DrawnInput[], seed: number): Promise<boolean> {
  const rows: Feeds[] = Array.from({ length: togetherRows }, (_, row) => drawRows(inputs, 1, seed + row));
  try {
    const together = valuesByRow(await model.run(joinFeeds(model.signature, rows, togetherRows)), togetherRows);
    const alone: unknown[] = [];
    for (const feeds of rows) alone.push(...valuesByRow(await model.run(feeds), 1));
    return areNear(alone, together);
  } catch {
    return false;
  }
}

/** Inputs that the candidate or the champion takes alone, and other labels; null where there is no champion. */
async function besideChampion(
  ports: Ports,
  run: Run,
  { inputs }: Pick<Signature, 'inputs'>,
  space: LabelSpace,
): Promise<TrialEvidence['champion']> {
  if (run.champion === null) return null;
  const { candidate, lineage } = await versionAsWritten(ports.registry, run.model, run.champion);
  const before = await loadPinned(ports, lineage);
  const labels = classCodes(before.labelSpace);
  const champion = await loadModel(ports, candidate.model, lineage.training === null);
  await champion.release();
  const [own, theirs] = [inputs, champion.signature.inputs].map((of) => of.map(({ name }) => name)) as [
    string[],
    string[],
  ];
  return {
    version: run.champion,
    missing: theirs.filter((name) => !own.includes(name)),
    added: own.filter((name) => !theirs.includes(name)),
    ...(labels.join('\0') === classCodes(space).join('\0') ? {} : { labels }),
  };
}
