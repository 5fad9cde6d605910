import { activityInfo } from '@temporalio/activity';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import type { Search } from '../../contracts/model/search.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { retrainRequestSchema, type OpenedRun, type RetrainRequest, type Run } from '../../contracts/run/run.ts';
import { resolveRequest } from '../../policy/run-request.ts';
import { saveDocument } from '../support/documents.ts';
import { pinProgram } from '../support/program.ts';
import { parseInput } from '../support/parse-input.ts';
import type { Ports } from '../ports.ts';
import { resolveSelection } from './resolve-selection.ts';

/**
 * Checks the request and pins definition, dataset, rows, champion and code. `due` is the ISO time at which the run was due. Throws
 * non-retryable errors only for bad input.
 */
export const createOpenRun = (ports: Ports) =>
  async function openRun(input: unknown, due?: string): Promise<OpenedRun> {
    const request = parseRequest(input);
    const declared = await ports.definitions.model(request.model);
    const dataset = await ports.definitions.datasetOf(declared);
    const definition = resolveRequest(request, declared, dataset);
    const deployment = await ports.registry.currentDeployment(request.model);
    const { workflowExecution, scheduledTimestampMs } = activityInfo();
    if (workflowExecution === undefined) throw new Error('openRun is an activity of a workflow');
    const startedAt = new Date(scheduledTimestampMs).toISOString();
    // An imported model is not trained.
    const program = request.imported === undefined ? await pinProgram(ports, definition) : null;
    const run: Run = {
      id: workflowExecution.workflowId,
      model: request.model,
      startedAt,
      definition: await saveDocument(ports.store, modelDefinitionSchema, definition),
      dataset: await saveDocument(ports.store, datasetDefinitionSchema, dataset),
      selection: await resolveSelection(request.data ?? {}, dataset, Date.parse(due ?? startedAt)),
      imported: request.imported ?? null,
      ...(request.trainedOn === undefined ? {} : { trainedOn: request.trainedOn }),
      seed: definition.seed,
      champion: deployment?.champion ?? null,
      ...(program === null ? {} : { program }),
      ...(request.cache === undefined ? {} : { cache: request.cache }),
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
      ...(definition.tensors === undefined ? {} : { isOnTensors: true }),
      ...(run.imported === null && definition.search !== undefined ? { search: searchLimits(definition.search) } : {}),
      // An imported model was trained once.
      ...(run.imported === null && definition.quality.folds !== undefined ? { folds: definition.quality.folds } : {}),
    };
  };

const searchLimits = ({ trials, parallel, minutes }: Search): OpenedRun['search'] => ({ trials, parallel, minutes });

function parseRequest(input: unknown): RetrainRequest {
  const value = typeof input === 'string' ? { model: input } : input;
  return parseInput(
    retrainRequestSchema,
    value,
    `the input of retrainAndRelease must be a model's name or {"model", "data", "seed", "params"}`,
  );
}
