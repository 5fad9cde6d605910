import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import type { Digest } from '../contracts/digest.ts';
import type { RetrainRequest } from '../contracts/run/run.ts';
import type { Status } from '../contracts/verdict.ts';
import { observeModel } from './activities.ts';
import { retrainAndRelease } from './retrain.ts';
import { markSearchable } from './search-attributes.ts';

export interface MonitorResult {
  status: Status;
  evidence: Digest | null;
  reasons: string[];
  /** Workflow id of the run that was started; null where the policy asked for none. */
  started: string | null;
}

/** Looks at what the model did lately, and starts a run when the policy says so. */
export async function monitorModel(input: string | { model: string }): Promise<MonitorResult> {
  const { model, status, evidence, reasons, trigger, data } = await observeModel(input);
  markSearchable({ model, stage: 'monitor', verdict: status });
  if (trigger === null) return { status, evidence, reasons, started: null };
  const workflowId = `retrain/${model}/${new Date().toISOString()}`;
  const request: RetrainRequest = { model, ...(data === undefined ? {} : { data }) };
  await startChild(retrainAndRelease, {
    args: [request],
    workflowId,
    taskQueue: workflowInfo().taskQueue,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: `Retrain ${model}: ${trigger}`,
  });
  return { status, evidence, reasons, started: workflowId };
}
