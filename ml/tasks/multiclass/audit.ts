import type { Group } from '../../../contracts/evidence/fairness.ts';
import type { FairnessMetricName } from '../../../contracts/model/tasks/fairness-metrics.ts';
import { largestGap, type Gap } from '../../fairness/contrasts.ts';
import { groupLosses } from '../../fairness/group-loss.ts';
import { confusionByGroup, ratesOf, type Rate, type RateName, type Rates } from '../../fairness/rates.ts';
import { ratio } from '../../metrics/confusion.ts';
import { createRandom } from '../../random.ts';
import { labelsIn } from '../class-labels.ts';
import type { FairnessAudit, Task } from '../task.ts';

/** By class, then by group: rates of the class against all others. */
type ClassRates = readonly (readonly Rates[])[];

/**
 * Rates of each class against all others by group, and for each kind of rate the largest gap over the classes, whose intervals hold together.
 * The loss of a group is the rise of its error rate over the champion's.
 */
export const auditClasses: Task['audit'] = (audit) => {
  const { groups, outcomes, space, candidate, champion, minGroupRows, alpha } = audit;
  const labels = labelsIn(space).map(String);
  const frame = ratesByClass(audit, candidate.answer);
  const before = champion === null ? null : ratesByClass(audit, champion.answer);
  const rowsOf = (group: number): number => frame[0]?.[group]?.selectionRate.trials ?? 0;
  const large = groups.names.map((_, group) => rowsOf(group) >= Math.max(1, minGroupRows));
  const losses =
    champion === null ? null : groupLosses(groups, outcomes.truth, candidate.answer, champion.answer, large, alpha);
  const isShort = (group: number): boolean =>
    large[group] !== true || frame.some((rates) => !isLarge(rates[group]!, 'tpr', audit));
  const errors = errorRates(audit, candidate.answer);
  const rows = groups.names.map((group, i): Group => {
    const shown = (rates: Rates, name: RateName): number | null =>
      isLarge(rates, name, audit) ? ratio(rates[name].events, rates[name].trials) : null;
    return {
      group,
      rows: rowsOf(i),
      errorRate: large[i] === true ? errors[i]! : null,
      classes: Object.fromEntries(
        labels.map((label, k) => {
          const rates = frame[k]![i]!;
          return [
            label,
            {
              selectionRate: shown(rates, 'selectionRate'),
              tpr: shown(rates, 'tpr'),
              fpr: shown(rates, 'fpr'),
              precision: shown(rates, 'precision'),
            },
          ];
        }),
      ),
      championLoss: champion === null || large[i] !== true ? null : errorRates(audit, champion.answer)[i]!,
      loss: losses?.[i] ?? null,
    };
  });
  const [ours, theirs] = [gapsOf(frame, audit), before === null ? null : gapsOf(before, audit)];
  return {
    attribute: groups.attribute,
    groups: rows,
    metrics: ours.map(([metric, gap]) => ({
      metric,
      estimate: gap?.estimate ?? null,
      lower: gap?.lower ?? null,
      upper: gap?.upper ?? null,
      champion: theirs?.find(([name]) => name === metric)?.[1]?.estimate ?? null,
    })),
    inconclusive: groups.names.filter((_, i) => isShort(i)),
  };
};

function ratesByClass(
  { groups, outcomes: { truth }, candidate: { width } }: FairnessAudit,
  answer: Float64Array,
): ClassRates {
  return Array.from({ length: width }, (_, k) => {
    const isClass = (value: number): number => Number(value === k);
    return confusionByGroup(groups, Uint8Array.from(truth, isClass), Uint8Array.from(answer, isClass)).map(ratesOf);
  });
}

function errorRates({ groups, outcomes: { truth } }: FairnessAudit, answer: Float64Array): number[] {
  const [rows, wrong] = [new Float64Array(groups.names.length), new Float64Array(groups.names.length)];
  for (const [row, label] of truth.entries()) {
    const group = groups.index[row]!;
    rows[group]! += 1;
    if (label !== answer[row]) wrong[group]! += 1;
  }
  return Array.from(wrong, (count, group) => count / rows[group]!);
}

function isLarge(rates: Rates, name: RateName, { minGroupRows, minGroupEvents }: FairnessAudit): boolean {
  const isConditional = name === 'tpr' || name === 'fpr' || name === 'precision';
  return (
    rates.selectionRate.trials >= Math.max(1, minGroupRows) &&
    (!isConditional || rates[name].trials >= Math.max(1, minGroupEvents))
  );
}

function gapsOf(frame: ClassRates, audit: FairnessAudit): [FairnessMetricName, Gap | null][] {
  const random = createRandom(audit.seed);
  const families = (name: RateName): Rate[][] =>
    frame
      .map((rates) => rates.filter((one) => isLarge(one, name, audit)).map((one) => one[name]))
      .filter((rates) => rates.length >= 2);
  const gap = (...names: RateName[]): Gap | null => {
    const all = names.flatMap(families);
    return all.length === 0 ? null : largestGap(all, { ...audit, random });
  };
  return [
    ['demographicParityDifference', gap('selectionRate')],
    ['equalizedOddsDifference', gap('tpr', 'fpr')],
    ['equalOpportunityDifference', gap('tpr')],
    ['predictiveParityDifference', gap('precision')],
  ];
}
