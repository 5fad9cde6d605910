import type { Deployment } from './deployment.ts';

/**
 * Uniform in [0, 1) by the 53 bits of cyrb53 (two multiply-xor lanes over the UTF-16 units of `<salt>/<key>`), equal in every
 * gateway. Not cryptographic: the salt keeps releases independent of each other, not secret.
 */
export function unitHash(salt: string, key: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < salt.length; i++) {
    const unit = salt.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ slash, 2654435761);
  b = Math.imul(b ^ slash, 1597334677);
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)) / 2 ** 53;
}

const slash = 47;

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
