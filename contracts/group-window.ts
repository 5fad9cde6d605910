import type { SensitiveAttribute } from './dataset.ts';
import type { UnreadAttribute } from './evidence/groups.ts';

/** An attribute whose groups are counted; of several parts it is an intersection. */
export interface GroupedAttribute {
  /** `SEX`, or `SEX x RAC1P`. */
  readonly name: string;
  /** Logged inputs by name, and how their values make groups. */
  readonly parts: readonly SensitiveAttribute[];
}

/** Which groups a look at the prediction log counts. */
export interface GroupWindow {
  readonly attributes: readonly GroupedAttribute[];
  /** Groups that are told at most: the first that come. */
  readonly most: number;
  /** Attributes known not to be in the log; handed on to the observation. */
  readonly unread: readonly UnreadAttribute[];
}
