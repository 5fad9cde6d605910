import { activityInfo, heartbeat } from '@temporalio/activity';

/**
 * Runs long work with a heartbeat at a third of the allowed silence, so that the server notices a dead worker and
 * delivers a cancellation. `details` is what the next attempt will find.
 */
export async function withHeartbeat<T>(work: () => Promise<T>, details: () => unknown = () => undefined): Promise<T> {
  const silence = activityInfo().heartbeatTimeoutMs;
  if (!silence) return work();
  const beat = setInterval(() => heartbeat(details()), silence / 3);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}

/** The same activity, with heartbeats while it works. */
export const beating =
  <Input, Output>(activity: (input: Input) => Promise<Output>) =>
  (input: Input): Promise<Output> =>
    withHeartbeat(() => activity(input));
