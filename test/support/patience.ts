import { setTimeout as delay } from 'node:timers/promises';

/** How much longer than on an idle machine a test may wait: `PAWL_TEST_PATIENCE=5` beside other load. */
const factor = Math.max(1, Number(process.env.PAWL_TEST_PATIENCE ?? 1) || 1);

/** A length of time in milliseconds, as long as this machine needs for it. */
export const patience = (ms: number): number => ms * factor;

const pollMs = 10;

/** Waits until a condition holds. Throws what it waited for, and what it saw last, after `ms` times the patience. */
export async function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  ms = 10_000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + patience(ms);
  for (;;) {
    const seen = await condition();
    if (seen !== false && seen !== null && seen !== undefined) return seen as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`waited ${patience(ms)} ms for ${what}`);
    await delay(pollMs);
  }
}
