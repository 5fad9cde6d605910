import { CancellationScope, condition } from '@temporalio/workflow';
import type { ReleasePlan } from '../contracts/release.ts';
import { applyTraffic } from './activities.ts';

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

/** Makes the release's platform serve by the record in force; where our gateways serve, nothing is scheduled. */
export async function serveByRecord(
  { model, target }: ReleasePlan,
  { isOrdered, leftMs }: Interruption,
): Promise<Served> {
  if (target === undefined) return { status: 'served' };
  const scope = new CancellationScope();
  const applying = scope.run(() => applyTraffic({ model, insist: false }));
  // It fails where it is awaited; an interrupted one is only waited for.
  const ended = applying.then(
    () => undefined,
    () => undefined,
  );
  let isDone = false;
  void ended.then(() => (isDone = true));
  const waiting = () => isDone || isOrdered();
  const inTime = leftMs === null ? await condition(waiting).then(() => true) : await condition(waiting, leftMs);
  if (!isDone) {
    scope.cancel();
    await ended;
    return { status: inTime ? 'ordered' : 'overdue' };
  }
  const applied = await applying;
  return applied === null ? { status: 'served' } : { status: 'served', at: applied.at };
}

/** The same, tried again until it is done, whatever it meets: traffic has been decided for good. */
export async function insistOnRecord({ model, target }: ReleasePlan): Promise<void> {
  if (target !== undefined) await CancellationScope.nonCancellable(() => applyTraffic({ model, insist: true }));
}
