import { guardTitle } from '../../../contracts/evidence/release.ts';
import type { GuardRule } from '../../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check } from '../../../contracts/verdict.ts';
import { hourMs, minuteMs } from '../../../contracts/duration.ts';
import type { Random } from '../../../ml/random.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { judgeAnalysis, type JudgedAnalysis } from '../judge-analysis.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import type { Incident } from './incident.ts';
import { backtestPhases } from './phases.ts';
import { PlayedTraffic } from './played-traffic.ts';

/** `passed`: promoted, or measured to the end where the mode promotes nobody. `held`: not proven by the deadline, so back. */
export const playOutcomes = ['passed', 'held', 'paused', 'rolledBack'] as const;
export type PlayOutcome = (typeof playOutcomes)[number];

export interface Play {
  readonly outcome: PlayOutcome;
  /** Hours from the start to the end. */
  readonly hours: number;
  /** Hours from the beginning of the harm to the end; null where it had not begun. */
  readonly delayHours: number | null;
  /** What rolled back or paused: guards that fired, else checks that failed. */
  readonly by: readonly string[];
  /** Requests that the candidate answered badly, by the incident. */
  readonly bad: number;
  readonly analyses: number;
}

/** A policy may say 0, which means as often as it goes. */
const leastAnalysisMs = 1_000;
/** Minutes that noise is drawn for at most: a week. */
const mostMinutes = 10_080;

/** A phase that lasts is looked at a little less often than the policy says: at most by this share of its age. */
const leastStride = 1 / 120;

/**
 * One simulated release under a policy, judged by `judgeAnalysis` every `analyzeEvery`; from the 120th look at a phase on every
 * 120th part of its age, so that a release that waits for a day costs little more than one of an hour. Pauses between steps are let go at once; a guard's
 * `pause` ends it, for a person has been asked. Gateways judge nothing of their own here.
 */
export function playRelease(
  given: ReleasePolicy,
  incident: Incident,
  declared: DeclaredTraffic,
  random: Random,
  guards: readonly GuardDefinition[] = allGuards,
): Play {
  const policy = simulated(given, guards);
  const phases = backtestPhases(policy);
  const minutes = Math.min(mostMinutes, Math.ceil((policy.deadline + policy.bake) / minuteMs) + 1);
  const traffic = new PlayedTraffic(incident, declared, policy, minutes, random, guards);
  const steps = phases.filter(({ kind }) => kind === 'canary').length;
  let [now, analyses] = [0, 0];
  let harmedAt: number | null = null;
  const end = (outcome: PlayOutcome, by: readonly string[] = []): Play => ({
    outcome,
    hours: now / hourMs,
    delayHours: harmedAt === null ? null : (now - harmedAt) / hourMs,
    by,
    bad: traffic.bad,
    analyses,
  });
  for (const [index, phase] of phases.entries()) {
    const since = now;
    const isHarmed = incident.kind === 'harmful' && index >= incident.from;
    if (isHarmed) harmedAt ??= now;
    const skipUntil = phase.kind === 'canary' && phase.step === 0 ? since + policy.warmUp : since;
    traffic.enter();
    let isOver = false;
    while (!isOver) {
      const next = now + strideAt(now - since, policy);
      for (let from = now; from < next;) {
        const to = Math.min(next, from + minuteMs, from < skipUntil ? skipUntil : next);
        traffic.flow({ from, to, phase, isHarmed, isSkipped: from < skipUntil });
        from = to;
      }
      now = next;
      analyses += 1;
      const moment = {
        phase: phase.kind,
        elapsedMs: now - since,
        step: phase.step,
        steps,
        hasChampion: true,
        retry: 1,
        hotfix: false,
        acknowledged: [],
      };
      const judged = judgeAnalysis(traffic.observe(now), policy, moment, guards);
      if (judged.decision === 'rollback') return end('rolledBack', stoppedBy(judged));
      if (judged.decision === 'pause') return end('paused', stoppedBy(judged));
      isOver = judged.decision === 'advance';
      if (!isOver && phase.kind !== 'bake' && now >= policy.deadline) return end('held', openChecks(judged));
    }
  }
  return end('passed');
}

function strideAt(ageMs: number, { analyzeEvery }: ReleasePolicy): number {
  const every = Math.max(leastAnalysisMs, analyzeEvery);
  return every * Math.max(1, Math.floor((ageMs * leastStride) / every));
}

/**
 * What some guards need is not simulated, so what would wait for it goes on; their guards keep their parts of alpha, and fire
 * nobody.
 */
function simulated({ guards, ...policy }: ReleasePolicy, definitions: readonly GuardDefinition[]): ReleasePolicy {
  const { fairness, rules } = guards;
  const unseen = (rule: GuardRule | undefined): GuardRule => ({ action: 'rollback', ...rule, missing: 'pass' });
  const notSimulated = definitions.filter(({ unsimulated }) => unsimulated !== undefined);
  return {
    ...policy,
    guards: {
      ...guards,
      fairness: fairness === null ? null : { ...fairness, promote: false },
      rules: { ...rules, ...Object.fromEntries(notSimulated.map(({ name }) => [name, unseen(rules[name])])) },
    },
  };
}

/** The guards that decided, else the checks that failed. */
export function stoppedBy({ guards, verdict, decision }: JudgedAnalysis): string[] {
  const fired = guards.filter((guard) => guard.fired && guard.action === decision).map(guardTitle);
  return fired.length > 0 ? fired : namesOf(verdict.checks, 'fail');
}

const openChecks = ({ verdict }: JudgedAnalysis): string[] => namesOf(verdict.checks, 'inconclusive');

const namesOf = (checks: readonly Check[], status: Check['status']): string[] =>
  checks.filter((one) => one.status === status).map(({ name }) => name);
