import type { z } from 'zod';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { ArtifactStore, PointerToken } from '../../ports/artifact-store/port.ts';

type Store = Pick<ArtifactStore, 'readPointer' | 'writePointer'>;

/** The document under a key; null where there is none, or one of another form. */
export async function readRecord<T extends z.ZodType>(
  store: Store,
  key: string,
  schema: T,
): Promise<z.output<T> | null> {
  const found = await store.readPointer(key);
  return found === null || found === 'unchanged' ? null : parsed(found.value, schema);
}

/** Overwrites the document under a key. One that somebody else writes at the same moment stays: it is about the same work. */
export async function writeRecord<T extends z.ZodType>(
  store: Store,
  key: string,
  schema: T,
  value: z.input<T>,
): Promise<void> {
  const found = await store.readPointer(key);
  const before: PointerToken | null = found === null || found === 'unchanged' ? null : found.token;
  try {
    await store.writePointer(key, canonicalJson(schema.parse(value)), before);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'PointerConflictError')) throw error;
  }
}

function parsed<T extends z.ZodType>(bytes: Uint8Array, schema: T): z.output<T> | null {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}
