import { PawlError } from '../../../contracts/errors.ts';
import { errorTypes } from '../../../contracts/names.ts';
import type { ModelVersion } from '../../../contracts/model/version.ts';
import { objectionToRelease } from '../../../policy/version-status.ts';
import type { Registry } from '../../../ports/registry/port.ts';

/**
 * Why the version may be released only by force, by what the store knows; null where it may be released. Throws `CorruptArtifactError` where
 * something that it is decided by was changed in the store: no force overrides that.
 */
export async function releaseObjection(
  registry: Registry,
  version: ModelVersion,
  kind: { readonly hotfix?: boolean | undefined },
): Promise<string | null> {
  const { model, run, evidence } = version;
  const changes = await registry.changesBehind(version);
  if (changes !== '')
    throw new PawlError(
      errorTypes.corruptArtifact,
      `"${model}" is not released: ${changes}. Restore it from a copy; \`pawl verify ${model}\` names all that differs`,
      { model, version: version.version },
    );
  const [approval, deployments, releases] = await Promise.all([
    registry.approval(model, run, evidence),
    registry.deploymentHistory(model),
    registry.releases(model),
  ]);
  return objectionToRelease(version, approval, { deployments, releases }, kind);
}

/** What somebody reads who tried to release it without force. */
export const howToForce = (objection: string): string =>
  `${objection}. Release it all the same with --force and a --reason: both are kept with its traffic`;
