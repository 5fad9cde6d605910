import { activityInfo } from '@temporalio/activity';
import { z } from 'zod';
import { datasetDefinitionSchema } from '../contracts/dataset.ts';
import { PawlError } from '../contracts/errors.ts';
import { modelDefinitionSchema, trainerSchema, type ModelDefinition } from '../contracts/model-definition.ts';
import { errorTypes } from '../contracts/names.ts';
import { retrainRequestSchema, type OpenedRun, type RetrainRequest, type Run } from '../contracts/run.ts';
import { saveDocument } from './documents.ts';
import type { Ports } from './ports.ts';

/** Checks the request and pins definition, dataset, champion and code by digest. Throws non-retryable errors only for bad input. */
export const createOpenRun = (ports: Ports) =>
  async function openRun(input: unknown): Promise<OpenedRun> {
    const request = parseRequest(input);
    const declared = await ports.definitions.model(request.model);
    const definition = withOverrides(declared, request);
    const dataset = await ports.definitions.dataset(definition.dataset);
    const deployment = await ports.registry.currentDeployment(request.model);
    const { workflowExecution, scheduledTimestampMs } = activityInfo();
    if (workflowExecution === undefined) throw new Error('openRun is an activity of a workflow');
    const run: Run = {
      id: workflowExecution.workflowId,
      model: request.model,
      startedAt: new Date(scheduledTimestampMs).toISOString(),
      definition: await saveDocument(ports.store, modelDefinitionSchema, definition),
      dataset: await saveDocument(ports.store, datasetDefinitionSchema, dataset),
      selection: request.data ?? {},
      imported: request.imported ?? null,
      seed: definition.seed,
      champion: deployment?.champion ?? null,
      code: ports.code,
    };
    await ports.registry.recordRun({
      schema: 'pawl.run/1',
      run,
      snapshot: null,
      release: null,
      result: null,
      endedAt: null,
    });
    return {
      run,
      approval: { require: definition.approval.require, deadlineMs: definition.approval.deadline },
      plan: ports.work,
    };
  };

function parseRequest(input: unknown): RetrainRequest {
  const value = typeof input === 'string' ? { model: input } : input;
  const result = retrainRequestSchema.safeParse(value);
  if (result.success) return result.data;
  throw new PawlError(
    errorTypes.invalidRequest,
    `the input of retrainAndRelease must be a model's name or {"model", "data", "seed", "params"}:\n${z.prettifyError(result.error)}`,
  );
}

function withOverrides(definition: ModelDefinition, request: RetrainRequest): ModelDefinition {
  const unknown = Object.keys(request.params ?? {}).filter((name) => !(name in definition.trainer) || name === 'kind');
  if (unknown.length > 0)
    throw new PawlError(
      errorTypes.invalidRequest,
      `params: ${unknown.join(', ')} cannot be overridden: the trainer of "${definition.model}" takes ${Object.keys(
        definition.trainer,
      )
        .filter((name) => name !== 'kind')
        .join(', ')}`,
    );
  const trainer = trainerSchema.safeParse({ ...definition.trainer, ...request.params });
  if (!trainer.success)
    throw new PawlError(errorTypes.invalidRequest, `params:\n${z.prettifyError(trainer.error)}`, {
      model: definition.model,
    });
  return { ...definition, seed: request.seed ?? definition.seed, trainer: trainer.data };
}
