import type { ReleaseTarget, Traffic } from '../../ports/release-target/port.ts';

/** A platform that remembers what it served, in words, and does what `before` says first. */
export interface StubTarget extends ReleaseTarget {
  readonly served: string[];
  /** Changes that were asked for and have not ended, now and at most at once. */
  readonly pending: { now: number; most: number };
}

export function stubTarget(
  before: (traffic: Traffic, signal: AbortSignal | undefined) => Promise<void> = async () => undefined,
): StubTarget {
  const served: string[] = [];
  const pending = { now: 0, most: 0 };
  return {
    name: 'stub',
    served,
    pending,
    async apply(traffic, signal) {
      pending.now += 1;
      pending.most = Math.max(pending.most, pending.now);
      try {
        await before(traffic, signal);
        served.push(inWords(traffic));
      } finally {
        pending.now -= 1;
      }
    },
    async observed() {
      return { shares: [], settled: pending.now === 0 };
    },
  };
}

/** As the deployment record in words begins. */
const inWords = ({ champion, canary }: Traffic): string =>
  `champion ${champion.version}${canary === null ? '' : `, ${canary.share} to ${canary.version.version}`}`;

/** Until somebody gives up. */
export const never = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
