import type { JudgedGroup } from '../../../contracts/evidence/groups.ts';
import type { MetricKind, ObservedSegment, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ValueRange } from '../../../contracts/evidence/values.ts';
import type { GuardName } from '../../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check, Status } from '../../../contracts/verdict.ts';
import type { WeightedGuard } from '../alpha-budget.ts';
import type { HarmToFind, LeftOut } from '../backtest/incident.ts';
import type { SourcedTraffic, TrafficNumber } from '../plan/choose-traffic.ts';
import type { MetricSetting, PlanPart } from '../plan/metric-plan.ts';
import type { Plan } from '../plan/event-plans.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import type { HotfixEvents } from './metric-source.ts';

/** A guard: a test that may stop a release, and all that depends on it alone. `guards/index.ts` lists them. */
export interface GuardDefinition extends WeightedGuard {
  readonly name: GuardName;
  /** What is wrong where it fired, as a sentence without its end. */
  readonly harm: string;
  /** The same, by what was counted. @default `harm` */
  readonly harmSeen?: (seen: SeenRelease) => string;
  /** Whether the policy gives it a part of alpha. */
  readonly inForce: (policy: ReleasePolicy) => boolean;
  /** What a policy that has a rule for it while it is not in force is told. @default to set its limit */
  readonly remedy?: (at: string, policy: ReleasePolicy) => string;
  /** Whether it tests without a part of alpha where it is not in force: it then only warns. @default never */
  readonly onlyWarns?: (policy: ReleasePolicy) => boolean;
  /** It tests in the bake only. @default in every phase */
  readonly inBake?: true;
  /** What it needs of the log beside what every analysis counts. @default nothing */
  readonly counts?: (policy: ReleasePolicy) => AskedCounts;
  /** Kind of event that a metric source may count for it. @default none */
  readonly metric?: MetricKind;
  /** `alpha`: its part, or the policy's whole alpha where it only warns. */
  readonly test: (seen: SeenRelease, policy: ReleasePolicy, alpha: number) => GuardTest;
  /** The same in one segment of the traffic. @default it does not judge segments */
  readonly testSegment?: (seen: ObservedSegment, policy: ReleasePolicy) => GuardTest;
  /** Of a hotfix, which is compared with nothing. @default it does not judge one */
  readonly testHotfix?: (seen: HotfixEvents, policy: ReleasePolicy) => GuardTest;
  /** What was seen, for a sentence. @default the e-value says it all */
  readonly describe?: (seen: SeenRelease, policy: ReleasePolicy) => string;
  /** What it cannot judge, at every analysis. @default nothing */
  readonly unjudged?: (seen: SeenRelease, policy: ReleasePolicy) => Check[];
  /** What must be known, beside its proof, before a version gets all traffic. @default nothing */
  readonly enough?: (seen: SeenRelease, policy: ReleasePolicy, asked: PromotionAsked) => Check[];
  /** How the harm that it is there for is ruled out before promotion; null where the policy does not ask for it. */
  readonly proof?: (policy: ReleasePolicy) => GuardProof | null;
  /** It waits for labels or values, which come later than the answers. */
  readonly needsLabels?: true;
  /** What it can find, beforehand. @default it is not simulated */
  readonly plan?: Plan;
  /** Numbers of the traffic that only its plan goes by. */
  readonly numbers?: (policy: ReleasePolicy, traffic: SourcedTraffic) => PrintedNumber[];
  /** Harm that a backtest tries it on, where it is in force. */
  readonly incidents?: (policy: ReleasePolicy, traffic: DeclaredTraffic) => HarmToFind[];
  /** Why no backtest can try it: what it needs is not simulated. */
  readonly unsimulated?: LeftOut;
  /** Its row in `docs/releases.md`. */
  readonly docs: GuardDocs;
}

/** What was counted of a release, and what was judged of its groups, once for all that ask. */
export interface SeenRelease extends ReleaseObservation {
  readonly judged?: readonly JudgedGroup[];
}

/** What a guard's test found. */
export interface GuardTest {
  /** Of an e-process against `estimand`. */
  readonly eValue: number;
  /** The null hypothesis in words. */
  readonly estimand: string;
  /** Whether it may fire: not on what is too rare to be harm. @default true */
  readonly isGrave?: boolean;
}

/** What an analysis counts only where a guard or a proof asks for it. */
export interface AskedCounts {
  /** Differences of both versions' probabilities. */
  readonly scores?: true;
  /** Answers without a probability in [0, 1]. */
  readonly outOfRange?: true;
  /** Answers with a probability in the band, inclusive. */
  readonly band?: { readonly from: number; readonly to: number };
  /** Labels of live requests. */
  readonly liveLabels?: true;
  /** Values of live requests, within a range. */
  readonly values?: ValueRange;
  /** What live requests are predicted, by label or range. */
  readonly mix?: true;
  /** Labels of mirrored requests by group, of so many groups at most. */
  readonly groups?: { readonly most: number };
}

/** What is known to a guard that asks for something before promotion. */
export interface PromotionAsked {
  readonly alpha: number;
  /** Why nothing is proven by labels yet; null where it may be. */
  readonly undeclared: string | null;
  /** Status of a check with too little evidence. */
  readonly missing: Status;
}

export interface GuardProof {
  /** What must be counted for it, shown before it. @default nothing */
  readonly enough?: (seen: SeenRelease, missing: Status) => Check;
  /** @default the guard's `enough` shows it */
  readonly test?: (seen: SeenRelease) => Proof;
  readonly plan: (setting: MetricSetting) => PlanPart;
}

/** What speaks against the harm of one metric. */
export interface Proof {
  readonly metric: GuardName;
  /** Value of an e-process; the harm is ruled out from 1 / `promotionAlpha` on. */
  readonly evidence: number;
  readonly harm: string;
  /** By what was counted, and what was seen, for a sentence. */
  readonly counted: string;
  readonly detail: string;
}

export interface PrintedNumber {
  readonly name: string;
  readonly value: string;
  readonly from: TrafficNumber;
}

export interface GuardDocs {
  /** Key of `release.guards` that puts it in force, as an example. @default it always is */
  readonly setting?: string;
  readonly evidence: string;
  /** And by which test. */
  readonly hypothesis: string;
}

/** Of guards without a limit of their own to set. */
export const always = (): boolean => true;

/** Loss that counts as harm: the margin beyond what the guard tolerates, at most 1. */
export const harmfulLoss = (tolerated: number | null, margin: number): number => Math.min(1, (tolerated ?? 0) + margin);
