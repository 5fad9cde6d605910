import type { CellRule } from '../data/cell.ts';
import type { SensitiveAttribute } from '../data/dataset.ts';
import type { UnreadAttribute } from '../evidence/groups.ts';

/** How the values of a logged input make groups. */
export interface LoggedAttribute extends SensitiveAttribute {
  /** By what values are read as codes, as a model may take them as numbers. @default they are as they were logged */
  readonly rule?: CellRule;
}

/** An attribute whose groups are counted; of several parts it is an intersection. */
export interface GroupedAttribute {
  /** `SEX`, or `SEX x RAC1P`. */
  readonly name: string;
  /** Logged inputs by name, and how their values make groups. */
  readonly parts: readonly LoggedAttribute[];
}

/** Which groups an analysis of the prediction log counts. */
export interface GroupWindow {
  readonly attributes: readonly GroupedAttribute[];
  /** Groups that are told at most: the first that come. */
  readonly most: number;
  /** Attributes known not to be in the log; handed on to the observation. */
  readonly unread: readonly UnreadAttribute[];
}
