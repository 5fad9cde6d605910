import { modelDefinitionSchema, type ModelDefinition } from '../contracts/model/model-definition.ts';
import type { Context } from './context.ts';

/** The current definition, or as the version's run pinned it: a version is released by that. */
export async function definitionOf(
  { ports }: Pick<Context, 'ports'>,
  { model, version }: { readonly model: string; readonly version: number | null },
): Promise<ModelDefinition> {
  if (version === null) return ports.definitions.model(model);
  const { lineage } = await ports.registry.version(model, version);
  const bytes = await ports.store.getBlob(lineage.definition);
  return modelDefinitionSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}
