/** Share of the keys that the canary has for so many hours. */
export interface PlannedStep {
  readonly share: number;
  readonly hours: number;
}

export interface Simulation {
  /** Releases to simulate. @default 400 */
  readonly repeats?: number;
  /** @default 1 */
  readonly seed?: number;
}
export const simulationDefaults = { repeats: 400, seed: 1 } satisfies Required<Simulation>;

export interface PlannedTraffic extends Simulation {
  /** The steps one after the other; the last one goes on. At least one. */
  readonly steps: readonly PlannedStep[];
  /** New sticky keys an hour, above 0. */
  readonly keysPerHour: number;
  readonly alpha: number;
  /** Hours within which the chance to fire is asked for. */
  readonly withinHours: number;
}
