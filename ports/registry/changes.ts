import type { ModelVersion } from '../../contracts/model/version.ts';
import { chainDifferences, changed, differencesInWords, putBack } from '../differences.ts';
import type { Registry } from './port.ts';

type Read = Pick<Registry, 'approval' | 'deploymentHistory' | 'releases' | 'isAsWritten' | 'wasPutBack'>;

/** What was changed in the store of that by which a release of the version is decided, in words; empty where nothing was. */
export async function changesBehind(registry: Read, version: ModelVersion): Promise<string> {
  const { model, run, evidence } = version;
  const [approval, deployments, releases] = await Promise.all([
    registry.approval(model, run, evidence),
    registry.deploymentHistory(model),
    registry.releases(model),
  ]);
  const differences = chainDifferences(deployments);
  const deciding = [
    [`version ${version.version}`, version],
    [`approval of run ${run}`, approval],
    ['the deployment record', deployments.at(-1)],
    ...releases
      .filter(({ result }) => result.version === version.version)
      .map((release) => [`release ${release.release}`, release] as const),
  ] as const;
  for (const [what, document] of deciding)
    if (document != null && !(await registry.isAsWritten(document))) differences.push({ what, why: changed });
  const inForce = deployments.at(-1);
  if (inForce !== undefined && (await registry.wasPutBack(inForce)))
    differences.push({ what: 'the deployment record', why: putBack });
  return differencesInWords(differences);
}
