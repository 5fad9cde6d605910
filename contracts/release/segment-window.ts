import type { LoggedAttribute } from './group-window.ts';

/** Parts of the traffic that an analysis of the prediction log counts: requests by the value of one logged input. */
export interface SegmentWindow {
  /** The input by its name, and how its values make groups. */
  readonly part: LoggedAttribute;
  readonly segments: readonly {
    /** `country=DE` */
    readonly segment: string;
    /** The group of that part that it is. */
    readonly group: string;
  }[];
  /** Whether keys are counted beside their events, as limits of a hotfix need. @default false */
  readonly keys?: boolean;
}
