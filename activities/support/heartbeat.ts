import { activityInfo, Context, heartbeat } from '@temporalio/activity';
import { latestProgress } from './progress.ts';

/** The server hands over a cancellation with the answer to a heartbeat. */
const mostSilenceMs = 500;

/**
 * Runs long work with heartbeats, so that the server notices a dead worker and delivers a cancellation within a second.
 * `details` is what the next attempt will find.
 */
export async function withHeartbeat<T>(work: () => Promise<T>, details: () => unknown = () => undefined): Promise<T> {
  const silence = activityInfo().heartbeatTimeoutMs;
  if (!silence) return work();
  const beat = setInterval(() => heartbeat(details()), Math.min(mostSilenceMs, silence / 3));
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

/**
 * The same activity, with heartbeats that tell its progress while it works. A cancellation ends it at once: what it has begun sees
 * the signal and stops by itself, and what it would have handed over is not asked for any more.
 */
export const beating =
  <Input, Output>(activity: (input: Input) => Promise<Output>) =>
  (input: Input): Promise<Output> =>
    withHeartbeat(() => untilCancelled(activity(input)), latestProgress);

/** The same activity, ended by a cancellation. */
export const ending =
  <Inputs extends unknown[], Output>(activity: (...inputs: Inputs) => Promise<Output>) =>
  (...inputs: Inputs): Promise<Output> =>
    untilCancelled(activity(...inputs));

/** The result, or the reason of the signal where that comes first. For work without effects: it is left behind. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The result, or the cancellation of the activity where that comes first. */
function untilCancelled<T>(work: Promise<T>): Promise<T> {
  // Nobody waits for work that was left behind.
  work.catch(() => undefined);
  return Promise.race([work, Context.current().cancelled]);
}
