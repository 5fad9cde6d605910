import type { QueueNames } from './names.ts';

export const workClasses = ['light', 'heavy', 'training', 'analysis'] as const;
export type WorkClass = (typeof workClasses)[number];

export interface WorkOptions {
  readonly startToCloseMs: number;
  readonly heartbeatMs: number | null;
  /** 0: no limit. */
  readonly attempts: number;
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
}

/** Where work runs and how it is retried; pinned when a workflow opens. */
export interface WorkPlan {
  readonly queues: QueueNames;
  readonly work: Readonly<Record<WorkClass, WorkOptions>>;
}
