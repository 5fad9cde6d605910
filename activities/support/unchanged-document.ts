import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ModelVersion } from '../../contracts/model/version.ts';
import type { Registry, RegistryDocument } from '../../ports/registry/port.ts';

/** A document that something is decided by. Throws `CorruptArtifactError` where it was changed in the store. */
export async function asWritten<T extends RegistryDocument>(
  registry: Pick<Registry, 'isAsWritten'>,
  model: string,
  what: string,
  document: T,
): Promise<T> {
  if (await registry.isAsWritten(document)) return document;
  throw new PawlError(
    errorTypes.corruptArtifact,
    `${what} of "${model}" was changed in the store after it was written: restore it from a copy; \`pawl verify ${model}\` names all that differs`,
    { model },
  );
}

/** A version that something is decided by. Throws `CorruptArtifactError` where its document was changed in the store. */
export const versionAsWritten = async (
  registry: Pick<Registry, 'isAsWritten' | 'version'>,
  model: string,
  version: number,
): Promise<ModelVersion> => asWritten(registry, model, `version ${version}`, await registry.version(model, version));
