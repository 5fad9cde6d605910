/** Metrics between groups: of a binary task and several classes by rates, of numbers by means in the unit of the target, of a ranking by exposure. */
export const fairnessMetricNames = [
  'demographicParityDifference',
  'demographicParityRatio',
  'equalizedOddsDifference',
  'equalOpportunityDifference',
  'predictiveParityDifference',
  'meanPredictionDifference',
  'meanErrorDifference',
  'meanAbsoluteErrorDifference',
  'exposureDifference',
] as const;
export type FairnessMetricName = (typeof fairnessMetricNames)[number];
