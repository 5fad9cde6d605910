import { durationWords } from '../../duration-words.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import { effects, type EffectKind } from './effect.ts';

export interface GuardPlan {
  readonly guard: string;
  /** Evidence fires at 1 / alpha. */
  readonly alpha: number;
  /** The harm that was asked about. */
  readonly effect: { readonly kind: EffectKind; readonly value: number };
  /**
   * What 95 of 100 releases with that effect need at most to fire, if the guard went on for so long; null where they
   * do not get there, and where it does not apply.
   */
  readonly needs: {
    readonly keys: number | null;
    readonly labels: number | null;
    /** Only of a guard of values. */
    readonly values?: number | null;
    readonly hours: number | null;
  };
  /** What half of them need. */
  readonly medianHours: number | null;
  /** Hours that the guard has. */
  readonly withinHours: number;
  /** Chance that it fires within them. */
  readonly power: number;
  /** The smallest effect that it finds within them; null when there is none (for ratios and odds: none below 20). */
  readonly finds: number | null;
  /** The canary step, from 1, in which 95 of 100 have fired; null when it is in none. */
  readonly withinStep: number | null;
  /** Whether any effect at all is found in its time. */
  readonly canFire: boolean;
  readonly message: string;
}

export interface PlannedGuard {
  readonly guard: string;
  readonly alpha: number;
  readonly kind: EffectKind;
  readonly value: number;
  /** Where the effect is, for a sentence. */
  readonly of?: string;
  readonly unit: 'keys' | 'labels' | 'values';
  readonly withinHours: number;
  readonly crossing: Crossing;
  readonly finds: number | null;
  /** Hours until so many units were seen. */
  readonly hoursAt: (units: number) => number;
  /** Hours after its beginning at which each canary step ends that it judges; ascending. */
  readonly stepEnds: readonly number[];
  /** Hours before the first of them. */
  readonly before: number;
  /** Why it can never fire, where that is not for want of traffic. */
  readonly why?: string;
  /** What the simulation took for granted, where that is to be said. */
  readonly note?: string;
}

/** The row of a guard, from what the simulation says. */
export function describeGuard(planned: PlannedGuard): GuardPlan {
  const { guard, alpha, kind, value, unit, withinHours, crossing, hoursAt } = planned;
  const hours = finite(crossing.p95 === null ? null : hoursAt(crossing.p95));
  const units = crossing.p95 === null ? null : Math.ceil(crossing.p95);
  // The search for the smallest effect stops near it, and may stop above one that is known to be found.
  const isFound = hours !== null && hours <= withinHours;
  const finds = isFound ? Math.min(planned.finds ?? value, value) : planned.finds;
  const row = {
    guard,
    alpha,
    effect: { kind, value },
    needs: {
      keys: unit === 'keys' ? units : null,
      labels: unit === 'labels' ? units : null,
      ...(unit === 'values' ? { values: units } : {}),
      hours,
    },
    medianHours: finite(crossing.median === null ? null : hoursAt(crossing.median)),
    withinHours,
    power: crossing.power,
    finds,
    withinStep: stepOf(hours, planned),
    canFire: finds !== null,
  };
  const message = messageOf(row, alpha === 0 ? { unit, why: 'it was given no alpha' } : planned, units);
  return { ...row, message: planned.note === undefined ? message : `${message}; ${planned.note}` };
}

const finite = (hours: number | null): number | null => (hours === null || hours === Infinity ? null : hours);

function stepOf(hours: number | null, { before, stepEnds }: PlannedGuard): number | null {
  if (hours === null || hours < before) return null;
  const step = stepEnds.findIndex((end) => hours <= end);
  return step < 0 ? null : step + 1;
}

function messageOf(
  row: Omit<GuardPlan, 'message'>,
  { unit, why, of }: Pick<PlannedGuard, 'unit' | 'why' | 'of'>,
  units: number | null,
): string {
  const { effect, finds, needs, power, withinHours, withinStep } = row;
  const text = (value: number): string =>
    [effects[effect.kind].sentence(value), ...(of === undefined ? [] : [of])].join(' ');
  const time = `its ${durationWords(withinHours)}`;
  const more = moreNeeded(needs, unit, units);
  if (finds === null) return `can never fire: ${why ?? `at this traffic it finds no effect within ${time}${more}`}`;
  const smallest = `the smallest effect that it finds within ${time} is ${text(finds)}`;
  const asked = `${text(effect.value)} is found within them in ${Math.round(100 * power)} of 100 releases`;
  if (needs.hours === null || needs.hours > withinHours) return `${smallest}; ${asked}${more}`;
  const step = withinStep === null ? '' : `, in step ${withinStep}`;
  return `finds ${text(effect.value)} after at most ${units} ${unit} (${durationWords(needs.hours)}${step}) in 95 of 100 releases; ${smallest}`;
}

const moreNeeded = ({ hours }: GuardPlan['needs'], unit: string, units: number | null): string =>
  units === null
    ? ''
    : `, it would take ${units} ${unit}${hours === null ? '' : ` (${durationWords(hours)})`} in 95 of 100`;
