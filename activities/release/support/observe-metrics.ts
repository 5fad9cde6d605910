import type { ObservedMetrics } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { startsOfBake } from '../../../policy/release/bake-starts.ts';
import type { ArmVersion } from '../../../ports/metric-source/port.ts';
import { askMetrics } from './ask-metrics.ts';
import type { AnalysisRequest } from '../../../contracts/release/analysis-request.ts';
import { sharedWindows } from './metric-windows.ts';
import type { Ports } from '../../ports.ts';

/** Part of an analysis's time that the metric source may take. */
const patience = 0.5;

/** What the model's metric source says at an analysis, `at`, in milliseconds since the epoch; null where the model has none. */
export async function observeMetrics(
  { metricSource, registry, work }: Ports,
  { plan, phase, since, skip }: AnalysisRequest,
  { at, policy }: { readonly at: number; readonly policy: ReleasePolicy },
): Promise<ObservedMetrics | null> {
  const source = metricSource(plan.model);
  if (source === null || plan.champion === null) return null;
  const until = Math.floor(at);
  const history = await registry.deploymentHistory(plan.model);
  const armOf = async (version: number): Promise<ArmVersion> => {
    const { candidate } = await registry.version(plan.model, version);
    return { version, digest: candidate.model };
  };
  return askMetrics(source, {
    champion: await armOf(plan.champion),
    canary: await armOf(plan.version),
    windows: sharedWindows(history, { holder: plan.holder, skip, since, until }),
    since,
    bakeStarts: phase === 'bake' ? startsOfBake(policy, since, until) : [],
    until,
    patienceMs: work.work.analysis.startToCloseMs * patience,
  });
}
