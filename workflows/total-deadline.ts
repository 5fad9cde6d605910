import type { ReleasePlan } from '../contracts/release/release.ts';

/** By when a release must be promoted; people may extend it while it runs. */
export class TotalDeadline {
  private readonly plan: Pick<ReleasePlan, 'startedAt' | 'deadlineMs'>;
  private readonly extension: { readonly extendedMs: number };

  constructor(plan: Pick<ReleasePlan, 'startedAt' | 'deadlineMs'>, extension: { readonly extendedMs: number }) {
    this.plan = plan;
    this.extension = extension;
  }

  /** Milliseconds until the deadline; below 0 after it. */
  left(): number {
    const { startedAt, deadlineMs } = this.plan;
    return startedAt + deadlineMs + this.extension.extendedMs - Date.now();
  }

  /** Milliseconds until the deadline, or until `leastMs` from now where that is later. */
  leftAtLeast(leastMs: number): () => number {
    const latest = Date.now() + leastMs;
    return () => Math.max(this.left(), latest - Date.now());
  }
}
