import { CancellationScope, condition } from '@temporalio/workflow';
import type { ReleasePlan } from '../contracts/release/release.ts';
import { applyTraffic } from './activities.ts';
import { untilDeadline } from './unless-stopped.ts';

/** What stops the wait for a platform: a person's order, or the time that is left, in milliseconds (null: no limit). */
export interface Interruption {
  readonly isOrdered: () => boolean;
  readonly leftMs: number | null;
}

/** `at`: since when the platform serves by it, milliseconds since the epoch; absent where there is nothing to wait for. */
export interface Served {
  readonly status: 'served' | 'ordered' | 'overdue';
  readonly at?: number;
}

/**
 * The platform of a release. It carries out one change after the other; a wait that was interrupted ends at once, so that the
 * record can change, and only the platform's next change waits until the interrupted one has ended.
 */
export class ServingPlatform {
  private readonly plan: Pick<ReleasePlan, 'model' | 'target'>;
  private isIdle = true;

  constructor(plan: Pick<ReleasePlan, 'model' | 'target'>) {
    this.plan = plan;
  }

  /** Makes it serve by the record in force; where our gateways serve, nothing is scheduled. */
  async serve({ isOrdered, leftMs }: Interruption): Promise<Served> {
    const { model, target } = this.plan;
    if (target === undefined) return { status: 'served' };
    if (!this.isIdle) await condition(() => this.isIdle || isOrdered());
    if (!this.isIdle) return { status: 'ordered' };
    const scope = new CancellationScope();
    this.isIdle = false;
    const applying = scope.run(() => applyTraffic({ model, insist: false }));
    // It fails where it is awaited; an interrupted one is only waited for.
    const ended = applying.then(
      () => undefined,
      () => undefined,
    );
    void ended.then(() => (this.isIdle = true));
    const waiting = () => this.isIdle || isOrdered();
    const inTime =
      leftMs === null ? await condition(waiting).then(() => true) : await condition(waiting, leftMs, untilDeadline);
    if (!this.isIdle) {
      scope.cancel();
      return { status: inTime ? 'ordered' : 'overdue' };
    }
    const applied = await applying;
    return applied === null ? { status: 'served' } : { status: 'served', at: applied.at };
  }

  /** The same, tried again until it is done, after any failure: traffic has been decided for good. */
  async insist(): Promise<void> {
    const { model, target } = this.plan;
    if (target === undefined) return;
    await CancellationScope.nonCancellable(async () => {
      if (!this.isIdle) await condition(() => this.isIdle);
      await applyTraffic({ model, insist: true });
    });
  }
}
