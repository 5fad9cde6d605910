import { z } from 'zod';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { Digest } from '../../contracts/digest.ts';
import { monitorEvidenceSchema } from '../../contracts/evidence/monitor.ts';
import {
  datasetDefinitionSchema,
  snapshotSchema,
  type DataSelection,
  type DatasetDefinition,
} from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import { withCodes } from '../../contracts/data/given-inputs.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { RunRecord } from '../../contracts/run/run.ts';
import type { Status } from '../../contracts/verdict.ts';
import { assessDrift } from '../../ml/drift/psi.ts';
import { clustersOf, effectiveKeys } from '../../ml/drift/clusters.ts';
import { binLive } from '../../ml/drift/live-bins.ts';
import { watchedColumns } from '../../policy/gates/drift.ts';
import { judgeMonitor, oddInputs, type LiveFacts } from '../../policy/gates/monitor.ts';
import {
  labelCohort,
  monitoredAccuracy,
  monitoredError,
  monitoredRanking,
} from '../../policy/gates/monitor-accuracy.ts';
import { reasonsOf } from '../../policy/verdict.ts';
import { asWritten, versionAsWritten } from '../support/unchanged-document.ts';
import { loadDocument, saveDocument } from '../support/documents.ts';
import { numbersOf } from '../support/numbers-of.ts';
import { loadTrainedCodes } from '../support/load-trained-codes.ts';
import { parseInput } from '../support/parse-input.ts';
import type { Ports } from '../ports.ts';

export interface Observed {
  model: string;
  status: Status;
  /** Null where nothing serves yet. */
  evidence: Digest | null;
  reasons: string[];
  /** Why a run should start; null where none should. */
  trigger: string | null;
  /** Rows that the run takes; all where it is absent. */
  data?: DataSelection;
}

const referenceRows = 20_000;
const inputSchema = z.union([z.string(), z.strictObject({ model: z.string() }).transform(({ model }) => model)]);

type Needed = Pick<Ports, 'store' | 'registry' | 'tables' | 'predictionLog' | 'definitions' | 'now'>;

/** A record that never closed belongs to a run that was ended from outside: after this time beyond its approval it holds no other up. */
const longestStagesMs = 3 * 86_400_000;

function lastRunOf(record: RunRecord | undefined, now: number, approvalMs: number): LiveFacts['lastRun'] {
  if (record === undefined) return null;
  const { id, startedAt: started } = record.run;
  const startedAt = Date.parse(started);
  return { id, startedAt, isOpen: record.result === null && now - startedAt < approvalMs + longestStagesMs };
}

/** Rows that a version was trained on. */
async function trainedRows(
  { store, tables }: Pick<Ports, 'store' | 'tables'>,
  manifest: Digest,
  of: { readonly dataset: DatasetDefinition; readonly columns: readonly string[] },
): Promise<Frame> {
  const { data } = await loadDocument(store, snapshotSchema, manifest);
  return tables.readFrame({ path: await store.fetchFile(data), ...of, limit: referenceRows });
}

/** Joins prediction log and feedback of the last window, and judges drift against the training snapshot and live quality. */
export const createObserveModel = (ports: Needed) =>
  async function observeModel(input: unknown): Promise<Observed> {
    const model = parseInput(inputSchema, input, 'the input of monitorModel must be a model\'s name or {"model"}');
    // The policy in force is today's, not the one that the champion's run pinned.
    const today = await ports.definitions.model(model);
    const { monitor: policy, data: gate, release, schedule, approval } = today;
    const champion = (await ports.registry.currentDeployment(model))?.champion ?? null;
    const keep = async (observed: Observed): Promise<Observed> => {
      const { status, evidence, reasons, trigger } = observed;
      const at = new Date(ports.now()).toISOString();
      await ports.registry.recordMonitor({
        schema: 'pawl.monitor/1',
        model,
        at,
        status,
        evidence,
        reasons,
        trigger,
      });
      return observed;
    };
    if (champion === null)
      return keep({
        model,
        status: 'inconclusive',
        evidence: null,
        reasons: [`no version of "${model}" serves yet`],
        trigger: null,
      });

    const { lineage, verdicts } = await versionAsWritten(ports.registry, model, champion);
    const definition = await loadDocument(ports.store, modelDefinitionSchema, lineage.definition);
    const dataset = await loadDocument(ports.store, datasetDefinitionSchema, lineage.dataset);
    const { drop, hash } = definition.serving.log;
    const notLogged = definition.features.filter((name) => drop.includes(name) || hash.includes(name));
    const columns = definition.features.filter((name) => !notLogged.includes(name));
    const to = ports.now();
    const from = to - policy.window;
    const labelSpace = labelSpaceOf(definition, dataset);
    const live = await ports.predictionLog.live({ model, from, to, columns, labelSpace });
    const inputs = withCodes(live.inputs, dataset.columns);
    const cohort = labelCohort(policy, release, to);
    const answers =
      cohort === null
        ? null
        : await ports.predictionLog.live({ model, ...cohort, columns: [], labelSpace, version: champion });
    const reference =
      lineage.snapshot === null ? null : await trainedRows(ports, lineage.snapshot, { dataset, columns });
    const keys = effectiveKeys(clustersOf(live.keys));
    const unread = Object.entries(live.read).map(([column, rows]) => ({
      column,
      requests: inputs.rowCount - rows.length,
    }));
    const drift =
      reference === null || inputs.rowCount === 0
        ? []
        : assessDrift(watchedColumns(gate.psi, binLive(reference, { ...live, inputs })), policy.psi);
    const ranked = answers?.ranked;
    const accuracy =
      answers === null
        ? null
        : ranked === undefined
          ? monitoredAccuracy(answers, release.labels)
          : monitoredRanking(ranked.ndcg, answers, release.labels);
    const error =
      answers === null || labelSpace.kind !== 'numbers' || ranked !== undefined
        ? null
        : monitoredError(answers, release.labels, (await numbersOf(ports.store, verdicts)).errorCap);
    const rankedRequests =
      ranked === undefined
        ? {}
        : { ranked: { judged: ranked.ndcg.length, ordered: ranked.ordered, irrelevant: ranked.irrelevant } };
    const [lastRun] = await ports.registry.runs(model);
    if (lastRun !== undefined) await asWritten(ports.registry, model, `the record of run ${lastRun.run.id}`, lastRun);
    const odd = oddInputs(inputs, dataset, await loadTrainedCodes(ports.store, lineage.training));
    const { verdict, trigger } = judgeMonitor({
      requests: live.requests,
      keys,
      accuracy,
      error,
      ...rankedRequests,
      labels: release.labels,
      delays: live.labelDelays,
      drift,
      answered: inputs.rowCount,
      odd,
      policy,
      gate: gate.psi,
      isOnTensors: today.tensors !== undefined,
      now: to,
      lastRun: lastRunOf(lastRun, to, approval.deadline),
    });
    const evidence = await saveDocument(ports.store, monitorEvidenceSchema, {
      schema: 'pawl.evidence.monitor/1',
      model,
      version: champion,
      from,
      to,
      requests: live.requests,
      keys,
      errors: live.errors,
      cohort,
      labels: (answers ?? live).labelledKeys.length,
      accuracy,
      ...rankedRequests,
      error,
      drift,
      unread,
      notLogged,
      odd,
      verdict,
      trigger,
    });
    const data = schedule?.data;
    return keep({
      model,
      status: verdict.status,
      evidence,
      reasons: reasonsOf(verdict),
      trigger,
      ...(data === undefined ? {} : { data }),
    });
  };
