import type { Deployment } from '../../contracts/release/deployment.ts';
import type { Registry } from '../../ports/registry/port.ts';

/** Records that are read at the same time. */
const atOnce = 16;

/** Whether a release looks at the model: then its versions must be in memory. */
export const inRelease = ({ canary, shadow, release }: Deployment): boolean =>
  canary !== null || shadow !== null || release !== null;

/** Of more models than may be in memory those to begin with: in a release, then those whose deployment changed last. */
export async function chooseLoaded(
  registry: Pick<Registry, 'deployment'>,
  names: readonly string[],
  most: number,
): Promise<ReadonlySet<string>> {
  const records: Deployment[] = [];
  const left = [...names];
  const read = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const found = await registry.deployment(name).catch(() => null);
      if (found !== null && found !== 'unchanged') records.push(found.record);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, read));
  const rank = (record: Deployment): number => (inRelease(record) ? 1 : 0);
  const serving = records.filter(({ champion, canary }) => champion !== null || canary !== null);
  const latest = serving.toSorted((a, b) => rank(b) - rank(a) || Date.parse(b.at) - Date.parse(a.at));
  return new Set(latest.slice(0, most).map(({ model }) => model));
}
