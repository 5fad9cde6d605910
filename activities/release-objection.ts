import { PawlError } from '../contracts/errors.ts';
import { errorTypes } from '../contracts/names.ts';
import type { ModelVersion } from '../contracts/version.ts';
import { objectionToRelease } from '../policy/version-status.ts';
import { chainDifferences, changed, type Difference, inWords } from '../ports/differences.ts';
import type { Registry } from '../ports/registry/port.ts';

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
  const [approval, deployments, releases] = await Promise.all([
    registry.approval(model, run, evidence),
    registry.deploymentHistory(model),
    registry.releases(model),
  ]);
  const differences = chainDifferences(deployments);
  const decisive = [
    [`version ${version.version}`, version],
    [`approval of run ${run}`, approval],
    ['deployment record', deployments.at(-1)],
    ...releases
      .filter(({ result }) => result.version === version.version)
      .map((release) => [`release ${release.release}`, release] as const),
  ] as const;
  for (const [what, document] of decisive)
    if (document != null && !(await registry.isAsWritten(document))) differences.push({ what, why: changed });
  if (differences.length > 0) throw changedInStore(model, differences);
  return objectionToRelease(version, approval, { deployments, releases }, kind);
}

const changedInStore = (model: string, differences: readonly Difference[]): PawlError =>
  new PawlError(
    errorTypes.corruptArtifact,
    `"${model}" is not released: ${inWords(differences)}. \`pawl verify ${model}\` names all that differs; restore it from a copy`,
    { model },
  );

/** What somebody reads who tried to release it without force. */
export const howToForce = (objection: string): string =>
  `${objection}. Release it all the same with --force and a --reason: both are kept with its traffic`;
