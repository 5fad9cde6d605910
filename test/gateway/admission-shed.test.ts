import { describe, expect, it } from 'vitest';
import type { Priority } from '../../config/gateway-schema.ts';
import { createShedder, type Shedder } from '../../gateway/admission/shed.ts';
import { HttpError } from '../../gateway/call/http-error.ts';
import { createRandom } from '../../ml/random.ts';

const settings = { target: 25, interval: 200, maxInFlight: 1_000_000 };

interface Counts {
  answered: number;
  waitSum: number;
  readonly came: Record<Priority, number>;
  readonly shed: Record<Priority, number>;
}

interface Simulation {
  /** Requests per service time. */
  readonly load: (at: number) => number;
  readonly serviceMs: number;
  readonly endMs: number;
  /** What happens before is left out of the counter. */
  readonly fromMs?: number;
  readonly priority?: (uniform: number) => Priority;
}

/** One server, a queue without end, Poisson arrivals. */
function simulate({ load, serviceMs, endMs, fromMs = 0, priority = () => 'normal' }: Simulation): Counts {
  const random = createRandom(1);
  const zero = (): Record<Priority, number> => ({ high: 0, normal: 0, low: 0 });
  const counter: Counts = { answered: 0, waitSum: 0, came: zero(), shed: zero() };
  let at = 0;
  const shedder = createShedder(settings, () => at);
  const waiting: number[] = [];
  let next = 0;
  let served: { wait: number; until: number } | null = null;
  while (at < endMs) {
    const counts = at >= fromMs;
    if (served === null || next < served.until) {
      at = next;
      next -= (Math.log(1 - random.next()) * serviceMs) / load(at);
      const who = priority(random.next());
      if (counts) counter.came[who] += 1;
      if (refusalOf(shedder, who) !== null) {
        if (counts) counter.shed[who] += 1;
        continue;
      }
      waiting.push(at);
    } else {
      at = served.until;
      shedder.waited(served.wait);
      shedder.leave();
      if (counts) {
        counter.answered += 1;
        counter.waitSum += served.wait;
      }
      served = null;
    }
    if (served === null && waiting.length > 0) served = { wait: at - waiting.shift()!, until: at + serviceMs };
  }
  return counter;
}

