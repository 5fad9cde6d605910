import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ObservedTraffic, TargetVersion, Traffic } from './port.ts';

/** Throws `InvalidRequestError` for traffic that is of another model, or that makes no sense. */
export function checkTraffic(model: string, { model: asked, champion, canary }: Traffic): void {
  const wrong = (what: string) => new PawlError(errorTypes.invalidRequest, what, { model: asked });
  if (asked !== model) throw wrong(`the release target of "${model}" was asked to serve "${asked}"`);
  if (canary === null) return;
  if (canary.version.version === champion.version)
    throw wrong(`version ${champion.version} of "${model}" cannot be champion and canary at once`);
  if (!(canary.share >= 0 && canary.share <= 1))
    throw wrong(`${canary.share} is not a share of the traffic of "${model}": give a number from 0 to 1`);
}

/** Fills `{model}`, `{version}` and `{digest}` (64 hex digits) in. */
export function fillTemplate(template: string, model: string, { version, digest }: TargetVersion): string {
  return template
    .replaceAll('{model}', model)
    .replaceAll('{version}', String(version))
    .replaceAll('{digest}', digest.replace(/^sha256:/, ''));
}

/** Reads the version back from a name that `fillTemplate` made; null where the name is not of that form. */
export function versionOf(template: string, model: string, name: string): number | null {
  const pattern = template
    .split(/(\{model\}|\{version\}|\{digest\})/)
    .map((part) =>
      part === '{model}'
        ? escape(model)
        : part === '{version}'
          ? '([1-9][0-9]*)'
          : part === '{digest}'
            ? '[0-9a-f]{64}'
            : escape(part),
    )
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(name)?.[1];
  return found === undefined ? null : Number(found);
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Shares of versions that weights give, largest first; versions without weight are left out. */
export function sharesOfWeights(
  weights: readonly { readonly version: number | null; readonly weight: number }[],
): ObservedTraffic['shares'] {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  const byVersion = new Map<number | null, number>();
  for (const { version, weight } of weights) byVersion.set(version, (byVersion.get(version) ?? 0) + weight);
  return [...byVersion]
    .filter(([, weight]) => weight > 0)
    .map(([version, weight]) => ({ version, share: weight / total }))
    .toSorted((a, b) => b.share - a.share);
}
