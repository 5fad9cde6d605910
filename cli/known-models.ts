import { unknownModel } from '../contracts/errors.ts';
import type { Context } from './context.ts';

/** Models that are defined here or registered in the store, in order. */
export async function knownModels({ ports }: Pick<Context, 'ports'>): Promise<string[]> {
  const names = new Set([...(await ports.definitions.models()), ...(await ports.registry.models())]);
  return [...names].toSorted();
}

/** Throws `UnknownModelError` for a model that is neither defined nor registered. */
export async function requireModel(context: Pick<Context, 'ports' | 'config'>, model: string): Promise<void> {
  const known = await knownModels(context);
  if (!known.includes(model)) throw unknownModel(model, known, context.config.models);
}
