import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { parseDocument } from '../../config/load-config.ts';
import { modelDefinitionSchema, type ModelDefinition } from '../../contracts/model/model-definition.ts';
import { withTask } from '../../contracts/model/task.ts';
import { releasePolicySchema, type ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { modelFaults, policyFaults } from '../../policy/release/policy-faults.ts';
import type { Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';

export interface LoadedPolicy {
  readonly policy: ReleasePolicy;
  /** Null for a policy without a model definition. */
  readonly definition: ModelDefinition | null;
}

/**
 * A policy from a YAML file (a model definition with `release`, or a policy alone), or from a model's definition by its name. Throws
 * InvalidConfigError, which names file and key, UnknownModelError, and CommandFailed where there is no such file.
 */
export async function loadPolicy({ ports }: Pick<Context, 'ports'>, name: string): Promise<LoadedPolicy> {
  const path = resolve(name);
  if (!/[./\\]/.test(name)) {
    const definition = await ports.definitions.model(name);
    return { policy: definition.release, definition };
  }
  if (!existsSync(path)) throw new CommandFailed(`there is no file ${path}: name a YAML file, or a model`);
  const text = readFileSync(path, 'utf8');
  if (!isDefinition(text)) {
    const policy = parseDocument(releasePolicySchema, path, text, { faultsOf: (found) => policyFaults(found, '') });
    return { policy, definition: null };
  }
  const dataset = await ports.definitions.datasetOf(parseDocument(modelDefinitionSchema, path, text));
  const definition = withTask(
    parseDocument(modelDefinitionSchema, path, text, {
      faultsOf: (found) => modelFaults(found, dataset),
    }),
    dataset,
  );
  return { policy: definition.release, definition };
}

/** Whether it names what only a model definition has; the parser reports what is not YAML. */
function isDefinition(text: string): boolean {
  try {
    const value: unknown = parse(text);
    return typeof value === 'object' && value !== null && ('model' in value || 'release' in value);
  } catch {
    return false;
  }
}
