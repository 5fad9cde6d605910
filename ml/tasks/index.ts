import type { ClassSpace, LabelSpace, NumberSpace } from '../../contracts/data/label-space.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { defaultLevels } from '../../contracts/model/tasks/quantile.ts';
import type { TaskName } from '../../contracts/model/tasks/names.ts';
import { binary } from './binary/task.ts';
import type { Metric } from './metric.ts';
import { findFaultsByWorth } from './multiclass/faults.ts';
import { multiclass } from './multiclass/task.ts';
import { quantile } from './quantile/task.ts';
import { ranking } from './ranking/task.ts';
import { regression } from './regression/task.ts';
import type { Task } from './task.ts';
import { withCosts, withUtility } from './valued.ts';

type Space = Pick<LabelSpace, 'task'> & Pick<NumberSpace, 'levels' | 'costs'> & Pick<ClassSpace, 'utility'>;

const tasks: Readonly<Record<TaskName, (space: Space) => Task>> = {
  binary: () => binary,
  multiclass: ({ utility }) =>
    utility === undefined ? multiclass : { ...multiclass, findFaults: findFaultsByWorth(utility) },
  regression: () => regression,
  quantile: ({ levels }) => quantile(levels ?? defaultLevels),
  ranking: () => ranking,
};

/** The task of labels, and what its answers are worth where the definition says it. */
export function taskFor(space: Space): Task {
  const task = tasks[space.task](space);
  if (space.utility !== undefined) return withUtility(task, space.utility);
  return space.costs === undefined ? task : withCosts(task, space.costs);
}

/** Metrics of a task by their names; those that it does not have are left out. */
export const metricsNamed = ({ metrics }: Pick<Task, 'metrics'>, names: readonly MetricName[]): Metric[] =>
  names.flatMap((wanted) => metrics.filter(({ name }) => name === wanted));
