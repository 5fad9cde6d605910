/** A span of time, milliseconds since the epoch: after `from`, up to and with `to`. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface CountsQuery {
  /** A kind of event that the source knows, such as `error`. */
  readonly event: string;
  readonly champion: ArmVersion;
  readonly canary: ArmVersion;
  /**
   * Consecutive, in order: one per stretch of constant share. Take few and long ones: what lies between the samples around a
   * boundary belongs to no window.
   */
  readonly windows: readonly Window[];
}

export interface ArmVersion {
  readonly version: number;
  readonly digest: string;
}

/** Increments of two counters of one arm. */
export interface ArmIncrements {
  readonly events: number;
  readonly requests: number;
}

export interface CountsByArm {
  readonly window: Window;
  readonly champion: ArmIncrements;
  readonly canary: ArmIncrements;
}

/**
 * Counts of events and requests of the two arms of a release, from a monitoring system. They are exact sums, and of requests:
 * a sticky key that fails again counts again, so that a test on them holds only where requests are independent. What is
 * missing throws (`MissingMetricsError`; `PawlError` where no retry helps), and is never zero.
 */
export interface MetricSource {
  /** Kinds of event that it knows. */
  readonly events: readonly string[];
  /**
   * Milliseconds at most between two readings of one counter. What an arm did is known to that only: the counts of two arms over
   * the same window may begin and end so far apart.
   */
  readonly settleMs: number;
  /** One item per window, in order. Throws `InvalidConfigError` for a kind that it does not know, and `InvalidRequestError` for windows that are not consecutive. */
  counts(query: CountsQuery): Promise<CountsByArm[]>;
}
