import { CancellationScope, condition } from '@temporalio/workflow';

/** What gives work up that has not been done: what a person ordered, or the end of its time. */
export interface Stops {
  readonly isStopped: () => boolean;
  /** Milliseconds that are left, in which they may grow while it is waited for; over where 0 or less. @default no limit */
  readonly leftMs?: () => number;
}

/** What the work came to; `value` where it is done. */
export type Stopped<T> =
  | { readonly status: 'done'; readonly value: T }
  | { readonly status: 'stopped' }
  | { readonly status: 'overdue' };

/** Of the timer, for people. */
export const untilDeadline = { summary: 'Until the total deadline' };

/**
 * Does the work, which an activity does that may fail or hang for ever. Where a person orders something or its time is over before it
 * is done, it is cancelled, and nobody waits for it: its activities must not wait for the end of their cancellation.
 */
export async function unlessStopped<T>(work: () => Promise<T>, { isStopped, leftMs }: Stops): Promise<Stopped<T>> {
  const scope = new CancellationScope();
  const working = scope.run(work);
  let isDone = false;
  // It fails where it is awaited.
  const ended = working.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => (isDone = true));
  const isSettled = (): boolean => isDone || isStopped();
  let isOverdue = false;
  if (leftMs === undefined) await condition(isSettled);
  else
    while (!isOverdue && !(await condition(isSettled, Math.max(1, leftMs()), untilDeadline))) isOverdue = leftMs() <= 0;
  if (isDone) return { status: 'done', value: await working };
  scope.cancel();
  return { status: isStopped() ? 'stopped' : 'overdue' };
}