function refusalOf(shedder: Shedder, priority: Priority): HttpError | null {
  try {
    shedder.enter(priority);
    return null;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

describe('shedding load', () => {
  it.each([
    [1.3, 1],
    [2, 1],
    [2, 0.1],
    [5, 1],
  ])('under %d times the capacity (%d ms each) keeps waits near the target and the server busy', (load, serviceMs) => {
    const { answered, waitSum } = simulate({ load: () => load, serviceMs, fromMs: 4_000, endMs: 10_000 });
    expect(answered / (6_000 / serviceMs)).toBeGreaterThan(0.97);
    expect(waitSum / answered).toBeGreaterThan(settings.target / 2);
    expect(waitSum / answered).toBeLessThan(settings.target * 2.5);
  });

  it.each([0.5, 0.8])('refuses nobody at %d of the capacity', (load) => {
    expect(simulate({ load: () => load, serviceMs: 1, endMs: 20_000 }).shed.normal).toBe(0);
  });

  it('lets bursts through that are over within the interval', () => {
    // 60 ms at twice the capacity, which makes waits of up to 60 ms, each half second.
    const load = (at: number): number => (at % 500 < 60 ? 2 : 0.3);
    const { shed, waitSum, answered } = simulate({ load, serviceMs: 1, endMs: 20_000 });
    expect(shed.normal).toBe(0);
    expect(waitSum / answered).toBeGreaterThan(5);
  });

  it('sheds low priority first, then normal, and high last', () => {
    const priority = (uniform: number): Priority => (uniform < 0.2 ? 'high' : uniform < 0.6 ? 'normal' : 'low');
    const { came, shed } = simulate({ load: () => 2, serviceMs: 1, fromMs: 4_000, endMs: 10_000, priority });
    expect(shed.high).toBe(0);
    expect(shed.low / came.low).toBeGreaterThan(0.95);
    // High takes 0.4 of the capacity, and 0.6 are left for the 0.8 of normal.
    expect(shed.normal / came.normal).toBeGreaterThan(0.15);
    expect(shed.normal / came.normal).toBeLessThan(0.35);
  });

  it('lets everybody in again soon after the overload', () => {
    const { shed, came } = simulate({
      load: (at) => (at < 3_000 ? 3 : 0.5),
      serviceMs: 1,
      fromMs: 4_500,
      endMs: 10_000,
    });
    expect(came.normal).toBeGreaterThan(2_000);
    expect(shed.normal).toBe(0);
  });

  it('says when to come again', () => {
    let at = 0;
    const shedder = createShedder(settings, () => at);
    for (; at <= 300; at += 10) {
      refusalOf(shedder, 'normal');
      refusalOf(shedder, 'normal');
      shedder.waited(200);
      shedder.leave();
    }
    expect(shedder.shedding).toBe(true);
    const refusal = [1, 2, 3, 4].map(() => refusalOf(shedder, 'normal')).find((error) => error !== null);
    expect(refusal).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(refusal?.message).toContain('overloaded');
  });

  it('takes a late event loop for a queue', () => {
    let [at, lag] = [0, 0];
    const shedder = createShedder(
      settings,
      () => at,
      () => lag,
    );
    const turn = (): void => {
      let entered = 0;
      for (let i = 0; i < 10; i++) if (refusalOf(shedder, 'normal') === null) entered += 1;
      at += 50;
      for (let i = 0; i < entered; i++) {
        shedder.waited(5 * i);
        shedder.leave();
      }
    };
    for (let i = 0; i < 10; i++) turn();
    expect(shedder.shedding).toBe(false);
    lag = 45;
    for (let i = 0; i < 12; i++) turn();
    expect(shedder.shedding).toBe(true);
  });

  it('does not take slow answers far apart for a standing queue', () => {
    let at = 0;
    const shedder = createShedder(settings, () => at);
    for (let i = 0; i < 50; i++) {
      at += 1_000;
      shedder.enter('normal');
      shedder.waited(100);
      shedder.leave();
    }
    expect(shedder.shedding).toBe(false);
  });

  it('ends when nobody waits any more', () => {
    let at = 0;
    const shedder = createShedder(settings, () => at);
    for (; at <= 400; at += 1) {
      for (let i = 0; i < 3; i++) refusalOf(shedder, 'normal');
      shedder.waited(at / 2);
      shedder.leave();
    }
    expect(shedder.shedding).toBe(true);
    at += 60_000;
    while (shedder.inFlight > 0) shedder.leave();
    for (let i = 0; i < 3; i++) {
      at += 1_000;
      expect(refusalOf(shedder, 'low')).toBeNull();
      shedder.waited(0);
      shedder.leave();
    }
    expect(shedder.shedding).toBe(false);
  });
});

describe('requests in flight', () => {
  it('are limited, the last tenths to higher priorities', () => {
    const shedder = createShedder({ ...settings, maxInFlight: 20 }, () => 0);
    const fill = (priority: Priority): number => {
      while (refusalOf(shedder, priority) === null);
      return shedder.inFlight;
    };
    expect(fill('low')).toBe(16);
    expect(fill('normal')).toBe(18);
    expect(fill('high')).toBe(20);
    shedder.leave();
    expect(refusalOf(shedder, 'normal')).toMatchObject({ status: 503 });
    expect(refusalOf(shedder, 'high')).toBeNull();
  });

  it('may be one', () => {
    const shedder = createShedder({ ...settings, maxInFlight: 1 }, () => 0);
    expect(refusalOf(shedder, 'low')).toBeNull();
    expect(refusalOf(shedder, 'high')?.message).toContain('1 requests are in flight');
  });
});
