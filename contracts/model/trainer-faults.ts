import type { DatasetDefinition } from '../data/dataset.ts';
import type { ModelDefinition } from './model-definition.ts';
import { taskOf, taskRules } from './task.ts';

/** Settings of the trainer that do not fit the task or the features. */
export const trainerFaults = (definition: ModelDefinition, dataset: DatasetDefinition): string[] => [
  ...monotoneFaults(definition, dataset),
  ...classFaults(definition, dataset),
];

/** What is for labels that are classes. */
function classFaults(definition: ModelDefinition, dataset: DatasetDefinition): string[] {
  const { trainer } = definition;
  const task = taskOf(definition, dataset);
  if (trainer.kind !== 'network' || taskRules[task].labels === 'classes') return [];
  const { labelSmoothing, classWeights } = trainer;
  const numbers = `labels of task ${task} are numbers`;
  return [
    ...(labelSmoothing > 0
      ? [`trainer.labelSmoothing: ${numbers}, and there is no even guess among them: leave it out`]
      : []),
    ...(classWeights !== 'none' ? [`trainer.classWeights: ${numbers}, and have no classes: leave it out`] : []),
  ];
}

/** Columns that a prediction cannot rise or fall with. */
function monotoneFaults(definition: ModelDefinition, dataset: DatasetDefinition): string[] {
  const { trainer, features } = definition;
  if (trainer.kind !== 'gbdt') return [];
  const names = Object.keys(trainer.monotone);
  const task = taskOf(definition, dataset);
  if (names.length > 0 && (task === 'multiclass' || task === 'quantile'))
    return [
      `trainer.monotone: a ${task} model predicts several values, and none of them is the one that rises or falls: leave it out`,
    ];
  return names.flatMap((name) => {
    if (!features.includes(name)) return [`trainer.monotone: "${name}" is not a feature: name one, or leave it out`];
    if (dataset.columns[name]?.kind === 'categorical')
      return [`trainer.monotone: "${name}" is categorical, and its values have no order: leave it out`];
    return [];
  });
}
