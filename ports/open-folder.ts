import { createFileStore } from './artifact-store/file.ts';
import { createRegistry } from './registry/store.ts';

/** A store in a local folder, by its `file:` URL, and the registry in it. */
export function openFolder(url: string) {
  const store = createFileStore(url);
  return { store, registry: createRegistry(store, Date.now), close: (): Promise<void> => store.close() };
}
