/** One arm's counts, minute by minute. */
export interface ArmHistory {
  readonly requests: Float64Array;
  /** Requests with the event (a failure, or an answer slower than a threshold). */
  readonly events: Float64Array;
  /** Keys whose first event in the release was in this minute. */
  readonly firstEvents: Float64Array;
}

/** What a release looked like, minute by minute. */
export interface ReleaseHistory {
  readonly minutes: number;
  /** The canary's share of the keys in force, in (0, 1). */
  readonly share: Float64Array;
  readonly champion: ArmHistory;
  readonly canary: ArmHistory;
}

export const emptyArm = (minutes: number): ArmHistory => ({
  requests: new Float64Array(minutes),
  events: new Float64Array(minutes),
  firstEvents: new Float64Array(minutes),
});
