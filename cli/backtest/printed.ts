import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { LeftOut } from '../../policy/release/backtest/incident.ts';
import type { IncidentResult } from '../../policy/release/backtest/run-backtest.ts';
import type { SourcedTraffic } from '../../policy/release/plan/choose-traffic.ts';

/** What `pawl backtest --json` prints of simulated incidents. */
export interface PrintedBacktest {
  /** The policy as it was tried, in full. */
  readonly policy: ReleasePolicy;
  readonly traffic: SourcedTraffic;
  readonly repeats: number;
  readonly seed: number;
  readonly incidents: readonly IncidentResult[];
  readonly leftOut: readonly LeftOut[];
  /** Harmful incidents that were missed in more than 5 % of the releases. */
  readonly missedOften: readonly string[];
}
