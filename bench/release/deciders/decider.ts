/** How strong the case for a rollback is, from what a release's history says up to and with `minute` (from 0). */
export type Evidence<History> = (history: History, minute: number) => number;

/** A way to decide on a release by looking once a minute. */
export interface Decider<History> {
  readonly name: string;
  /** What must be reached for a rollback, as the method is used; a name where there are several. */
  readonly limits: readonly { readonly name: string; readonly limit: number }[];
  /** A release from its beginning: the evidence is asked for each minute in turn. */
  open(): Evidence<History>;
}

/** What the methods are told beforehand. */
export interface Declared {
  /** Chance to roll back a harmless candidate that is borne. */
  readonly alpha: number;
  /** What the guard of this event has of it when the whole set of guards is in force. */
  readonly guardAlpha: number;
  /** What is left of that on the first try of a digest while gateways judge by themselves too. */
  readonly splitAlpha: number;
  /** The champion's usual rate of the event. */
  readonly baseRate: number;
  /** Length of the release. */
  readonly minutes: number;
}

export type Look<History> = (history: History, minute: number) => 'rollback' | null;

/** The decider's looks at one release, against one of its limits. */
export function openLooks<History>(decider: Decider<History>, limit: number): Look<History> {
  const evidence = decider.open();
  return (history, minute) => (evidence(history, minute) >= limit ? 'rollback' : null);
}

/** Limits of our e-processes: for one guard alone, for one of the whole set, and for one that shares with retries and gateways. */
export const evidenceLimits = ({ alpha, guardAlpha, splitAlpha }: Declared): Decider<never>['limits'] => [
  { name: 'one guard', limit: 1 / alpha },
  { name: 'guard set', limit: 1 / guardAlpha },
  { name: 'guard set, retries, gateways', limit: 1 / splitAlpha },
];
