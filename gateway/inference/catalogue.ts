import { shownText } from '../../contracts/shown-text.ts';
import { notFound } from '../call/http-error.ts';
import type { InferParts } from './infer.ts';
import { modelStatistics, type ModelStatistics } from './statistics.ts';

type CatalogueParts = Pick<InferParts, 'follower' | 'runtimes'>;

export interface RepositoryEntry {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'UNAVAILABLE';
  readonly reason: string;
}

/** Every model that is listed; those that nobody asked for are loaded at the first request. */
export function repositoryIndex({ follower }: CatalogueParts): RepositoryEntry[] {
  return follower.models().flatMap((name): RepositoryEntry[] => {
    const serving = follower.serving(name);
    if (serving === undefined || serving === null || serving.versions.size === 0)
      return [{ name, version: '', state: 'UNAVAILABLE', reason: 'not in memory: the first request loads it' }];
    return [...serving.versions.keys()]
      .toSorted((a, b) => a - b)
      .map((version) => ({ name, version: String(version), state: 'READY', reason: '' }));
  });
}

/** Of one model's versions in memory, or of all models. Throws `HttpError` 404. */
export function statisticsOf(
  { follower, runtimes }: CatalogueParts,
  model: string | null,
  version: number | null,
): ModelStatistics[] {
  if (model !== null && !follower.models().includes(model)) throw notFound(`there is no model "${shownText(model)}"`);
  return (model === null ? follower.models() : [model]).flatMap((name) =>
    [...(follower.serving(name)?.versions.values() ?? [])]
      .filter((served) => version === null || served.version === version)
      .map((served) => modelStatistics(name, served.version, runtimes.of(name, served).statistics)),
  );
}
