import type { DeclaredTraffic } from '../../policy/release/plan/setting.ts';

/** Traffic in which every guard sees something within minutes. */
export const traffic: DeclaredTraffic = {
  keysPerHour: 36_000,
  labelsPerHour: 3600,
  labelDelayHours: 0.5,
  errorRate: 0.01,
  slowRate: 0.02,
  positiveRate: 0.3,
  discordantShare: 0.05,
  disagreementShare: 0.05,
  wrongRate: 0.1,
  scoreSpread: 0.05,
  groupShare: 0.2,
  valuesPerHour: 3600,
  valueDelayHours: 0.5,
  valueMean: 0.3,
  bandRate: 0.1,
  outOfRangeRate: 0,
  predictionParts: 10,
  predictionShare: 0.1,
};
