import { canonicalJson } from '../../contracts/canonical.ts';
import { guardTitle } from '../../contracts/evidence/release.ts';
import type { AnalysisRequest } from '../../contracts/release/analysis-request.ts';
import type { ReleasePlan } from '../../contracts/release/release.ts';
import type { JudgedAnalysis } from './judge-analysis.ts';

/** What an approval of a release is bound to, as bytes whose digest is its fingerprint: counts may grow, but the results of checks must not change. */
export const fingerprintOf = (
  { model, version, champion, definition, holder }: ReleasePlan,
  place: Pick<AnalysisRequest, 'phase' | 'step'>,
  { guards, verdict }: JudgedAnalysis,
): Uint8Array =>
  canonicalJson({
    release: { model, version, champion, definition, holder, ...place },
    fired: guards.filter(({ fired }) => fired).map(guardTitle),
    checks: verdict.checks.map(({ name, status }) => ({ name, status })),
  });
