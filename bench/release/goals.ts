import { figure } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { alpha } from './run-setting.ts';
import type { Cell } from './run-setting.ts';
import { mainName } from './settings.ts';

const reference = mainName(600, 0.1, 0.01);
const accuracyDrop = 'accuracy less 1 %';
const bounds = { medianDelay: 18, setDelay: 36, medianLabels: 2500 };
/** Errors of a simulated share that it may lie above alpha. */
const errors = 3;

/** Monte-Carlo error of a share: its standard deviation. */
export const monteCarloError = (share: number, repeats: number): number => Math.sqrt((share * (1 - share)) / repeats);

/** The goals, and beside each what the other methods do in the same cell. */
export function goalRows(cells: readonly Cell[]): BenchRow[] {
  return [...falseAlarmRows(cells), ...delayRows(cells), ...labelRows(cells), ...shownRows(cells)];
}

function falseAlarmRows(cells: readonly Cell[]): BenchRow[] {
  const harmless = cells.filter(({ judged, effect, tuned }) => judged && effect === 'none' && !tuned);
  return methodsOf(harmless).map((method) => {
    const mine = harmless.filter((cell) => cell.method === method);
    const highest = mine.reduce((a, b) => (b.alarms > a.alarms ? b : a));
    const above = mine.filter(({ alarms, repeats }) => alarms > alpha + errors * monteCarloError(alpha, repeats));
    const holds = above.length === 0;
    return {
      ...figure(
        `false alarms, ${method}: most of ${mine.length} cells (${highest.setting}), above alpha in ${above.length}`,
        100 * highest.alarms,
        '%',
      ),
      ...(method.startsWith('pawl') ? { goal: `at most ${100 * alpha} % + ${errors} errors`, holds } : {}),
    };
  });
}

function delayRows(cells: readonly Cell[]): BenchRow[] {
  const here = cells.filter(({ setting, effect }) => setting === reference && effect === 'ratio 2');
  const one = here.find(({ method }) => method === 'pawl, one guard');
  const sets = here.filter(({ method }) => method.startsWith('pawl, guard set'));
  const rows: BenchRow[] = [];
  if (one !== undefined) {
    const median = one.medianDelay ?? Infinity;
    rows.push(
      goal('ratio 2 found, one guard', 100 * one.alarms, '%', 'always', one.alarms === 1),
      goal('ratio 2, one guard: median', median, 'min', `at most ${bounds.medianDelay}`, median <= bounds.medianDelay),
    );
  }
  for (const { method, medianDelay } of sets) {
    const median = medianDelay ?? Infinity;
    const holds = median <= bounds.setDelay;
    rows.push(
      goal(`ratio 2, ${method.slice('pawl, '.length)}: median`, median, 'min', `at most ${bounds.setDelay}`, holds),
    );
  }
  for (const { method, tuned, medianDelay, alarms } of here) {
    const how = tuned ? `tuned to ${100 * alpha} %` : 'as used';
    rows.push(figure(`ratio 2, ${method}, ${how}: found`, 100 * alarms, '%'));
    if (medianDelay !== null) rows.push(figure(`ratio 2, ${method}, ${how}: median`, medianDelay, 'min'));
  }
  return rows;
}

function labelRows(cells: readonly Cell[]): BenchRow[] {
  return cells
    .filter(({ effect, tuned }) => effect === accuracyDrop && !tuned)
    .map(({ setting, method, medianCost }) => {
      const labels = medianCost ?? Infinity;
      const judged = method === 'pawl, one guard' && setting === 'labels at once';
      const work = `1 point of accuracy, ${setting}, ${method}: median`;
      return judged
        ? goal(work, labels, 'labels', `at most ${bounds.medianLabels}`, labels <= bounds.medianLabels)
        : figure(work, labels, 'labels');
    });
}

const shown = new Set(['pawl, one guard', 'pawl, guard set', 'Kayenta', 'repeated z']);

/** What is not the fault of the statistics: noise of one arm's own machines, early labels of one outcome. */
const shownRows = (cells: readonly Cell[]): BenchRow[] =>
  cells
    .filter(({ judged, effect, tuned, method }) => !judged && effect === 'none' && !tuned && shown.has(method))
    .map(({ setting, method, alarms }) => figure(`shown: ${setting}, ${method}: alarms`, 100 * alarms, '%'));

const methodsOf = (cells: readonly Cell[]): string[] => [...new Set(cells.map(({ method }) => method))];

const goal = (work: string, ours: number, unit: string, text: string, holds: boolean): BenchRow => ({
  ...figure(work, ours, unit),
  goal: text,
  holds,
});
