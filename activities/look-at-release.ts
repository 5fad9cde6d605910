import { lookEvidenceSchema } from '../contracts/evidence/release.ts';
import { modelDefinitionSchema } from '../contracts/model-definition.ts';
import type { Look, ReleasePlan } from '../contracts/release.ts';
import { judgeLook } from '../policy/judge-look.ts';
import { reasonsOf } from '../policy/verdict.ts';
import { loadDocument, saveDocument } from './documents.ts';
import type { Ports } from './ports.ts';

export interface LookRequest {
  plan: ReleasePlan;
  phase: 'shadow' | 'canary' | 'bake';
  step: number;
  /** Milliseconds since the epoch at which the phase, or the step of the canary, began. */
  since: number;
}

/** One look at the evidence: reads the prediction log, applies the guards, and keeps all that is needed to replay the decision. */
export const createLookAtRelease = (ports: Ports) =>
  async function lookAtRelease({ plan, phase, step, since }: LookRequest): Promise<Look> {
    const at = ports.now();
    const record = await ports.registry.currentDeployment(plan.model);
    if (record?.release !== plan.holder)
      return {
        phase,
        status: 'fail',
        decision: 'lost',
        evidence: null,
        reasons: [record === null ? 'the deployment record is gone' : `${record.actor}: ${record.reason}`],
        at,
      };

    const definition = await loadDocument(ports.store, modelDefinitionSchema, plan.definition);
    const policy = definition.release;
    const observation = await ports.predictionLog.observe({
      model: plan.model,
      release: plan.holder,
      champion: plan.champion,
      canary: plan.version,
      since: plan.startedAt,
      stepSince: since,
      slowMs: policy.guards.slowMs,
      positive: definition.positive,
    });
    const judged = judgeLook(observation, policy, {
      phase,
      elapsedMs: at - since,
      step,
      steps: plan.steps.length,
      hasChampion: plan.champion !== null,
    });
    const decision = record.frozen && judged.decision === 'advance' ? 'hold' : judged.decision;
    const evidence = await saveDocument(ports.store, lookEvidenceSchema, {
      schema: 'pawl.evidence.look/1',
      model: plan.model,
      version: plan.version,
      champion: plan.champion,
      holder: plan.holder,
      phase,
      step,
      at,
      observation,
      guards: judged.guards,
      verdict: judged.verdict,
      decision,
    });
    return { phase, status: judged.verdict.status, decision, evidence, reasons: reasonsOf(judged.verdict), at };
  };
