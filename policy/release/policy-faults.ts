import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { definitionFaults } from '../../contracts/model/definition-faults.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { foreignGuards, predictionGuardsOf, taskOf, withTask } from '../../contracts/model/task.ts';
import { taskNames, type TaskName } from '../../contracts/model/tasks/names.ts';
import { guardNames, type GuardName } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { allGuards } from './guards/index.ts';
import { guardBudget, guardsInForce } from './guards-in-force.ts';

/** As good as no rule, of a guard that is not in force. */
const off = { weight: 0 };

/**
 * What contradicts itself in a policy's guards, a sentence each: rules of guards that never judge, and weights that share nothing.
 * `at` is what precedes the policy's keys in its document, `task` what the model of the policy predicts.
 */
export function policyFaults(policy: ReleasePolicy, at = 'release.', task?: TaskName): string[] {
  const foreign = task === undefined ? [] : foreignGuards(task);
  const inForce = guardsInForce(policy);
  const warning = allGuards.filter(({ onlyWarns }) => onlyWarns?.(policy) === true).map(({ name }) => name);
  const idle = guardNames.filter(
    (name) => (policy.guards.rules[name] ?? off).weight !== 0 && !inForce.includes(name) && !warning.includes(name),
  );
  const faults = idle.map((name) => {
    if (task !== undefined && foreign.includes(name))
      return `${at}guards.rules.${name}: task ${task} has no such guard: ${insteadOf(name, task)}leave the rule out`;
    const remedy =
      allGuards.find((guard) => guard.name === name)?.remedy?.(at, policy) ?? `set its limit in ${at}guards`;
    return `${at}guards.rules.${name}: this guard is not in force: ${remedy}, or leave the rule out`;
  });
  try {
    guardBudget(policy, 1);
    return faults;
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    return [...faults, `${at}guards.rules: ${error.message}`];
  }
}

/** Guards that judge the predictions of the task, where another one of predictions was meant. */
function insteadOf(name: GuardName, task: TaskName): string {
  const own = predictionGuardsOf(task);
  return own.length > 0 && predictionNames.has(name) ? `name ${own.join(' and ')}, or ` : '';
}

const predictionNames: ReadonlySet<GuardName> = new Set(taskNames.flatMap((task) => predictionGuardsOf(task)));

/** What contradicts itself in a model definition, does not fit its dataset, or says nothing of its task. */
export const modelFaults = (definition: ModelDefinition, dataset: DatasetDefinition): string[] => [
  ...definitionFaults(definition, dataset),
  ...policyFaults(withTask(definition, dataset).release, 'release.', taskOf(definition, dataset)),
];
