import type { GrowMemory } from '../../../ml/gbdt/team.ts';
import type { ProcessMessage, TreesJob } from '../messages.ts';

interface Shared {
  readonly memory: GrowMemory;
  readonly turns: Int32Array;
  /** Threads of the team. */
  readonly size: number;
}

/** What the thread that leads is started with. */
export interface LeaderWork extends Shared {
  readonly job: TreesJob;
}

/** What the others are. */
export interface MemberWork extends Shared, Pick<TreesJob, 'settings' | 'binning'> {
  /** 1 or more. */
  readonly member: number;
}

export type ThreadWork = LeaderWork | MemberWork;

/** What the leader says. Of a failure it throws. */
export type ThreadMessage = Extract<ProcessMessage, { readonly kind: 'epoch' | 'done' }>;
