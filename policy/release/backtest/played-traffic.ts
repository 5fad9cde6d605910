import { arms, type Arm } from '../../../contracts/release/arm.ts';
import {
  eventKinds,
  type BakeEvents,
  type EventCounts,
  type EventKind,
  type ReleaseObservation,
} from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { hourMs, minuteMs } from '../../../contracts/duration.ts';
import type { Random } from '../../../ml/random.ts';
import { drawNoise, type NoiseFactors } from '../../../ml/simulation/noise.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';
import { poisson } from '../../../ml/statistics/poisson.ts';
import { startsOfBake } from '../bake-starts.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { maturityOf } from '../label-cohorts.ts';
import { type DeclaredTraffic } from '../plan/setting.ts';
import { answersToRead } from '../what-to-count/answers.ts';
import { ratesAt, rightOf } from './arm-rates.ts';
import type { Harm, Incident } from './incident.ts';
import { addEvents, drawEvents, type KeyEvents, type EventRates } from './key-events.ts';
import { LabelStream } from './label-stream.ts';
import { LiveLabelStream } from './live-label-stream.ts';
import { MixStream } from './mix-stream.ts';
import type { BacktestPhase } from './phases.ts';
import { bandRate, noProbability, ScoreStream } from './score-stream.ts';
import { SegmentStream } from './segment-stream.ts';

/** The next stretch of a release, milliseconds since its start. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly phase: BacktestPhase;
  /** Whether the harm is on. */
  readonly isHarmed: boolean;
  /** Whether evidence of it is left out: warm-up. */
  readonly isSkipped: boolean;
}

/**
 * What a prediction log would say of a simulated release, analysis by analysis. Every key comes once (a failing one `burst` times). The
 * streams of events are drawn independently of each other: each guard has its own evidence, and a union bound over them is
 * no better for it.
 */
export class PlayedTraffic {
  /** Requests that the candidate answered worse than the champion would have, by the harm; errors and slow answers all count. */
  bad = 0;
  readonly #incident: Incident;
  readonly #traffic: DeclaredTraffic;
  readonly #policy: ReleasePolicy;
  readonly #random: Random;
  readonly #noise: NoiseFactors;
  readonly #labels: LabelStream;
  /** Null where the policy does not ask for them. */
  readonly #liveLabels: LiveLabelStream | null;
  readonly #segments: SegmentStream | null;
  readonly #scores: ScoreStream | null;
  readonly #mix: MixStream | null;
  readonly #arms = { champion: noCounts(), canary: noCounts() };
  readonly #events: Record<EventKind, EventCounts[]> = { key: [], error: [], slow: [], positive: [], negative: [] };
  readonly #mirrored = { requests: 0, errors: 0, slow: 0, agree: 0, dropped: 0 };
  readonly #mirroredKeys = { keys: 0, errors: { champion: 0, canary: 0 }, slow: { champion: 0, canary: 0 } };
  /** By start of the bake. */
  readonly #bake: BakeEvents[] = [];
  #bakeSince: number | null = null;
  readonly #agreement = { pairs: 0, disagree: 0, missing: 0, scores: null };
  #stepRequests = 0;

  /** Noise is drawn for so many `minutes`; later ones are like the last. `guards` say what is counted. */
  constructor(
    incident: Incident,
    traffic: DeclaredTraffic,
    policy: ReleasePolicy,
    minutes: number,
    random: Random,
    guards: readonly GuardDefinition[] = allGuards,
  ) {
    this.#incident = incident;
    this.#traffic = traffic;
    this.#policy = policy;
    this.#random = random;
    this.#noise = drawNoise(incident.noise, minutes, random);
    const labelled = traffic.keysPerHour === 0 ? 0 : Math.min(1, traffic.labelsPerHour / traffic.keysPerHour);
    const [delayMs, maturityMs] = [traffic.labelDelayHours * hourMs, maturityOf(policy)];
    this.#labels = new LabelStream({ labelled, delayMs, maturityMs }, random);
    const { liveLabels, scoreEvents, mix = false } = answersToRead(policy, guards);
    this.#liveLabels = liveLabels ? new LiveLabelStream({ labelled, delayMs, maturityMs }, random) : null;
    this.#segments = policy.guards.bySegment === null ? null : new SegmentStream(policy, random);
    this.#scores = scoreEvents === undefined ? null : new ScoreStream(policy, random);
    this.#mix = mix ? new MixStream(traffic, random) : null;
  }

  /** A phase, or a step of the canary, begins. */
  enter(): void {
    this.#stepRequests = 0;
  }

