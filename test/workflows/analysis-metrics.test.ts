import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDocument } from '../../activities/support/documents.ts';
import { createAnalyzeRelease } from '../../activities/release/analyze-release.ts';
import { createOpenRelease } from '../../activities/release/open-release.ts';
import { createShiftTraffic } from '../../activities/release/shift-traffic.ts';
import { PawlError } from '../../contracts/errors.ts';
import { analysisEvidenceSchema, type AnalysisEvidence } from '../../contracts/evidence/release.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Analysis, ReleasePlan } from '../../contracts/release/release.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { isReproduced } from '../../policy/release/backtest/judge-again.ts';
import { loggedReleases } from '../../policy/release/backtest/logged-release.ts';
import { phasesOf } from '../../workflows/release-phases.ts';
import { elsewhere, startOtherPlatform, type OtherPlatform } from '../support/other-platform.ts';
import { createScrapedSource, type Answered, type ScrapedMetrics } from '../ports/scraped-metrics.ts';

const interval = 15_000;

/** Chances of an error by version, at a moment. */
type Errors = (version: number, at: number) => number;

/** A promotion that has to be proven; the guard tolerates what the proof must rule out. */
const proving = modelDefinitionSchema.parse({
  ...elsewhere,
  release: {
    ...elsewhere.release,
    promotion: { metrics: { errors: { ratio: 2, rate: 0.02 } } },
    guards: { ...elsewhere.release.guards, errorRatio: 5 },
  },
});

