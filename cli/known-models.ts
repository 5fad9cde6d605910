import type { Context } from './context.ts';

/** Models that are defined here or registered in the store, in order. */
export async function knownModels({ ports }: Pick<Context, 'ports'>): Promise<string[]> {
  const names = new Set([...(await ports.definitions.models()), ...(await ports.registry.models())]);
  return [...names].toSorted();
}
