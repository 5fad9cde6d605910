import type { ModelVersion } from '../contracts/version.ts';
import { objectionToRelease } from '../policy/version-status.ts';
import type { Registry } from '../ports/registry/port.ts';

/** Why the version may be released only by force, by what the store knows; null where it may be released. */
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
  return objectionToRelease(version, approval, { deployments, releases }, kind);
}

/** What somebody reads who tried to release it without force. */
export const howToForce = (objection: string): string =>
  `${objection}. Release it all the same with --force and a --reason: both are kept with its traffic`;
