import { Context } from '@temporalio/activity';

/** How far a stage has come, as its heartbeat carries it. */
export interface StageProgress {
  readonly done: number;
  readonly total: number;
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

/** Notes how far the running activity has come; the next heartbeat tells it. */
export function reportProgress(done: number, total: number, unit: string): void {
  const context = currentContext();
  if (context !== null) latest.set(context, { done, total, unit });
}

export function latestProgress(): StageProgress | undefined {
  const context = currentContext();
  return context === null ? undefined : latest.get(context);
}
