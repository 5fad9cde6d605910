import { effects, eventFactors } from './event-rate.ts';
import type { EventFactors } from './event-rate.ts';

/** Events that came one after the other on the same arm at the same share: the stream of a bake, in order. */
export interface EventRun {
  /** The canary's share of the keys, in [0, 1]: 1 less the holdback. */
  readonly share: number;
  readonly arm: 'champion' | 'canary';
  readonly events: number;
}

/** All that must be kept between two looks. Plain numbers, which survive JSON to the bit. */
export interface DetectorState {
  /** Ratio of the canary's rate to the champion's that is borne. */
  readonly tolerated: number;
  /** Events that the bake lasts at most; set before the first event. */
  readonly horizon: number;
  /** Events that were read, at most `horizon`. */
  readonly events: number;
  /** Per effect, M after the last event read. */
  readonly effects: readonly number[];
  /** Greatest mean of M over the effects, at any event read. */
  readonly highest: number;
  /** Events that came after the horizon, which are not judged. */
  readonly beyond: number;
}

/** M is held here, far above any alarm, so that it stays a number. */
const largest = 1e290;

/** A bake before its first event. `horizon` is a whole number from 1; throws RangeError otherwise. */
export function openDetector(tolerated: number, horizon: number): DetectorState {
  if (!(Number.isSafeInteger(horizon) && horizon >= 1)) {
    throw new RangeError(`a horizon of ${horizon} events: it must be a whole number from 1`);
  }
  return { tolerated, horizon, events: 0, effects: effects.map(() => 0), highest: 0, beyond: 0 };
}

/**
 * e-detector against "all through the bake the canary's rate of an event is at most `tolerated` times the champion's",
 * which finds a rise that begins at any event (Shiryaev-Roberts form): per effect `M_t = (M_{t-1} + 1) L_t` with the
 * likelihood ratio L of `eventFactors`, then the mean over effects. A test that began with the bake would have to earn
 * back what it lost in a long good time; M starts afresh with every event.
 *
 * The mean is even, though any weights fixed before the first event would do: those of `eventRateEvidence` find ratios up
 * to 2 in 1 to 4 % fewer events (1.5 behind a holdback of 20 %: a median of 523 instead of 541), and large ones in 5 to
 * 13 % more (10 behind a holdback of 2 %: 571 instead of 504), as log(horizon / alpha) is most of what must be earned.
 *
 * Why `detectorEvidence` reaches 1/alpha with a chance of at most alpha while the canary is as good as tolerated: given
 * the past, L_t has a mean of at most 1, so that M_t - t is a supermartingale, of each effect and of their mean. Let T be
 * the first event at which M is at horizon/alpha or more, or the horizon if there is none: a bounded stopping time, so
 * that E[M_T] <= E[T] <= horizon by optional stopping, and by Markov P(M_T >= horizon/alpha) <= alpha. It covers the
 * maximum over all events of the bake, and is not a bound per event that would have to be added up.
 *
 * Events are each key's first in the bake. Shares 0 and 1 say nothing: their events are passed over and count for
 * nothing. Only multiplication, division and addition are used, in the order of the events: any cut of the stream into
 * runs and looks gives the same bits. O(effects) per event. Source: Shin, Ramdas and Rinaldo 2022, arXiv 2203.03532.
 */
export function readEvents(state: DetectorState, runs: readonly EventRun[]): DetectorState {
  const detector = detectorFrom(state);
  for (const run of runs) detector.read(run);
  return detector.state();
}

/** A detector that goes on from a state in place, for many events; see `readEvents`. */
export interface Detector {
  readonly read: (run: EventRun) => void;
  readonly evidence: () => number;
  readonly state: () => DetectorState;
}

/** Leaves the state as it is. */
export function detectorFrom(state: DetectorState): Detector {
  const { horizon, tolerated } = state;
  const values = new Float64Array(state.effects);
  const factorsAt = new Map<number, EventFactors>();
  let { events, highest, beyond } = state;
  return {
    read: ({ share, arm, events: length }) => {
      if (share <= 0 || share >= 1) return;
      const within = Math.min(length, horizon - events);
      const factors = factorsAt.get(share) ?? eventFactors(share, tolerated);
      factorsAt.set(share, factors);
      const factor = factors[arm];
      for (let event = 0; event < within; event++) {
        let sum = 0;
        for (let effect = 0; effect < values.length; effect++) {
          const value = Math.min(largest, ((values[effect] ?? 0) + 1) * (factor[effect] ?? 1));
          values[effect] = value;
          sum += value;
        }
        highest = Math.max(highest, sum / values.length);
      }
      events += within;
      beyond += length - within;
    },
    evidence: () => highest / horizon,
    state: () => ({ ...state, effects: [...values], events, highest, beyond }),
  };
}

/**
 * Greatest mean of M so far over the horizon, from 0: an alarm is at 1/alpha or more, and stays one (see `readEvents`).
 */
export const detectorEvidence = ({ highest, horizon }: DetectorState): number => highest / horizon;
