import type { DatasetDefinition } from '../contracts/data/dataset.ts';
import { didYouMean } from '../contracts/did-you-mean.ts';
import { PawlError } from '../contracts/errors.ts';
import { explainIssues } from '../contracts/explain-issues.ts';
import type { ModelDefinition } from '../contracts/model/model-definition.ts';
import { trainerFaults } from '../contracts/model/trainer-faults.ts';
import { trainerKeys, trainerSchema } from '../contracts/model/trainer.ts';
import { errorTypes } from '../contracts/names.ts';
import type { RetrainRequest } from '../contracts/run/run.ts';
import { checkSelection } from '../contracts/data/selection.ts';

/**
 * The definition that a run takes: with the seed and the trainer's settings of the request. Throws `InvalidRequestError` for what cannot be. */
export function resolveRequest(
  request: RetrainRequest,
  definition: ModelDefinition,
  dataset: DatasetDefinition,
  isImport = request.imported !== undefined,
): ModelDefinition {
  if (request.trainedOn !== undefined && request.imported === undefined)
    throw new PawlError(
      errorTypes.invalidRequest,
      'trainedOn is for imported models: a run that trains knows its rows; leave it out',
      { model: request.model },
    );
  if (definition.tensors !== undefined) checkOfTensors(request, definition, isImport);
  checkSelection(request.data ?? {}, dataset);
  return definition.tensors === undefined
    ? withOverrides(definition, request, dataset)
    : { ...definition, seed: request.seed ?? definition.seed };
}

/** A model on tensors has no rows to be trained on, or to be chosen. */
function checkOfTensors(request: RetrainRequest, { model }: ModelDefinition, isImport: boolean): void {
  const refuse = (reason: string): never => {
    throw new PawlError(errorTypes.invalidRequest, `"${model}" is a model on tensors, which has no rows: ${reason}`, {
      model,
    });
  };
  if (!isImport) refuse(`\`pawl import ${model} <file>\` takes one that was trained elsewhere`);
  if (Object.keys(request.data ?? {}).length > 0) refuse('leave out the choice of rows');
  if (request.trainedOn !== undefined) refuse('leave out the rows that it was trained on');
  if (request.params !== undefined) refuse('leave out the settings of a trainer');
}

function withOverrides(
  definition: ModelDefinition,
  request: RetrainRequest,
  dataset: DatasetDefinition,
): ModelDefinition {
  const known = trainerKeys(definition.trainer.kind).filter((name) => name !== 'kind');
  const unknown = Object.keys(request.params ?? {}).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new PawlError(
      errorTypes.invalidRequest,
      `params: ${unknown.map((name) => named(name, known)).join(', ')} cannot be overridden: the trainer of "${definition.model}" takes ${known.join(', ')}`,
      { model: definition.model },
    );
  const searched = Object.keys(request.params ?? {}).filter((name) => definition.search?.ranges[name] !== undefined);
  if (searched.length > 0)
    throw new PawlError(
      errorTypes.invalidRequest,
      `params: ${searched.join(', ')} ${searched.length === 1 ? 'is' : 'are'} searched by the definition (search.ranges), which would choose another value: leave it out there, or here`,
      { model: definition.model },
    );
  const settings = { ...definition.trainer, ...request.params };
  const trainer = trainerSchema.safeParse(settings);
  if (!trainer.success)
    throw new PawlError(
      errorTypes.invalidRequest,
      `params:\n${explainIssues(trainerSchema, settings, trainer.error)}`,
      {
        model: definition.model,
      },
    );
  const resolved = { ...definition, seed: request.seed ?? definition.seed, trainer: trainer.data };
  const faults = request.params === undefined ? [] : trainerFaults(resolved, dataset);
  if (faults.length > 0)
    throw new PawlError(errorTypes.invalidRequest, `params: ${faults.join('; ')}`, { model: definition.model });
  return resolved;
}

function named(name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  return near === null ? name : `${name} (did you mean ${near}?)`;
}
