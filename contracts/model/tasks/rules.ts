import type { GroupRate } from '../../evidence/groups.ts';
import type { PredictionGuards } from '../../release/guards-policy.ts';
import type { MetricName } from './metric-names.ts';
import type { foreignKeys } from './foreign-keys.ts';
import type { FairnessMetricName } from './fairness-metrics.ts';

/** What a task's labels are: one of several classes, or numbers. */
export type LabelKind = 'classes' | 'numbers';

/** What a definition may say of a task, and what it says where it says nothing. */
export interface TaskRules {
  readonly labels: LabelKind;
  /** Outputs of a model that is trained here, whose names no feature may have. */
  readonly outputs: readonly string[];
  /** What judges predictions under live traffic. */
  readonly predictions: PredictionGuards;
  /** In the order in which they are shown. */
  readonly metrics: readonly MetricName[];
  /** The metric that decides. */
  readonly primary: MetricName;
  /** Greatest loss by metric, in its unit. */
  readonly margins: Readonly<Partial<Record<MetricName, number>>>;
  /** Metrics between groups. */
  readonly fairness: readonly FairnessMetricName[];
  /** Rates of groups that live traffic is judged by. */
  readonly rates: readonly GroupRate[];
  /** Keys of the definition that say nothing of it, by what they are for. */
  readonly foreign: readonly (keyof typeof foreignKeys)[];
}
