import { fingerprintOf } from '../../policy/release/fingerprint.ts';
import type { AnalysisRequest } from '../../contracts/release/analysis-request.ts';
import { guardTitle, analysisEvidenceSchema } from '../../contracts/evidence/release.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import type { Analysis } from '../../contracts/release/release.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { startsOfBake } from '../../policy/release/bake-starts.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { maturityOf } from '../../policy/release/label-cohorts.ts';
import { reasonsOf } from '../../policy/verdict.ts';
import { mirrorsToExpect } from './support/due-mirrors.ts';
import { loadDocument, saveDocument } from '../support/documents.ts';
import { observeMetrics } from './support/observe-metrics.ts';
import { partsToRead } from './support/parts-to-count.ts';
import type { Ports } from '../ports.ts';

/** One analysis of the evidence: reads the prediction log, asks the metric source where there is one, applies the guards, and keeps all that is needed to replay the decision. */
export const createAnalyzeRelease = (ports: Ports) =>
  async function analyzeRelease(request: AnalysisRequest): Promise<Analysis> {
    const { plan, phase, step, since } = request;
    const at = ports.now();
    const record = await ports.registry.currentDeployment(plan.model);
    if (record?.release !== plan.holder)
      return {
        phase,
        status: 'fail',
        decision: 'lost',
        fired: [],
        fingerprint: null,
        evidence: null,
        reasons: [record === null ? 'the deployment record is gone' : `${record.actor}: ${record.reason}`],
        at,
      };

    const definition = await loadDocument(ports.store, modelDefinitionSchema, plan.definition);
    const policy = definition.release;
    const versionOf = () => ports.registry.version(plan.model, plan.version);
    const logged = await ports.predictionLog.observe({
      model: plan.model,
      release: plan.holder,
      champion: plan.champion,
      canary: plan.version,
      since: plan.startedAt,
      stepSince: since,
      bakeStarts: phase === 'bake' ? startsOfBake(policy, since, at) : [],
      skip: request.skip,
      matureBefore: at - maturityOf(policy),
      slowMs: policy.guards.slowMs,
      ...answersToRead(policy),
      ...(await mirrorsToExpect(ports.registry, plan, at)),
      ...(await partsToRead(ports.store, definition, versionOf, plan.hotfix)),
    });
    const metrics = await observeMetrics(ports, request, { at, policy });
    const observation = { ...logged, ...(metrics === null ? {} : { metrics }) };
    const judged = judgeAnalysis(observation, policy, {
      phase,
      elapsedMs: at - since,
      step,
      steps: plan.steps.length,
      hasChampion: plan.champion !== null,
      retry: plan.retry,
      hotfix: plan.hotfix,
      acknowledged: request.acknowledged,
    });
    const decision = record.frozen && judged.decision === 'advance' ? 'hold' : judged.decision;
    const evidence = await saveDocument(ports.store, analysisEvidenceSchema, {
      schema: 'pawl.evidence.analysis/1',
      model: plan.model,
      version: plan.version,
      champion: plan.champion,
      holder: plan.holder,
      phase,
      step,
      at,
      observation,
      ...judged,
      decision,
    });
    const fired = judged.guards.flatMap((guard) => (guard.fired ? [guardTitle(guard)] : []));
    const reasons = reasonsOf(judged.verdict);
    const sick = judged.verdict.checks.find(({ name, status }) => name === 'instances' && status === 'warn');
    await ports.registry.recordAnalysis({
      schema: 'pawl.analysis/1',
      model: plan.model,
      version: plan.version,
      release: plan.holder,
      at,
      phase,
      step,
      status: judged.verdict.status,
      decision,
      fired,
      reasons,
      ...(sick === undefined ? {} : { instances: sick.message }),
      evidence,
    });
    return {
      phase,
      status: judged.verdict.status,
      decision,
      evidence,
      reasons,
      at,
      fired,
      fingerprint: await ports.store.putBlob(fingerprintOf(plan, { phase, step }, judged)),
    };
  };
