import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { TaskName } from '../../contracts/model/tasks/names.ts';
import { binary } from './binary/task.ts';
import type { Metric } from './metric.ts';
import { multiclass } from './multiclass/task.ts';
import { regression } from './regression/task.ts';
import type { Task } from './task.ts';

const tasks: Readonly<Record<TaskName, Task>> = { binary, multiclass, regression };

export const taskNamed = (name: TaskName): Task => tasks[name];

/** Metrics of a task by their names; those that it does not have are left out. */
export const metricsNamed = ({ metrics }: Pick<Task, 'metrics'>, names: readonly MetricName[]): Metric[] =>
  names.flatMap((wanted) => metrics.filter(({ name }) => name === wanted));
