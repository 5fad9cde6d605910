import type { AttributeAudit, Group } from '../../contracts/evidence/fairness.ts';

const group = (name: string, rows: number, tpr: number, fpr: number, loss: number): Group => {
  const positives = Math.round(rows * 0.45);
  const predictedPositives = Math.round(positives * tpr + (rows - positives) * fpr);
  const errorRate = (positives * (1 - tpr) + (rows - positives) * fpr) / rows;
  const wide = 1.2 / Math.sqrt(rows);
  return {
    group: name,
    rows,
    positives,
    predictedPositives,
    selectionRate: predictedPositives / rows,
    tpr,
    fpr,
    precision: (positives * tpr) / predictedPositives,
    errorRate,
    championLoss: errorRate - loss,
    loss: { estimate: loss, lower: loss - wide, upper: loss + wide },
  };
};

const small = (name: string, rows: number): Group => ({
  ...group(name, rows, 0.8, 0.2, 0),
  selectionRate: null,
  tpr: null,
  fpr: null,
  precision: null,
  errorRate: null,
  championLoss: null,
  loss: null,
});

export const audits: AttributeAudit[] = [
  {
    attribute: 'SEX',
    groups: [group('male', 6_712, 0.842, 0.163, -0.011), group('female', 7_269, 0.819, 0.142, -0.013)],
    metrics: [
      { metric: 'demographicParityDifference', estimate: 0.0302, lower: 0.0101, upper: 0.0503, champion: 0.0276 },
      { metric: 'demographicParityRatio', estimate: 0.9352, lower: 0.8991, upper: 0.9731, champion: 0.9401 },
      { metric: 'equalizedOddsDifference', estimate: 0.0231, lower: 0.0042, upper: 0.0421, champion: 0.0251 },
    ],
    inconclusive: [],
  },
  {
    attribute: 'RAC1P',
    groups: [
      group('White', 11_102, 0.831, 0.151, -0.014),
      group('Asian', 1_011, 0.851, 0.172, 0.004),
      group('Black or African American', 902, 0.771, 0.181, 0.031),
      group('two or more races', 433, 0.79, 0.14, 0.061),
      small('American Indian', 41),
      small('Native Hawaiian or Pacific Islander', 6),
    ],
    metrics: [
      { metric: 'equalOpportunityDifference', estimate: 0.0801, lower: 0.0102, upper: 0.1502, champion: 0.0713 },
      { metric: 'demographicParityDifference', estimate: 0.0811, lower: 0.0211, upper: 0.1411, champion: 0.0742 },
    ],
    inconclusive: ['American Indian', 'Native Hawaiian or Pacific Islander'],
  },
  {
    attribute: 'SEX x DIS',
    groups: [
      group('female, without a disability', 6_322, 0.831, 0.151, -0.012),
      group('male, without a disability', 5_881, 0.851, 0.172, -0.01),
      small('male, with a disability', 71),
    ],
    metrics: [{ metric: 'predictiveParityDifference', estimate: null, lower: null, upper: null, champion: null }],
    inconclusive: ['male, with a disability'],
  },
];