  /** Draws what comes in the next stretch, which lies within one phase. */
  flow({ from, to, phase, isHarmed, isSkipped }: Stretch): void {
    const minute = Math.min(this.#noise.traffic.length - 1, Math.floor(from / minuteMs));
    const harm = isHarmed ? this.#incident.harm : {};
    const ratesOf = (asked: Harm): EventRates => ratesAt(minute, { traffic: this.#traffic, noise: this.#noise }, asked);
    const rates = ratesOf(harm);
    const keys = ((this.#traffic.keysPerHour * (to - from)) / hourMs) * (this.#noise.traffic[minute] ?? 1);
    const odds = (phase.share / (1 - phase.share)) * (harm.odds ?? 1);
    const onCanary = phase.share < 1 ? odds / (1 + odds) : 1;
    const arriving = {
      champion: poisson(this.#random, keys * (1 - onCanary)),
      canary: poisson(this.#random, keys * onCanary),
    };
    const counted = {
      champion: drawEvents(this.#random, arriving.champion, 'champion', rates),
      canary: drawEvents(this.#random, arriving.canary, 'canary', rates),
    };
    if (isHarmed) this.bad += this.#badOf(arriving.canary, counted.canary, harm);
    if (isSkipped) return;
    for (const arm of arms) this.#add(arm, phase.share, arriving[arm], counted[arm]);
    const at = (from + to) / 2;
    for (const arm of arms) {
      this.#scores?.add(phase.share, arm, arriving[arm] - counted[arm].error, harm);
      this.#mix?.add(phase.share, arm, arriving[arm] - counted[arm].error, harm);
      this.#liveLabels?.add(at, phase.share, arm, arriving[arm], rightOf(arm, this.#traffic, rates, harm));
    }
    const { segmentErrorRatio, ...elsewhere } = harm;
    const ratesIn = (place: number): EventRates =>
      segmentErrorRatio === undefined
        ? rates
        : ratesOf({ ...elsewhere, errorRatio: place === 0 ? segmentErrorRatio : 1 });
    this.#segments?.add(phase.share, arriving, this.#incident.burst, ratesIn);
    if (phase.kind === 'bake' && phase.share < 1) this.#addToBake(from, phase.share, counted);
    this.#mirror(at, arriving.champion + arriving.canary, rates, harm);
  }

  /** What is known at the time `now`. */
  observe(now: number): ReleaseObservation {
    return {
      arms: this.#arms,
      stepRequests: this.#stepRequests,
      events: this.#events,
      mirrored: this.#mirrored,
      mirroredKeys: this.#mirroredKeys,
      bake: this.#bake,
      ...this.#labels.seen(now),
      agreement: this.#agreement,
      ...(this.#liveLabels === null ? {} : { labelled: this.#liveLabels.seen(now) }),
      ...(this.#segments === null ? {} : { segments: [...this.#segments.seen] }),
      ...(this.#scores === null ? {} : { scoreEvents: this.#scores.seen }),
      ...(this.#mix === null ? {} : { mix: this.#mix.seen }),
      latencies: [],
      instances: [],
    };
  }

  #badOf(keys: number, counted: KeyEvents, harm: Harm): number {
    if (harm.errorRatio !== undefined) return counted.error * this.#incident.burst;
    if (harm.slowRatio !== undefined) return counted.slow;
    const changed = Math.max(
      harm.drop ?? 0,
      Math.abs((harm.positiveRate ?? this.#traffic.positiveRate) - this.#traffic.positiveRate),
      (harm.bandRate ?? 0) - bandRate(this.#policy),
      (harm.noProbability ?? 0) - noProbability,
      (harm.predictionShare ?? 0) - this.#traffic.predictionShare,
    );
    return binomial(this.#random, keys, changed);
  }

  #add(arm: Arm, share: number, keys: number, counted: KeyEvents): void {
    const again = counted.error * (this.#incident.burst - 1);
    const all = this.#arms[arm];
    all.requests += keys + again;
    all.errors += counted.error + again;
    all.slow += counted.slow;
    all.positives += counted.positive;
    if (arm === 'canary') this.#stepRequests += keys + again;
    for (const kind of eventKinds) addEvents(this.#events[kind], share, arm, counted[kind]);
  }

  /** Every key comes once, so that each of its events is the first since every start that has passed. */
  #addToBake(from: number, share: number, counted: Record<Arm, KeyEvents>): void {
    this.#bakeSince ??= from;
    for (const index of startsOfBake(this.#policy, this.#bakeSince, from).keys()) {
      const events = (this.#bake[index] ??= { error: [], slow: [] });
      for (const kind of ['error', 'slow'] as const)
        for (const arm of arms) addEvents(events[kind], share, arm, counted[arm][kind]);
    }
  }

  #mirror(at: number, keys: number, rates: EventRates, { drop = 0 }: Harm): void {
    const mirrors = binomial(this.#random, keys, this.#policy.shadow.sample);
    if (mirrors === 0) return;
    const drawn = (kind: 'error' | 'slow', arm: Arm): number => binomial(this.#random, mirrors, rates[kind][arm]);
    const errors = { champion: drawn('error', 'champion'), canary: drawn('error', 'canary') };
    const slow = { champion: drawn('slow', 'champion'), canary: drawn('slow', 'canary') };
    const all = this.#mirroredKeys;
    all.keys += mirrors;
    for (const arm of arms) {
      all.errors[arm] += errors[arm];
      all.slow[arm] += slow[arm];
    }
    this.#mirrored.requests += mirrors;
    this.#mirrored.errors += errors.canary;
    this.#mirrored.slow += slow.canary;
    const answered = Math.max(0, mirrors - errors.champion - errors.canary);
    const differ = Math.max(this.#traffic.discordantShare, drop);
    const agree = binomial(this.#random, answered, 1 - Math.max(this.#traffic.disagreementShare, drop));
    this.#mirrored.agree += agree;
    this.#agreement.pairs += answered;
    this.#agreement.disagree += answered - agree;
    this.#agreement.missing += mirrors - answered;
    this.#labels.add(at, answered, (differ + drop) / 2, (differ - drop) / 2);
  }
}

const noCounts = () => ({ requests: 0, errors: 0, slow: 0, positives: 0, p50Ms: null, p99Ms: null });
