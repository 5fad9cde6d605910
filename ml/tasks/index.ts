import type { LabelSpace, NumberSpace } from '../../contracts/data/label-space.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { defaultLevels } from '../../contracts/model/tasks/quantile.ts';
import type { TaskName } from '../../contracts/model/tasks/names.ts';
import { binary } from './binary/task.ts';
import type { Metric } from './metric.ts';
import { multiclass } from './multiclass/task.ts';
import { quantile } from './quantile/task.ts';
import { ranking } from './ranking/task.ts';
import { regression } from './regression/task.ts';
import type { Task } from './task.ts';

type Space = Pick<LabelSpace, 'task'> & Pick<NumberSpace, 'levels'>;

const tasks: Readonly<Record<TaskName, (space: Space) => Task>> = {
  binary: () => binary,
  multiclass: () => multiclass,
  regression: () => regression,
  quantile: ({ levels }) => quantile(levels ?? defaultLevels),
  ranking: () => ranking,
};

/** The task of labels. */
export const taskFor = (space: Space): Task => tasks[space.task](space);

/** Metrics of a task by their names; those that it does not have are left out. */
export const metricsNamed = ({ metrics }: Pick<Task, 'metrics'>, names: readonly MetricName[]): Metric[] =>
  names.flatMap((wanted) => metrics.filter(({ name }) => name === wanted));
