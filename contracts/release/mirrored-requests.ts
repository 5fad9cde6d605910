import { unitHash } from '../unit-hash.ts';
import type { Deployment } from './deployment.ts';

/** What of a deployment record says which requests are mirrored. */
export type MirrorRecord = Pick<Deployment, 'champion' | 'previous' | 'shadow'>;

/**
 * The version that gets mirrors of requests that `answered` served, and of what part: the shadow for the champion's requests, and the
 * other way round (the champion, or the previous one once the shadow has become champion). Null where none does.
 */
export function mirrorOf(
  { shadow, champion, previous }: MirrorRecord,
  answered: number,
): { version: number; sample: number } | null {
  if (shadow === null) return null;
  const counterpart = champion === shadow.version ? previous : champion;
  const other = answered === shadow.version ? counterpart : shadow.version;
  if (other === null || other === answered) return null;
  if (answered !== shadow.version && answered !== counterpart) return null;
  return { version: other, sample: shadow.sample };
}

/** Uniform in [0, 1) by request id, independently of the split: those below the sample are mirrored. */
export const mirrorUnit = (salt: string, id: string): number => unitHash(salt, `mirror/${id}`);

/** The version that gets a mirror of a request that `answered` served; null where none does. */
export function mirrorVersion(
  record: MirrorRecord & Pick<Deployment, 'salt'>,
  answered: number,
  id: string,
): number | null {
  const mirror = mirrorOf(record, answered);
  return mirror !== null && mirrorUnit(record.salt, id) < mirror.sample ? mirror.version : null;
}
