import { activityInfo } from '@temporalio/activity';

/**
 * The clock of a time-skipping server as activities see it, in milliseconds since the epoch: it does not move while one runs. The
 * machine's clock outside of activities.
 */
export function serverTime(): number {
  try {
    return activityInfo().currentAttemptScheduledTimestampMs;
  } catch {
    return Date.now();
  }
}
