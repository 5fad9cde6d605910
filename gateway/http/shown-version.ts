import type { Serving } from '../models/followed-model.ts';
import type { ServedVersion } from '../models/served-version.ts';
import { notFound } from '../call/http-error.ts';
import type { InferParts } from '../inference/infer.ts';
import type { Asked } from '../call/infer-message.ts';

/** A version and those beside it, as descriptions show them. */
export interface ShownVersion {
  readonly model: string;
  readonly served: ServedVersion;
  /** Numbers of the versions in memory, ascending. */
  readonly versions: readonly number[];
}

/** The named version, else the champion. Throws `HttpError` 404 or 503. */
export async function shownVersion(
  { follower }: Pick<InferParts, 'follower'>,
  { model, version }: Asked,
): Promise<ShownVersion> {
  return shownOf(follower.serving(model) ?? (await follower.ensure(model)), version);
}

export function shownOf({ record, versions }: Serving, version: number | null): ShownVersion {
  const shown = version ?? record.champion ?? record.canary?.version ?? record.shadow?.version ?? 0;
  const served = versions.get(shown);
  const loaded = [...versions.keys()].toSorted((a, b) => a - b);
  if (served === undefined)
    throw notFound(`model "${record.model}" does not serve version ${shown}: loaded are ${loaded.join(', ')}`);
  return { model: record.model, served, versions: loaded };
}
