import { CancellationScope, condition, patched } from '@temporalio/workflow';

/** What gives work up that has not been done: a person's order, or the end of its time. */
export interface Stops {
  readonly isOrderedBack: () => boolean;
  /** Milliseconds that are left, in which it may grow while it is waited for; over where 0 or less. */
  readonly leftMs: () => number;
}

/** What the work came to; `value` where it is done. */
export type Stopped<T> =
  | { readonly status: 'done'; readonly value: T }
  | { readonly status: 'orderedBack' | 'overdue' };

/** Of the timer, for people. */
export const untilDeadline = { summary: 'Until the total deadline' };

/** Does the work; where a person orders traffic back or its time is over before it is done, it is given up. */
export async function unlessStopped<T>(work: () => Promise<T>, { isOrderedBack, leftMs }: Stops): Promise<Stopped<T>> {
  const scope = new CancellationScope();
  const working = scope.run(work);
  let isDone = false;
  // It fails where it is awaited.
  const ended = working.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => (isDone = true));
  const isSettled = (): boolean => isDone || isOrderedBack();
  let isOverdue = false;
  if (patched('deadline-ends-shift'))
    while (!isOverdue && !(await condition(isSettled, Math.max(1, leftMs()), untilDeadline))) isOverdue = leftMs() <= 0;
  else await condition(isSettled);
  if (isDone || (!isOverdue && !patched('order-ends-shift'))) return { status: 'done', value: await working };
  scope.cancel();
  await ended;
  return { status: isOrderedBack() ? 'orderedBack' : 'overdue' };
}
