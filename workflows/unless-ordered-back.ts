import { CancellationScope, condition, patched } from '@temporalio/workflow';

/** Does the work; null where a person orders traffic back before it is done, and then the work is given up. */
export async function unlessOrderedBack<T>(work: () => Promise<T>, isOrderedBack: () => boolean): Promise<T | null> {
  const scope = new CancellationScope();
  const working = scope.run(work);
  let isDone = false;
  // It fails where it is awaited.
  const ended = working.then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => (isDone = true));
  await condition(() => isDone || isOrderedBack());
  if (isDone || !patched('order-ends-shift')) return working;
  scope.cancel();
  await ended;
  return null;
}
