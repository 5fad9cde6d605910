/** A version of a model, as a target needs to know it. */
export interface TargetVersion {
  readonly version: number;
  /** `sha256:...` of the bytes that are served. */
  readonly digest: string;
  /** URL of those bytes. */
  readonly artifact: string;
}

/** Who shall serve a model: the deployment record, with what a target needs of its versions. */
export interface Traffic {
  readonly model: string;
  readonly champion: TargetVersion;
  /** `share`: of the requests, 0 to 1; the rest is the champion's. */
  readonly canary: { readonly version: TargetVersion; readonly share: number } | null;
}

export interface ObservedTraffic {
  /** Share of the requests per version, largest first; they add up to 1. `version` null: something that we did not put there. */
  readonly shares: readonly { readonly version: number | null; readonly share: number }[];
  /** Whether the target has carried out the last change that it was asked for. */
  readonly settled: boolean;
}

/** The platform did not carry out a change within the time given. Retryable: it may still be starting pods. */
export class TargetNotSettledError extends Error {
  override readonly name = 'TargetNotSettledError';
}

/** The platform is away, busy, or changed by others at the same time. Retryable. */
export class TargetOutageError extends Error {
  override readonly name = 'TargetOutageError';
}

/**
 * A platform that serves one model. The deployment record in the store stays the truth: a target makes a platform serve by it.
 * What a retry cannot mend (not found, forbidden, invalid, a model that does not load) throws a `PawlError`; an outage or a
 * platform that is slow throws a `TargetOutageError` or `TargetNotSettledError`.
 */
export interface ReleaseTarget {
  readonly name: string;
  /**
   * Makes the platform serve by `traffic`, and waits until it says that it does. Idempotent: where all is as wanted, nothing is
   * written. What others wrote into the same object is kept.
   */
  apply(traffic: Traffic, signal?: AbortSignal): Promise<void>;
  observed(): Promise<ObservedTraffic>;
}
