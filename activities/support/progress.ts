import { Context } from '@temporalio/activity';

/** How far a stage has come, as its heartbeat carries it. */
export interface StageProgress {
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
  /** Of what: `columns`, `resamples`. */
  readonly unit: string;
}

const latest = new WeakMap<Context, StageProgress>();

/** The activity that this call belongs to; null outside one, as in a test of its own. */
export function currentContext(): Context | null {
  try {
    return Context.current();
  } catch {
    return null;
  }
}

/** Notes how far an activity has come; the next heartbeat tells it. */
type ReportProgress = (done: number, total: number | null, unit: string) => void;

export const reportProgress: ReportProgress = (...progress) => progressReporter()(...progress);

/** For the activity that asks, also from where it cannot be asked for: from what a child process says. */
export function progressReporter(): ReportProgress {
  const context = currentContext();
  return (done, total, unit) => {
    if (context !== null) latest.set(context, { done, total, unit });
  };
}

export function latestProgress(): StageProgress | undefined {
  const context = currentContext();
  return context === null ? undefined : latest.get(context);
}