describe('a release of a model on another platform', () => {
  const start = Date.UTC(2026, 2, 2);
  let now = start;
  let platform: OtherPlatform;
  let ports: OtherPlatform['ports'];
  let answered: Answered[];
  const open = async (definition = elsewhere): Promise<void> => {
    platform = await startOtherPlatform(() => now, definition);
    ports = platform.ports;
  };
  beforeEach(async () => {
    now = start;
    answered = [];
    await open();
  });
  afterEach(() => platform.close());

  const withSource = (more: Partial<ScrapedMetrics> = {}): OtherPlatform['ports'] => {
    const source = createScrapedSource({ answered, events: ['error'], interval, ...more });
    return { ...ports, metricSource: () => source };
  };

  /** Ten requests a second, by share. */
  function serve(until: number, share: number, errors: Errors, random: Random): void {
    for (; now < until; now += 1_000)
      for (let request = 0; request < 10; request += 1) {
        const version = random.next() < share ? 2 : 1;
        const at = now + request * 100;
        answered.push({ at, version, kinds: random.next() < errors(version, at) ? ['error'] : [] });
      }
  }

  interface Ended {
    readonly outcome: 'promoted' | 'rolledBack' | 'overdue';
    readonly phase: string;
    readonly last: Analysis;
    readonly plan: ReleasePlan;
    readonly analyses: readonly AnalysisEvidence[];
  }

  /** The phases of the plan one after the other, as the workflow goes through them, on a clock of its own. */
  async function release(errors: Errors, seen: OtherPlatform['ports']): Promise<Ended> {
    const random = createRandom(7);
    const opened = await createOpenRelease(seen)({
      request: { model: elsewhere.model, version: 2 },
      holder: 'release/elsewhere/1',
    });
    if (opened.status !== 'open') throw new Error('the record is free');
    const { plan } = opened;
    const analysis = createAnalyzeRelease(seen);
    const skip: { from: number; to: number }[] = [];
    const analyses: AnalysisEvidence[] = [];
    let last: Analysis | null = null;
    for (const phase of phasesOf(plan)) {
      const reason = `${phase.kind} of version 2`;
      await createShiftTraffic(seen)({ plan, to: phase.traffic, actor: plan.holder, reason });
      const since = now;
      if (phase.kind === 'canary' && phase.step === 0) skip.push({ from: since, to: since + plan.warmUpMs });
      do {
        serve(now + plan.analyzeEveryMs, phase.share, errors, random);
        last = await analysis({ plan, phase: phase.kind, step: phase.step, since, skip, acknowledged: [] });
        if (last.evidence !== null)
          analyses.push(await loadDocument(seen.store, analysisEvidenceSchema, last.evidence));
        if (last.decision === 'rollback') return { outcome: 'rolledBack', phase: phase.kind, last, plan, analyses };
        if (now - plan.startedAt >= plan.deadlineMs && phase.kind !== 'bake')
          return { outcome: 'overdue', phase: phase.kind, last, plan, analyses };
      } while (last.decision !== 'advance');
    }
    if (last === null) throw new Error('there was no analysis');
    return { outcome: 'promoted', phase: 'bake', last, plan, analyses };
  }

  const both: Errors = () => 0.01;
  const burning: Errors = (version) => (version === 2 ? 0.2 : 0.01);

  it('goes through by counts of the metric source alone, and each of its analyses can be judged again', async () => {
    const { outcome, plan, analyses } = await release(both, withSource());
    expect(outcome).toBe('promoted');
    const [found] = loggedReleases(await ports.registry.deploymentHistory(elsewhere.model), () => plan.holdback, now);
    if (found === undefined) throw new Error('the history shows no release');
    expect(analyses.length).toBeGreaterThan(25);
    for (const one of analyses) expect(isReproduced(one, found, elsewhere.release, 1)).toBe(true);

    const last = analyses.at(-1);
    const { metrics } = last?.observation ?? {};
    if (last === undefined || metrics === undefined) throw new Error('nothing was seen');
    const events = { error: [{ share: 0.1, champion: 0, canary: 40 }] };
    const others = { ...last, observation: { ...last.observation, metrics: { ...metrics, events } } };
    expect(isReproduced(others, found, elsewhere.release, 1)).toBe(false);
    expect(metrics.events.error?.map(({ share }) => share)).toEqual([0.1, 0.5, 0.95]);
    expect(metrics.bake[0]?.error).toEqual(metrics.events.error?.slice(-1));
    const warm = plan.startedAt + plan.warmUpMs;
    const byChampion = answered.filter(({ at, version }) => version === 1 && at > warm).length;
    const counted = metrics.requests.reduce((sum, { champion }) => sum + champion, 0);
    // One reading at most is lost at each end of the three stretches.
    expect(counted).toBeLessThanOrEqual(byChampion);
    expect(counted).toBeGreaterThan(byChampion - 6 * 10 * (interval / 1_000));
  });

  describe('whose promotion has to be proven', () => {
    const proofIn = (analyses: readonly AnalysisEvidence[]) =>
      analyses.flatMap(({ verdict }) => verdict.checks.filter(({ name }) => name === 'canary.nonInferior.errors'));
    beforeEach(async () => {
      await platform.close();
      await open(proving);
    });

    it('is promoted by proofs from the metric source alone, and each of its analyses can be judged again', async () => {
      const { outcome, plan, analyses } = await release(both, withSource());
      expect(outcome).toBe('promoted');
      const proofs = proofIn(analyses);
      expect([proofs[0]?.status, proofs.at(-1)?.status]).toEqual(['inconclusive', 'pass']);
      expect(proofs.at(-1)?.message).toMatch(/^\d+ requests of the canary, counted by the metric source .* rule out/);
      const history = await ports.registry.deploymentHistory(proving.model);
      const [found] = loggedReleases(history, () => plan.holdback, now);
      if (found === undefined) throw new Error('the history shows no release');
      for (const one of analyses) expect(isReproduced(one, found, proving.release, 1)).toBe(true);
    });

    it.each([
      ['a canary that fails twice as often', (version: number) => (version === 2 ? 0.03 : 0.015), {}, ['inconclusive']],
      ['a source without counts', both, { missing: () => 'nobody is there' }, []],
    ])('holds by %s, and is overdue then', async (_, errors, more, reached) => {
      const { outcome, phase, analyses } = await release(errors, withSource(more));
      expect([outcome, phase]).toEqual(['overdue', 'canary']);
      expect(new Set(proofIn(analyses).map(({ status }) => status))).toEqual(new Set(reached));
    });
  });

  it('is rolled back in its first step when its canary burns', async () => {
    const { outcome, phase, last, analyses } = await release(burning, withSource());
    expect([outcome, phase, last.fired]).toEqual(['rolledBack', 'canary', ['errors']]);
    expect(analyses.at(-1)?.step).toBe(0);
  });

  it('is rolled back in the bake when its canary begins to burn there', async () => {
    const late: Errors = (version, at) => (version === 2 && at > start + 25 * 60_000 ? 0.2 : 0.01);
    const { outcome, phase, last } = await release(late, withSource());
    expect([outcome, phase]).toEqual(['rolledBack', 'bake']);
    expect(last.reasons.join()).toContain('(by the metric source)');
  });

  it('holds while its metrics are missing, and is overdue then', async () => {
    const { outcome, phase, last, analyses } = await release(both, withSource({ missing: () => 'nobody is there' }));
    expect([outcome, phase]).toEqual(['overdue', 'canary']);
    expect(last.reasons.join()).toContain('nobody is there');
    const { metrics } = analyses.at(-1)?.observation ?? {};
    expect(metrics).toMatchObject({ asked: ['error'], events: {}, stepRequests: null, missing: 'nobody is there' });
  });

  it.each([
    ['survives an outage of both versions that begins between the readings of their counters', interval, 'promoted'],
    ['would not, if no time were allowed for the readings', 0, 'rolledBack'],
  ])('%s', async (_, settleMs, expected) => {
    const outage: Errors = (_version, at) => (at >= start + 167_000 ? 0.9 : 0);
    // At an analysis the canary's counters are of now, and the champion's of 14 seconds ago.
    const offsetOf = (version: number): number => (version === 1 ? 1_000 : 0);
    const { outcome } = await release(outage, withSource({ settleMs, offsetOf }));
    expect(outcome).toBe(expected);
  });

  it('holds where the source does not answer in its part of the time of an analysis', async () => {
    const source = createScrapedSource({ answered, events: ['error'], interval });
    const { analysis, ...work } = ports.work.work;
    const seen = {
      ...ports,
      metricSource: () => ({ ...source, counts: () => new Promise<never>(() => undefined) }),
      work: { ...ports.work, work: { ...work, analysis: { ...analysis, startToCloseMs: 2 } } },
    };
    const { outcome, last } = await release(both, seen);
    expect(outcome).toBe('overdue');
    expect(last.reasons.join()).toContain('gave no answer within 1 ms');
  });

  it('is ended by what no retry can mend', async () => {
    const source = createScrapedSource({ answered, events: ['error'], interval });
    const refused = new PawlError(errorTypes.accessDenied, 'no way in');
    const seen = { ...ports, metricSource: () => ({ ...source, counts: () => Promise.reject(refused) }) };
    await expect(release(both, seen)).rejects.toBe(refused);
  });
});
