import type { z } from 'zod';
import { canonicalJson } from '../../contracts/canonical.ts';
import type { Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';

/** Stores a document as RFC 8785 JSON, so that equal documents have equal digests. */
export async function saveDocument<T extends z.ZodType>(
  store: Pick<ArtifactStore, 'putBlob'>,
  schema: T,
  value: z.input<T>,
): Promise<Digest> {
  return store.putBlob(canonicalJson(schema.parse(value)));
}

/** Throws `CorruptArtifactError` if the bytes are not such a document. */
export async function loadDocument<T extends z.ZodType>(
  store: Pick<ArtifactStore, 'getBlob'>,
  schema: T,
  digest: Digest,
): Promise<z.output<T>> {
  const bytes = await store.getBlob(digest);
  const result = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (result.success) return result.data;
  throw new PawlError(
    errorTypes.corruptArtifact,
    `${digest} is not the document that was expected: ${result.error.message}`,
    { digest },
  );
}
